"""subscribers.yaml: which teams get the feed, one reviewed entry each.

analytics:                       # another account: a rule of ours forwards to its bus
  bus: arn:aws:events:eu-central-1:222222222222:event-bus/votepipe-feed
  events: [VoteSettled]
  where: {vote: {voteType: [thumbsdown]}}
  status: pending                # no rule yet: theirs must stand first
crm:                             # HTTPS: a webhook sink of its own posts to it
  host: crm.example.com
  events: [VoteSettled, VoteWithdrawn]
search:                          # our own account: a rule of theirs on the feed bus
  same-account: true
  events: [VoteSettled]
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from votepipe.model.errors import VotepipeError
from votepipe.plugins import Sink
from votepipe.plugins.declarations import NAME
from votepipe.plugins.fields import fields
from votepipe.project.names import logical_id, meant
from votepipe.project.plugins import Plugin, where

FILE = "subscribers.yaml"
FEED, WEBHOOK, PREFIX = "feed", "webhook", "subscriber_"
FEED_BUS, FEED_SOURCE = "FeedBus", "votepipe.feed"
BUS = re.compile(
    r"arn:aws[a-z-]*:events:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):event-bus/[\w./-]{1,256}"
)
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?|(127\.0\.0\.1|localhost):\d{1,5}")
_LONGEST_NAME = 20  # of 64 characters of a resource's name, stack's and generated part included
_KEYS = ("bus", "host", "same-account", "events", "where", "status")
_NEVER = frozenset({"voter", "answers"})


class SubscriberError(VotepipeError):
    """An entry of subscribers.yaml cannot be used; the text says what to change."""


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A team and the events it gets, by exactly one of `bus`, `host` and `same_account`.

    `active` is false while the bus may not be there yet: CloudFormation would refuse the rule.
    """

    name: str
    events: tuple[str, ...]
    where: Mapping[str, Any] | None = None
    bus: str | None = None
    host: str | None = None
    same_account: bool = False
    active: bool = True

    @property
    def id(self) -> str:
        """The start of its logical ids: `crm` gives `SubscriberCrm`."""
        return logical_id(PREFIX + self.name)

    @property
    def sink(self) -> str:
        """The name of the sink that posts to it, where it is reached by HTTPS."""
        return PREFIX + self.name

    @property
    def account(self) -> str | None:
        """The account of its bus."""
        found = BUS.fullmatch(self.bus or "")
        return found["account"] if found else None

    @property
    def region(self) -> str | None:
        """The Region of its bus."""
        found = BUS.fullmatch(self.bus or "")
        return found["region"] if found else None

    @property
    def pattern(self) -> dict[str, Any]:
        """The event pattern of its rule on the feed bus."""
        where = {"detail": self.where} if self.where else {}
        return {"source": [FEED_SOURCE], "detail-type": list(self.events), **where}

    def instance(self, webhook: Plugin[Sink]) -> Plugin[Sink]:
        """The webhook sink under this subscriber's name: own queue, dead letters and secret."""
        spec = dataclasses.replace(
            webhook.spec,
            name=self.sink,
            events=self.events,
            where=self.where,
            summary=f"Post the feed's events, signed, to subscriber '{self.name}'.",
            enabled=True,
        )
        settings = fields(spec.settings, self.sink) if spec.settings else ()
        # What it gets stands here, not in a setting.
        kept = tuple(field for field in settings if not field.events)
        return dataclasses.replace(webhook, spec=spec, settings=kept, bus=FEED_BUS)


def read(root: Path, events: Collection[str]) -> tuple[Subscriber, ...]:
    """The subscribers of a checkout, by name; `events` are those of the feed.

    Raises SubscriberError.
    """
    path = root / FILE
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig")) if path.exists() else None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SubscriberError(f"{FILE} is not YAML{line}. Correct it.") from None
    if not isinstance(found or {}, dict):
        raise SubscriberError(f"{FILE} is not a mapping by name. See votepipe subscribe --help")
    return tuple(of(name, facts, events) for name, facts in sorted((found or {}).items()))


def applied(
    root: Path, sinks: Sequence[Plugin[Sink]], adds: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Plugin[Sink], ...], tuple[Subscriber, ...]]:
    """The sinks with those that post to subscribers, and all subscribers.

    With a subscriber the feed is on. Raises SubscriberError.
    """
    by_name = {each.name: each for each in sinks}
    if not (root / FILE).exists():
        return tuple(sinks), ()
    if missing := [name for name in (FEED, WEBHOOK) if name not in by_name]:
        raise SubscriberError(f"{FILE} needs sinks/{missing[0]}.py. Put it back.")
    feed, webhook = by_name[FEED], by_name[WEBHOOK]
    found = read(root, feed.spec.events)
    for each in found:
        spec = dataclasses.replace(feed.spec, events=each.events, where=each.where)
        if problem := where.problem(spec, adds):
            raise SubscriberError(f"{FILE}, '{each.name}': {problem[0]}")
    if any(each.active for each in found):
        by_name[FEED] = dataclasses.replace(feed, spec=dataclasses.replace(feed.spec, enabled=True))
    instances = [each.instance(webhook) for each in found if each.host]
    return (*by_name.values(), *instances), found


