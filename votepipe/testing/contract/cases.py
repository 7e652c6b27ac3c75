"""The contract as a list of cases: what is tried, what must come of it, and what to do if not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from votepipe.plugins import Sink
from votepipe.project.plugins import Plugin
from votepipe.testing.contract import samples, tries
from votepipe.testing.contract.plugin import load
from votepipe.testing.contract.receiver import Reply
from votepipe.testing.contract.stage import Seen, Stage
from votepipe.testing.contract.surroundings import wants_address

WAIT = 7  # seconds that the receiver asks for with Retry-After

POST = "votepipe.http.post does so."
LATER = f"Raise TryLater(after=…) with the seconds of Retry-After; {POST}"
KEPT = f"Raise Temporary; {POST}"
TIMED = f"Give the whole exchange a time-out, not each byte, and raise Temporary; {POST}"
BURIED = f"Raise Undeliverable, as trying again cannot help; {POST}"
STRAIGHT = f"Follow no redirects and raise Undeliverable; {POST}"
BUSY = "Raise TryLater or Temporary; 'with votepipe.aws.translate_errors(…)' does so."
DENIED = "Let the error out; 'with votepipe.aws.translate_errors(…)' makes it fit for logs."


@dataclass(frozen=True)
class Result:
    """What came of a case: `happened` in words, and each problem as a sentence or two."""

    case: "Case"
    happened: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One try of one sink; `name` says what is done to it, `expected` what must come of it."""

    plugin: Plugin[Sink]
    name: str
    expected: str
    attempt: tries.Try

    def __str__(self) -> str:
        return f"{self.plugin.name}: {self.name}"

    def run(self) -> Result:
        """Try it, on a stage of its own."""
        with Stage(self.plugin) as stage:
            happened, problems = self.attempt(stage)
        outside = [
            f"It called '{host}'. Take its address from a setting." for host in stage.outside
        ]
        return Result(self, happened, tuple(dict.fromkeys([*problems, *outside])))


def cases(path: Path) -> list[Case]:
    """All that applies to the sink in the file `path`. Raises PluginError when it is not a sink."""
    plugin = load(path)
    found = [*_of_every_sink()]
    if not plugin.spec.idempotent or plugin.spec.schedule:
        # It keeps texts as they are; enrichment lets no half characters through.
        found = [each for each in found if samples.HALF not in each[0]]
    if any(wants_address(setting) for setting in plugin.settings):
        found += _of_receivers()
    if plugin.spec.resources.policies:
        found += _of_aws()
    return [Case(plugin, *each) for each in found]


def _of_every_sink() -> Iterator[tuple[str, str, tries.Try]]:
    yield "an event of each type", "delivered", tries.each_type
    yield "the same event again", "skipped, and nothing sent", tries.again
    yield "again after a failure", "delivered once", tries.after_failure
    for name, text in samples.HOSTILE_TEXTS.items():
        yield f"hostile text: {name}", "delivered, harmless and cut", tries.hostile(text)


def _of_receivers() -> Iterator[tuple[str, str, tries.Try]]:
    """Replies without a body of their own quote what arrived, as some receivers do."""
    answered = tries.answered
    limit = _quoting(429, {"Retry-After": str(WAIT)})
    there = {"Location": tries.ELSEWHERE}
    kept, gone = "put back", "moved to the dead letters"
    yield f"429, Retry-After: {WAIT}", f"{kept} for {WAIT} s", answered(limit, later, LATER)
    yield "500", kept, answered(_quoting(500), retries, KEPT)
    yield "no answer", kept, answered(Reply(manner="silent"), retries, TIMED)
    yield "hangs up", kept, answered(Reply(manner="hangs up"), retries, KEPT)
    yield "an answer without end", "ended", answered(Reply(manner="drips"), ends, TIMED)
    yield "403", gone, answered(_quoting(403), is_buried, BURIED)
    yield "404", gone, answered(_quoting(404), is_buried, BURIED)
    yield "302", f"{gone}, not followed", answered(_quoting(302, there), is_buried, STRAIGHT)


def _of_aws() -> Iterator[tuple[str, str, tries.Try]]:
    for code in ("TooManyRequestsException", "ThrottlingException", "ServiceUnavailable"):
        yield f"AWS answers {code}", "put back", tries.refused(code, stays, BUSY)
    yield "AWS answers AccessDenied", "not delivered", tries.refused("AccessDenied", fails, DENIED)


def _quoting(status: int, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, headers or {}, body=None)


def later(seen: Seen) -> bool:
    """Whether it was put back for as long as the receiver asked."""
    return seen.outcome == "later" and seen.wait is not None and WAIT <= seen.wait <= WAIT + 1


def stays(seen: Seen) -> bool:
    """Whether the message stays in the queue."""
    return seen.outcome in ("later", "retried")


def retries(seen: Seen) -> bool:
    """Whether it is tried again: from the queue, or at once and then with success."""
    return stays(seen) or (seen.outcome == "delivered" and len(seen.requests) > 1)


def is_buried(seen: Seen) -> bool:
    """Whether the message is at the dead letters, after one try."""
    return seen.outcome == "undeliverable"


def fails(seen: Seen) -> bool:
    """Whether it was not delivered, and the function lives on."""
    return stays(seen) or is_buried(seen)


def ends(seen: Seen) -> bool:
    """Whether there was an end, of whatever kind."""
    return fails(seen) or seen.outcome == "delivered"
