"""What must be true of a plugin's function and mark; each check raises PluginError.

A text names the plugin's file, what was found there and what to do.
"""

import dataclasses
import inspect
import json
import re
from collections.abc import Sequence
from typing import Any

from votepipe.model.errors import PluginError
from votepipe.plugins.declarations import Site
from votepipe.plugins.fields import fields

EVENTS = ("VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled", "VoteRejected")

# What Lambda and SQS allow; Lambda reads a queue with two functions at once, or more.
_LIMITS = {
    "timeout": (1, 900),
    "memory": (128, 10_240),
    "batch_size": (1, 1000),
    "concurrency": (2, 1000),
    "window": (0, 300),
    "tries": (1, 100),
}
SCHEDULE = re.compile(r"(?:cron|rate|at)\([^()\n]+\)")


def check_sink(site: Site, options: dict[str, Any]) -> None:
    """What `@sink` was told can work."""
    if options["schedule"] is None:
        check_events(site, options["events"])
    else:
        check_schedule(site, options)
    check_object(site, "where", {} if options["where"] is None else options["where"])
    check_settings(site, options["settings"])
    for option, (least, most) in _LIMITS.items():
        check_range(site, option, options[option], least, most)
    check_batches(site, options)
    check_pace(site, options)
    check_policies(site, options["policies"])
    check_object(site, "environment", options["environment"])
    first = "events" if options["batch"] else "moment" if options["schedule"] else "event"
    check_handler(site, first, options["settings"] is not None)
    if not options["claims"] and {"delivery", "deliveries"} & set(site.parameters):
        site.refuse("without 'claims' nothing is known of a 'delivery'. Leave out one of the two")


def check_enricher(site: Site, options: dict[str, Any]) -> None:
    """What `@enricher` was told can work."""
    check_object(site, "adds", options["adds"])
    check_settings(site, options["settings"])
    check_no_secrets(site, options["settings"])
    check_range(site, "timeout", options["timeout"], 0.001, 30)
    check_enrich(site, options["needs"], options["settings"] is not None)


def check_events(site: Site, events: Sequence[str]) -> None:
    """`events` are names of events, at least one, none of them twice."""
    if isinstance(events, str) or not events:
        site.refuse("'events' is not a list of names. Write: events=['VoteCast']")
    for name in events:
        if name not in EVENTS:
            site.refuse(f"there is no event '{name}'. {_suggestion(name)}")
    if len(set(events)) < len(events):
        site.refuse("'events' names one twice. Name each once")


def check_batches(site: Site, options: dict[str, Any]) -> None:
    """What is said of batches fits together, and with what Lambda allows."""
    if options["batch_size"] > 10 and options["window"] < 1:
        site.refuse("'batch_size' is over 10 without a 'window'. Add window=1 or more")
    gather = options["gather"]
    if gather is not None and not callable(gather):
        site.refuse("'gather' is not a function. Write: def gather(event, settings)")
    if gather is not None and not options["batch"]:
        site.refuse("'gather' puts batches together. Add batch=True")


def check_pace(site: Site, options: dict[str, Any]) -> None:
    """`pace` is in seconds, and only with it there are events that are not worth waiting for."""
    if isinstance(options["pace"], str):
        names = dataclasses.fields(options["settings"]) if options["settings"] else ()
        if options["pace"] not in {field.name for field in names}:
            site.refuse(f"'pace' names no setting: '{options['pace']}'. Name one, or give seconds")
    elif options["pace"] is not None:
        check_range(site, "pace", options["pace"], 0.01, 3600.0)
    fleeting = options["fleeting"]
    if isinstance(fleeting, str) or not set(fleeting) <= set(options["events"]):
        site.refuse("'fleeting' is not a list of names from 'events'. Write: fleeting=['VoteCast']")
    if fleeting and options["pace"] is None:
        site.refuse("'fleeting' events give way to a pace. Add pace=… in seconds")


def check_schedule(site: Site, options: dict[str, Any]) -> None:
    """`schedule` is an expression of EventBridge Scheduler, and nothing is asked of events."""
    schedule = options["schedule"]
    if not isinstance(schedule, str) or not SCHEDULE.fullmatch(schedule):
        site.refuse("'schedule' is no schedule. Write: schedule='cron(0 8 * * ? *)'")
    if options["events"] or options["where"] is not None or options["batch"]:
        site.refuse(
            "with a 'schedule' there are no events. Leave out 'events', 'where' and 'batch'"
        )


