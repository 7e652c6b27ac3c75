"""What votes cost a month, from what the test kit counts and a file of prices; docs/cost.md."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from votepipe.aws.secrets import LIFETIME
from votepipe.dev.cost import traffic
from votepipe.dev.cost.traffic import GB_SECONDS, KINDS, PIPE_REQUESTS, TABLE, Counted
from votepipe.emulator.simulation import usage
from votepipe.model.errors import VotepipeError

PRICES = Path(__file__).with_name("prices.json")
MILLION = 1_000_000
# The origin: stream, one function, Slack. So many messages a vote, each a call of its own.
ORIGIN_MESSAGES = 2.8
# What is counted: the part of a hop that it is, and the price of one.
CHARGES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(usage.QUEUE_REQUESTS, ("queue", "queue request")),
    usage.CALLS: ("function", "function call"),
    GB_SECONDS: ("function", "GB-second"),
    usage.WRITES: ("table", "write unit"),
    usage.READS: ("table", "read unit"),
    usage.SECRET_READS: ("secret", "secret read"),
    usage.LOG_BYTES: ("logs", "log byte"),
    usage.EVENTS: ("", "event"),
    PIPE_REQUESTS: ("", "pipe request"),
}
_NAMES = {TABLE: "votes", "EnrichFunction": "enrichment"}
_NAMES |= {"votepipe": "bus", "votepipe-feed": "feed bus"}


@dataclass(frozen=True)
class Prices:
    """A file of prices: USD for one of each, and the seconds that calls are taken to last."""

    title: str
    usd: Mapping[str, float]
    seconds: Mapping[str, float]

    @classmethod
    def read(cls, path: Path = PRICES) -> Self:
        """Read a file. Raises VotepipeError."""
        try:
            content = json.loads(path.read_text())
            usd = {name: each["usd"] / each["per"] for name, each in content["prices"].items()}
            title = f"{content['region']}, prices of {content['date']}"
            return cls(title, usd, content["seconds"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise VotepipeError(
                f"'{path}' holds no prices ({type(error).__name__}). Edit a copy of {PRICES.name}."
            ) from error


@dataclass(frozen=True)
class Cost:
    """USD: for a million votes by hop and traffic, for a month without any, and beside it."""

    hops: Mapping[str, Mapping[str, float]]
    idle: Mapping[str, float]
    beside: Mapping[str, float]
    origin: float

    def total(self, kind: str) -> float:
        """A million votes in one kind of traffic, in whole cents."""
        return round(sum(hop[kind] for hop in self.hops.values()), 2)

    def as_json(self) -> dict[str, Any]:
        """The figures, for machines."""
        return {
            "perMillionVotes": {kind: self.total(kind) for kind in KINDS},
            "idlePerMonth": round(sum(self.idle.values()), 2),
            "byHop": self.hops,
            "idleByPart": self.idle,
            "beside": self.beside,
            "origin": {"perMillionVotes": round(self.origin, 2)},
        }


def estimate(sinks: Collection[str], answers: int, prices: Prices, votes: float = MILLION) -> Cost:
    """What so many votes a month cost with these sinks; each has a write more than `answers`."""
    hops: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(KINDS, 0.0))
    for kind in KINDS:
        counted = traffic.count(kind, sinks, answers, prices.seconds)
        for hop, usd in by_hop(counted, prices, votes).items():
            hops[hop][kind] = round(usd, 4)
    idle, beside = _by_month(counted, prices)
    return Cost(dict(hops), idle, beside, origin(answers + 1, prices))


def by_hop(counted: Counted, prices: Prices, votes: float = MILLION) -> dict[str, float]:
    """USD for a million votes, when so many come in a month."""
    found: defaultdict[str, float] = defaultdict(float)
    for who, counts in counted.usage.items():
        for what in counts.keys() & CHARGES:  # mails stand beside
            part, price = CHARGES[what]
            a_vote = counts[what] / counted.votes
            if what == usage.SECRET_READS:  # a process reads again when its copy is too old
                a_vote = min(a_vote, traffic.MONTH / LIFETIME / votes)
            hop = f"{_NAMES.get(who, who)} {part}".strip()
            found[hop] += a_vote * MILLION * prices.usd[price]
    return found


def origin(writes: int, prices: Prices) -> float:
    """A million votes of so many writes in the origin's shape; Lambda reads its stream for free."""
    seconds = prices.seconds["call"] + prices.seconds["HTTP"]
    call = prices.usd["function call"] + 0.25 * seconds * prices.usd["GB-second"]
    call += traffic.SYSTEM_LOG_BYTES * prices.usd["log byte"]
    return MILLION * (writes * prices.usd["write unit"] + ORIGIN_MESSAGES * call)


def _by_month(counted: Counted, prices: Prices) -> tuple[dict[str, float], dict[str, float]]:
    """What is charged without votes; and what stands beside it."""
    usd, types = prices.usd, counted.types
    mails = sum(counts[usage.MAILS] for counts in counted.usage.values()) / counted.votes
    idle = {
        "polling of queues": counted.polls * usd["queue request"],
        "secrets": types["AWS::SecretsManager::Secret"] * usd["secret"],
    }
    beside = {
        "alarms": types["metric of an alarm"] * usd["alarm"],
        "dashboard": types["AWS::CloudWatch::Dashboard"] * usd["dashboard"],
        # Four reads a second; whether they are charged is not confirmed.
        "reads of the stream by the pipe, a shard, at most": 4 * traffic.MONTH * usd["stream read"],
        "mails of SES for a million votes": mails * MILLION * usd["mail"],
    }
    return _rounded(idle), _rounded(beside)


def _rounded(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: round(usd, 4) for name, usd in parts.items()}
