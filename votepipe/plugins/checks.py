"""What must be true of a plugin's function and mark; each check raises PluginError.

A text names the plugin's file, what was found there and what to do.
"""

import dataclasses
import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from votepipe.model.errors import PluginError
from votepipe.plugins.declarations import Declaration, RateLimit, Resources
from votepipe.plugins.fields import fields

EVENTS = ("VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled", "VoteRejected")

# What Lambda and SQS allow; Lambda reads a queue with two functions at once, or more.
_RESOURCE_LIMITS = {
    "timeout": (1, 900),
    "memory": (128, 10_240),
    "batch_size": (1, 1000),
    "window": (0, 300),
    "max_concurrency": (2, 1000),
}
_SCHEDULE = re.compile(r"(?:cron|rate|at)\([^()\n]+\)")


def check_sink(declaration: Declaration, options: Mapping[str, Any]) -> None:
    """The options given to `@sink` can work."""
    if options["schedule"] is None:
        check_events(declaration, options["events"])
    else:
        check_schedule(declaration, options)
    check_object(declaration, "where", {} if options["where"] is None else options["where"])
    check_settings(declaration, options["settings"])
    options = check_added_events(declaration, options)
    check_range(declaration, "max_attempts", options["max_attempts"], 1, 100)
    if not isinstance(options["enabled"], bool):
        declaration.refuse(f"'enabled' is {options['enabled']!r}. Make it True or False")
    check_idempotent(declaration, options["idempotent"])
    check_rate_limit(declaration, options)
    check_resources(declaration, options["resources"])
    check_handler(declaration, "events" if options["batch"] else "event", options)


def check_enricher(declaration: Declaration, options: Mapping[str, Any]) -> None:
    """The options given to `@enricher` can work."""
    check_object(declaration, "adds", options["adds"])
    check_settings(declaration, options["settings"])
    check_no_secrets(declaration, options["settings"])
    check_range(declaration, "timeout", options["timeout"], 0.001, 30)
    check_enrich(declaration, options["needs"], options["settings"] is not None)


def check_events(declaration: Declaration, events: Sequence[str]) -> None:
    """`events` are names of events, at least one, none of them twice."""
    if isinstance(events, str) or not events:
        declaration.refuse("'events' is not a list of names. Write: events=['VoteCast']")
    for name in events:
        if name not in EVENTS:
            declaration.refuse(f"there is no event '{name}'. {_suggestion(name)}")
    if len(set(events)) < len(events):
        declaration.refuse("'events' names one twice. Name each once")


def check_added_events(declaration: Declaration, options: Mapping[str, Any]) -> dict[str, Any]:
    """What settings add to `events` fits; returns the options with it."""
    found = fields(options["settings"], declaration.name) if options["settings"] else ()
    adding = [field for field in found if field.events]
    events = [*options["events"], *(event for field in adding for event in field.events)]
    for field in adding:
        if field.kind != "flag" or options["schedule"]:
            declaration.refuse(
                f"setting '{field.name}' cannot add events. Make it a bool of a sink"
            )
        check_events(declaration, events)
    return {**options, "events": events}


def check_idempotent(declaration: Declaration, value: Any) -> None:
    """`idempotent` is one of its words, or None."""
    if value not in ("vote", "event", None):
        declaration.refuse(f"'idempotent' is {value!r}. Make it 'vote', 'event' or None")


def check_rate_limit(declaration: Declaration, options: Mapping[str, Any]) -> None:
    """`rate_limit` is a RateLimit whose parts fit the other options."""
    limit = options["rate_limit"]
    if limit is None:
        return
    if not isinstance(limit, RateLimit):
        declaration.refuse(
            "'rate_limit' is not a RateLimit. Write: rate_limit=RateLimit(seconds=1)"
        )
    if isinstance(limit.seconds, str):
        names = dataclasses.fields(options["settings"]) if options["settings"] else ()
        if limit.seconds not in {field.name for field in names}:
            declaration.refuse(
                f"'seconds' names no setting: '{limit.seconds}'. Name one, or give a number"
            )
    else:
        check_range(declaration, "seconds", limit.seconds, 0.01, 3600.0)
    if limit.batch_key is not None and not callable(limit.batch_key):
        declaration.refuse("'batch_key' is not a function. Write: def batch_key(event, settings)")
    if limit.batch_key is not None and not options["batch"]:
        declaration.refuse("'batch_key' puts batches together. Add batch=True")
    if isinstance(limit.droppable, str) or not set(limit.droppable) <= set(options["events"]):
        declaration.refuse(
            "'droppable' is not a list of names from 'events'. Write: droppable=['VoteCast']"
        )


def check_resources(declaration: Declaration, resources: Any) -> None:
    """`resources` is a Resources with what AWS allows."""
    if not isinstance(resources, Resources):
        declaration.refuse("'resources' is not a Resources. Write: resources=Resources(timeout=10)")
    for name, (least, most) in _RESOURCE_LIMITS.items():
        if (value := getattr(resources, name)) is not None or name != "max_concurrency":
            check_range(declaration, name, value, least, most)
    if resources.batch_size > 10 and resources.window < 1:
        declaration.refuse("'batch_size' is over 10 without a 'window'. Add window=1 or more")
    check_policies(declaration, resources.policies)
    check_object(declaration, "environment", dict(resources.environment))


