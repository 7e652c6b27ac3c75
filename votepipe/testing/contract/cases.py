"""The contract as cases: what is done to a plugin, what must come of it, and what to do if not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from votepipe.emulator.http.receiver import Answer
from votepipe.plugins import Sink
from votepipe.project import plugins
from votepipe.project.plugins import Plugin
from votepipe.testing.contract import enrichers, samples, scenarios
from votepipe.testing.contract.harness import Harness, Seen, load
from votepipe.testing.settings import is_address

WAIT = 7  # seconds that the receiver asks for with Retry-After

POST = "votepipe.http.post does so."
LATER = f"Raise TryLater(after=…) with the seconds of Retry-After; {POST}"
RETRIED = f"Raise Temporary; {POST}"
TIMED = f"Give the whole exchange a time-out, not each byte, and raise Temporary; {POST}"
REFUSED = f"Raise Undeliverable, as trying again cannot help; {POST}"
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
    """One attempt at one plugin: what is done to it by `name`, and what must come of it."""

    plugin: Plugin[Any]
    name: str
    expected: str
    attempt: Callable[[], scenarios.Outcome]

    def __str__(self) -> str:
        return f"{self.plugin.name}: {self.name}"

    def run(self) -> Result:
        """Make it, in surroundings of its own."""
        happened, problems = self.attempt()
        return Result(self, happened, tuple(dict.fromkeys(problems)))


def cases(path: Path) -> list[Case]:
    """All that applies to the plugin in the file `path`. Raises PluginError when it is none."""
    if plugins.home(path).parent.name == "enrichers":
        return [Case(*each) for each in enrichers.attempts(path)]
    plugin = load(path)
    found = [*_of_every_sink()]
    if not plugin.spec.idempotent or plugin.spec.schedule:
        # Such a sink does not repair texts, and enrichment lets no half characters through.
        found = [each for each in found if samples.HALF not in each[0]]
    if any(is_address(setting) for setting in plugin.settings):
        found += _of_receivers()
    if plugin.spec.resources.policies:
        found += _of_aws()
    return [
        Case(plugin, name, expected, partial(_in_harness, plugin, scenario))
        for name, expected, scenario in found
    ]


def _in_harness(plugin: Plugin[Sink], scenario: scenarios.Scenario) -> scenarios.Outcome:
    with Harness(plugin) as harness:
        happened, problems = scenario(harness)
    return happened, [*problems, *harness.refused]


def _of_every_sink() -> Iterator[tuple[str, str, scenarios.Scenario]]:
    yield "an event of each type", "delivered", scenarios.each_type
    yield "the same event again", "skipped, and nothing sent", scenarios.again
    yield "again after a failure", "delivered once", scenarios.after_failure
    for name, text in samples.HOSTILE_TEXTS.items():
        yield f"hostile text: {name}", "delivered, harmless and cut", scenarios.hostile(text)


def _of_receivers() -> Iterator[tuple[str, str, scenarios.Scenario]]:
    """Answers quote what arrived, as those of some receivers do."""
    answered = scenarios.answered
    limit = _quoting(429, {"Retry-After": str(WAIT)})
    there = {"Location": scenarios.ELSEWHERE}
    kept, gone = "put back", "moved to the dead letters"
    yield f"429, Retry-After: {WAIT}", f"{kept} for {WAIT} s", answered(limit, later, LATER)
    yield "500", kept, answered(_quoting(500), retries, RETRIED)
    yield "no answer", kept, answered(Answer(timeout=True), retries, TIMED)
    yield "hangs up", kept, answered(Answer(disconnect=True), retries, RETRIED)
    yield "an answer without end", "ended", answered(Answer(drips=True), ends, TIMED)
    yield "403", gone, answered(_quoting(403), is_dead_letter, REFUSED)
    yield "404", gone, answered(_quoting(404), is_dead_letter, REFUSED)
    yield "302", f"{gone}, not followed", answered(_quoting(302, there), is_dead_letter, STRAIGHT)


def _of_aws() -> Iterator[tuple[str, str, scenarios.Scenario]]:
    for code in ("TooManyRequestsException", "ThrottlingException", "ServiceUnavailable"):
        yield (
            f"AWS answers {code}",
            "put back",
            scenarios.refused(code, lambda seen: seen.stays, BUSY),
        )
    yield (
        "AWS answers AccessDenied",
        "not delivered",
        scenarios.refused("AccessDenied", fails, DENIED),
    )


def _quoting(status: int, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, headers=headers or {}, body=None)


def later(seen: Seen) -> bool:
    """Whether it was put back for as long as the receiver asked."""
    return seen.outcome == "later" and seen.wait is not None and WAIT <= seen.wait <= WAIT + 1


def retries(seen: Seen) -> bool:
    """Whether it is tried again: from the queue, or at once and then with success."""
    return seen.stays or (seen.outcome == "delivered" and len(seen.requests) > 1)


def is_dead_letter(seen: Seen) -> bool:
    """Whether the message is in the dead letters, after one attempt."""
    return seen.outcome == "undeliverable"


def fails(seen: Seen) -> bool:
    """Whether it was not delivered, and the function lives on."""
    return seen.stays or is_dead_letter(seen)


def ends(seen: Seen) -> bool:
    """Whether there was an end, of whatever kind."""
    return fails(seen) or seen.outcome == "delivered"
