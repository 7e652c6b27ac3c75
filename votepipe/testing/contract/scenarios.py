"""What is done to a sink, and what is wrong with what it then does."""

from collections.abc import Callable
from typing import Any

from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.patterns import compile as compile_pattern
from votepipe.testing.contract import safety_checks, samples
from votepipe.testing.contract.harness import Harness, Seen

# What happened, in words, and every problem as a sentence or two with what to do.
Outcome = tuple[str, list[str]]
Scenario = Callable[[Harness], Outcome]

ELSEWHERE = "/elsewhere"


def each_type(harness: Harness) -> Outcome:
    """An event of each type that the sink takes: with all it can hold, and with the least."""
    problems: list[str] = []
    delivered = 0
    for number, kind in enumerate(_kinds(harness)):
        usual = samples.usual(kind)
        if not _wanted(harness, usual):
            usual = samples.usual(kind, "thumbsdown")
        for what, event in (("usual", usual), ("bare", samples.bare(kind))):
            event["eventID"] += f"-{number}"
            event["vote"]["voteId"] += f"-{number}"
            if not _wanted(harness, event):
                continue
            seen = harness.deliver(event)
            problems += leaks(harness, seen)
            delivered += seen.outcome == "delivered"
            if seen.outcome not in ("delivered", "skipped"):
                problems.append(f"A {what} {kind} was not delivered: {seen.words}. {seen.why}")
    if not delivered and not problems:
        problems.append("Every event was skipped. Take out of 'events' what is not wanted.")
    return f"{delivered} delivered", problems


def again(harness: Harness) -> Outcome:
    """The same event twice."""
    event = samples.usual(_kind(harness))
    first, second = harness.deliver(event), harness.deliver(event)
    problems = leaks(harness, first) + leaks(harness, second)
    if first.outcome != "delivered":
        problems.append(f"It was not delivered the first time. {first.why}")
    # Where no deliveries are recorded, the sink or its receiver recognizes a duplicate.
    recorded = harness.plugin.spec.idempotent is not None
    if recorded and (second.outcome != "skipped" or second.sent):
        problems.append("It was sent a second time. Send it in 'handler', as @sink marks it.")
    return f"{first.words}, then {second.words}", problems


def after_failure(harness: Harness) -> Outcome:
    """The same event, after a receiver that failed, and once more."""
    event = samples.usual(_kind(harness))
    receiver = harness.pipeline.receiver
    receiver.reply(Answer(status=500))
    harness.fault = "ServiceUnavailable"
    seen = [harness.deliver(event)]
    receiver.forget()
    harness.fault = None
    seen.append(harness.attempt() if seen[0].stays else harness.deliver(event))
    seen.append(harness.deliver(event))
    problems = [problem for each in seen for problem in leaks(harness, each)]
    delivered = [each.outcome for each in seen].count("delivered")
    if delivered != 1 and (harness.plugin.spec.idempotent or delivered == 0):
        problems.append("It was not delivered exactly once. Keep nothing from attempt to attempt.")
    if seen[0].sent and not seen[1].sent:
        problems.append(
            "Nothing was sent when it was tried again. Keep nothing from attempt to attempt."
        )
    return ", then ".join(each.words for each in seen), problems


def hostile(text: str) -> Scenario:
    """A reader wrote `text` wherever one can."""

    def attempt(harness: Harness) -> Outcome:
        seen = harness.deliver(samples.hostile(_kind(harness), text))
        problems = leaks(harness, seen)
        if seen.outcome != "delivered":
            problems.append(f"Such a vote cannot be delivered. {seen.why}")
        for request in seen.requests:
            problems += safety_checks.of_request(request)
        for call in seen.calls:
            problems += safety_checks.of_call(call.parameters)
        return seen.words, problems

    return attempt


def answered(answer: Answer, fits: Callable[[Seen], bool], todo: str) -> Scenario:
    """The receiver answers so; `todo` is for a sink whose outcome does not fit."""

    def attempt(harness: Harness) -> Outcome:
        harness.pipeline.receiver.reply(answer)
        seen = harness.deliver(samples.usual(_kind(harness)))
        problems = leaks(harness, seen)
        if not seen.requests:
            problems.append("Nothing arrived at the receiver. Take its address from a setting.")
        elif not fits(seen) or any(request.path == ELSEWHERE for request in seen.requests):
            problems.append(todo)
        return seen.words, problems

    return attempt


def refused(code: str, fits: Callable[[Seen], bool], todo: str) -> Scenario:
    """AWS refuses the sink's calls; `todo` is for a sink whose outcome does not fit."""

    def attempt(harness: Harness) -> Outcome:
        harness.fault = code
        seen = harness.deliver(samples.usual(_kind(harness)))
        problems = leaks(harness, seen) + ([] if not seen.calls or fits(seen) else [todo])
        return seen.words, problems

    return attempt


def leaks(harness: Harness, seen: Seen) -> list[str]:
    """What was printed, logged or written beside a dead letter and must not be."""
    problems = []
    if any(text in seen.output for text in harness.secrets):
        problems.append("A secret is in the log or in an error's text. Name the host alone.")
    if any(text in seen.output for text in (samples.VOTER, samples.ANSWER, samples.HOSTILE)):
        problems.append("What a reader wrote is in the log or in an error's text. Leave it out.")
    return problems


def _kind(harness: Harness) -> str:
    """The type to try it with: a settled vote where it takes those, as it may skip all others."""
    events = _kinds(harness)
    return "VoteSettled" if "VoteSettled" in events else events[0]


def _kinds(harness: Harness) -> tuple[str, ...]:
    """The types that it takes, or that the neighbours of a sink on a schedule take."""
    return harness.plugin.spec.events or ("VoteCast",)


def _wanted(harness: Harness, event: dict[str, Any]) -> bool:
    where = harness.plugin.spec.where
    return where is None or bool(compile_pattern({"detail": where}).matches({"detail": event}))