def check_schedule(declaration: Declaration, options: Mapping[str, Any]) -> None:
    """`schedule` is an expression of EventBridge Scheduler, and no option is about events."""
    schedule = options["schedule"]
    if not isinstance(schedule, str) or not _SCHEDULE.fullmatch(schedule):
        declaration.refuse("'schedule' is no schedule. Write: schedule='cron(0 8 * * ? *)'")
    if options["events"] or options["where"] is not None or options["batch"]:
        declaration.refuse(
            "with a 'schedule' there are no events. Leave out 'events', 'where' and 'batch'"
        )


def _suggestion(name: str) -> str:
    import difflib  # takes its time to import, and only a mistake needs it

    close = difflib.get_close_matches(str(name), EVENTS, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return "The events are " + ", ".join(f"'{event}'" for event in EVENTS)


def check_object(declaration: Declaration, option: str, value: Any) -> None:
    """The option is an object that can be written as JSON."""
    if not isinstance(value, dict):
        declaration.refuse(f"'{option}' is not an object. Write it as its JSON would be")
    if not _is_json(value):
        declaration.refuse(
            f"'{option}' holds what JSON cannot. Use texts, numbers, lists and objects"
        )


def check_policies(declaration: Declaration, policies: Any) -> None:
    """`policies` is a list of IAM statements, each with what may be done and to what."""
    if not isinstance(policies, list | tuple):
        declaration.refuse(
            "'policies' is not a list. Write: policies=[{'Action': …, 'Resource': …}]"
        )
    for statement in policies:
        check_object(declaration, "policies", statement)
        missing = [key for key in ("Action", "Resource") if key not in statement]
        if missing:
            declaration.refuse(f"a statement in 'policies' has no '{missing[0]}'. Add it")


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def check_range(
    declaration: Declaration, option: str, value: Any, least: float, most: float
) -> None:
    """The option is a number within its limits; a whole one where they are."""
    kinds = int if isinstance(least, int) else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
        noun = "a whole number" if kinds is int else "a number"
        declaration.refuse(f"'{option}' is {value!r}. Make it {noun} from {least:,} to {most:,}")


def check_settings(declaration: Declaration, settings: type | None) -> None:
    """`settings` is a frozen dataclass whose fields are made by setting()."""
    if settings is None:
        return
    if not isinstance(settings, type):
        declaration.refuse("'settings' is not a class. Hand over the class, not an object of it")
    try:
        fields(settings, declaration.name)
    except PluginError as error:
        raise PluginError(f"{declaration.file}: {error}") from None


def check_no_secrets(declaration: Declaration, settings: type | None) -> None:
    """An enricher's settings are plain; no function that runs enrichers may read a secret."""
    for field in fields(settings, declaration.name) if settings else ():
        if field.kind == "secret":
            declaration.refuse(
                f"setting '{field.name}' is a secret, which an enricher cannot have. "
                "Do in a sink what needs it"
            )


def check_handler(declaration: Declaration, first: str, options: Mapping[str, Any]) -> None:
    """A sink's function takes what it will be given, and a `delivery` if it likes."""
    with_settings = options["settings"] is not None
    parameters = declaration.parameters
    delivery = parameters.pop("delivery", None)
    deliveries = parameters.pop("deliveries", None)
    expected = f"handler({first}, settings)" if with_settings else f"handler({first})"
    if not _takes(parameters, 2 if with_settings else 1):
        declaration.refuse(
            f"found 'handler({', '.join(declaration.parameters)})'. Write it as '{expected}'"
        )
    if first == "events" and delivery:
        declaration.refuse("a batch has no one 'delivery'. Call the parameter 'deliveries'")
    if first != "events" and deliveries:
        declaration.refuse("only a batch has 'deliveries'. Call the parameter 'delivery'")


def _takes(parameters: dict[str, inspect.Parameter], count: int) -> bool:
    """Whether a call with `count` positional arguments fits."""
    kinds = [parameter.kind for parameter in parameters.values()]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return len(kinds) == count and all(kind in positional for kind in kinds)


def check_enrich(declaration: Declaration, needs: Sequence[str], with_settings: bool) -> None:
    """An enricher's function takes the vote and, by name, all that it needs."""
    if isinstance(needs, str) or not all(isinstance(need, str) for need in needs):
        declaration.refuse("'needs' is not a list of names. Write: needs=['article']")
    if declaration.name in needs:
        declaration.refuse("it needs itself. Take its name out of 'needs'")
    found = list(declaration.parameters)
    expected = ["vote", *needs, *(["settings"] if with_settings else [])]
    if not found or sorted(found[1:]) != sorted(expected[1:]):
        shape = f"enrich({', '.join(expected)})"
        declaration.refuse(f"found 'enrich({', '.join(found)})'. Write it as '{shape}'")