def entry(subscriber: Subscriber) -> str:
    """An entry as the file holds it."""
    facts: dict[str, Any] = {"bus": subscriber.bus, "host": subscriber.host}
    facts |= {"same-account": subscriber.same_account or None, "events": list(subscriber.events)}
    facts |= {"where": subscriber.where, "status": _status(subscriber)}
    kept = {name: value for name, value in facts.items() if value is not None}
    return str(yaml.safe_dump({subscriber.name: kept}, sort_keys=False, default_flow_style=None))


def put(root: Path, subscriber: Subscriber) -> None:
    """Write a subscriber's entry in place of the one it had, or at the end of the file."""
    before, after = _around(root, subscriber.name)
    (root / FILE).write_text(before + entry(subscriber) + after, encoding="utf-8")


def remove(root: Path, name: str) -> None:
    """Take a subscriber's entry out of the file; all other lines stay as they are.

    With the last entry the file goes.
    """
    left = "".join(_around(root, name))
    if left.strip():
        (root / FILE).write_text(left, encoding="utf-8")
    else:
        (root / FILE).unlink()


def _around(root: Path, name: str) -> tuple[str, str]:
    path = root / FILE
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    if text and not text.endswith("\n"):
        text += "\n"
    found = re.search(rf"^{name}:.*\n((?:[ \t].*)?\n)*", text, re.MULTILINE)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _status(subscriber: Subscriber) -> str | None:
    if subscriber.bus is None:
        return None
    return "active" if subscriber.active else "pending"


def of(name: Any, facts: Any, events: Collection[str]) -> Subscriber:
    """The subscriber that an entry of the file describes. Raises SubscriberError."""
    if not (isinstance(name, str) and NAME.fullmatch(name) and len(name) <= _LONGEST_NAME):
        _refuse(str(name), f"its name is not up to {_LONGEST_NAME} of a-z, 0-9 and single _")
    if not isinstance(facts, dict):
        _refuse(name, "it has no facts. Name its 'events' and where they go")
    for key in facts:
        if key not in _KEYS:
            _refuse(name, f"'{key}' is unknown. {meant(str(key), _KEYS)}")
    if sum(key in facts for key in ("bus", "host", "same-account")) != 1:
        _refuse(name, "it needs one of 'bus', 'host' and 'same-account'")
    _check_address(name, facts)
    return Subscriber(
        name=name,
        events=_events(name, facts.get("events"), events),
        where=_where(name, facts.get("where")),
        bus=facts.get("bus"),
        host=facts.get("host"),
        same_account="same-account" in facts,
        active=facts.get("status", "active") == "active",
    )


def _check_address(name: str, facts: Mapping[str, Any]) -> None:
    bus, host = facts.get("bus"), facts.get("host")
    if "bus" in facts and not (isinstance(bus, str) and BUS.fullmatch(bus)):
        _refuse(name, "'bus' is not the ARN of an event bus: arn:aws:events:…:event-bus/…")
    if "host" in facts and not (isinstance(host, str) and HOST.fullmatch(host)):
        _refuse(name, "'host' is not a host such as crm.example.com. Its secret has the address")
    if "same-account" in facts and facts["same-account"] is not True:
        _refuse(name, "'same-account' can only be true")
    allowed = ("pending", "active") if "bus" in facts else ("active",)
    if facts.get("status", "active") not in allowed:
        _refuse(name, f"'status' is not one of {', '.join(allowed)}")


def _events(name: str, given: Any, events: Collection[str]) -> tuple[str, ...]:
    if not (isinstance(given, list) and given):
        _refuse(name, f"'events' is not a list of some of {', '.join(events)}")
    for each in given:
        if each not in events:
            _refuse(name, f"the feed has no event '{each}'. {meant(str(each), events)}")
    return tuple(dict.fromkeys(given))


def _where(name: str, given: Any) -> Mapping[str, Any] | None:
    if given is not None and not (isinstance(given, dict) and given):
        _refuse(name, "'where' is not an event pattern for the detail")
    for path in _paths(given or {}):
        if _NEVER & {part.split(".")[0] for part in path}:
            _refuse(name, f"'where' cannot look at '{'.'.join(path)}': it names a reader")
    return given


def _paths(pattern: Mapping[str, Any], start: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the fields in a pattern."""
    for name, inner in pattern.items():
        if isinstance(inner, dict):
            yield from _paths(inner, (*start, str(name)))
        else:
            yield (*start, str(name))


def _refuse(name: str, problem: str) -> NoReturn:
    end = "" if problem.endswith("?") else "."
    raise SubscriberError(f"{FILE}, '{name}': {problem.rstrip('.')}{end}")