def _suggestion(name: str) -> str:
    import difflib  # takes its time to import, and only a mistake needs it

    close = difflib.get_close_matches(str(name), EVENTS, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return "The events are " + ", ".join(f"'{event}'" for event in EVENTS)


def check_object(site: Site, option: str, value: Any) -> None:
    """The option is an object that can be written as JSON."""
    if not isinstance(value, dict):
        site.refuse(f"'{option}' is not an object. Write it as its JSON would be")
    if not _is_json(value):
        site.refuse(f"'{option}' holds what JSON cannot. Use texts, numbers, lists and objects")


def check_policies(site: Site, policies: Any) -> None:
    """`policies` is a list of IAM statements, each with what may be done and to what."""
    if not isinstance(policies, list | tuple):
        site.refuse("'policies' is not a list. Write: policies=[{'Action': …, 'Resource': …}]")
    for statement in policies:
        check_object(site, "policies", statement)
        missing = [key for key in ("Action", "Resource") if key not in statement]
        if missing:
            site.refuse(f"a statement in 'policies' has no '{missing[0]}'. Add it")


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def check_range(site: Site, option: str, value: Any, least: float, most: float) -> None:
    """The option is a number within its limits; a whole one where they are."""
    kinds = int if isinstance(least, int) else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
        noun = "a whole number" if kinds is int else "a number"
        site.refuse(f"'{option}' is {value!r}. Make it {noun} from {least:,} to {most:,}")


def check_settings(site: Site, settings: type | None) -> None:
    """`settings` is a frozen dataclass whose fields are made by setting()."""
    if settings is None:
        return
    if not isinstance(settings, type):
        site.refuse("'settings' is not a class. Hand over the class, not an object of it")
    try:
        fields(settings, site.name)
    except PluginError as error:
        raise PluginError(f"{site.file}: {error}") from None


def check_no_secrets(site: Site, settings: type | None) -> None:
    """An enricher's settings are plain; no function that runs enrichers may read a secret."""
    for field in fields(settings, site.name) if settings else ():
        if field.kind == "secret":
            site.refuse(
                f"setting '{field.name}' is a secret, which an enricher cannot have. "
                "Leave to a sink what needs it"
            )


def check_handler(site: Site, first: str, with_settings: bool) -> None:
    """A sink's function takes what it will be given, and a `delivery` if it likes."""
    parameters = site.parameters
    delivery = parameters.pop("delivery", None)
    deliveries = parameters.pop("deliveries", None)
    expected = f"handler({first}, settings)" if with_settings else f"handler({first})"
    if not _takes(parameters, 2 if with_settings else 1):
        site.refuse(f"found 'handler({', '.join(site.parameters)})'. Write it as '{expected}'")
    if first == "events" and delivery:
        site.refuse("a batch has no one 'delivery'. Call the parameter 'deliveries'")
    if first != "events" and deliveries:
        site.refuse("only a batch has 'deliveries'. Call the parameter 'delivery'")


def _takes(parameters: dict[str, inspect.Parameter], count: int) -> bool:
    """Whether a call with `count` positional arguments fits."""
    kinds = [parameter.kind for parameter in parameters.values()]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return len(kinds) == count and all(kind in positional for kind in kinds)


def check_enrich(site: Site, needs: Sequence[str], with_settings: bool) -> None:
    """An enricher's function takes the vote and, by name, all that it needs."""
    if isinstance(needs, str) or not all(isinstance(need, str) for need in needs):
        site.refuse("'needs' is not a list of names. Write: needs=['article']")
    if site.name in needs:
        site.refuse("it needs itself. Take its name out of 'needs'")
    found = list(site.parameters)
    expected = ["vote", *needs, *(["settings"] if with_settings else [])]
    if not found or sorted(found[1:]) != sorted(expected[1:]):
        shape = f"enrich({', '.join(expected)})"
        site.refuse(f"found 'enrich({', '.join(found)})'. Write it as '{shape}'")
