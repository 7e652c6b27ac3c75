"""What is done to a sink, and what is found wrong about what it then does."""

import contextlib
from collections.abc import Callable
from typing import Any

from votepipe.emulator.patterns import compile as compile_pattern
from votepipe.testing.contract import harms, samples
from votepipe.testing.contract.receiver import Reply
from votepipe.testing.contract.stage import Seen, Stage

# What happened, in words, and every problem as a sentence or two with what to do.
Outcome = tuple[str, list[str]]
Try = Callable[[Stage], Outcome]

ELSEWHERE = "/elsewhere"


def each_type(stage: Stage) -> Outcome:
    """An event of each type that the sink takes: with all it can hold, and with the least."""
    problems: list[str] = []
    delivered = 0
    for number, kind in enumerate(_kinds(stage)):
        for what, event in (("usual", samples.usual(kind)), ("bare", samples.bare(kind))):
            event["eventID"] += f"-{number}"
            event["vote"]["voteId"] += f"-{number}"
            if not _wanted(stage, event):
                continue
            seen = stage.deliver(event)
            problems += leaks(stage, seen)
            delivered += seen.outcome == "delivered"
            if seen.outcome not in ("delivered", "skipped"):
                problems.append(f"A {what} {kind} was not delivered: {seen.words}. {seen.why}")
    if not delivered and not problems:
        problems.append("Every event was skipped. Take out of 'events' what is not wanted.")
    return f"{delivered} delivered", problems


def again(stage: Stage) -> Outcome:
    """The same event twice."""
    event = samples.usual(_kind(stage))
    first, second = stage.deliver(event), stage.deliver(event)
    problems = leaks(stage, first) + leaks(stage, second)
    if first.outcome != "delivered":
        problems.append(f"It was not delivered the first time. {first.why}")
    # What records no deliveries may suppress duplicates by itself.
    ends = ("skipped",) if stage.plugin.spec.idempotent else ("skipped", "delivered")
    if second.outcome not in ends or second.sent:
        problems.append("It was sent a second time. Send it in 'handler', as @sink marks it.")
    return f"{first.words}, then {second.words}", problems


def after_failure(stage: Stage) -> Outcome:
    """The same event, after a receiver that failed, and once more."""
    event = samples.usual(_kind(stage))
    stage.receiver.reply(status=500)
    stage.fault = "ServiceUnavailable"
    seen = [stage.deliver(event)]
    stage.receiver.replies.clear()
    stage.fault = None
    seen += [stage.deliver(event), stage.deliver(event)]
    problems = [problem for each in seen for problem in leaks(stage, each)]
    delivered = [each.outcome for each in seen].count("delivered")
    if delivered != 1 and (stage.plugin.spec.idempotent or delivered == 0):
        problems.append("It was not delivered exactly once. Keep nothing from try to try.")
    if seen[0].sent and not seen[1].sent:
        problems.append("Nothing was sent when it was tried again. Keep nothing from try to try.")
    return ", then ".join(each.words for each in seen), problems


def hostile(text: str) -> Try:
    """A reader wrote `text` wherever one can."""

    def attempt(stage: Stage) -> Outcome:
        seen = stage.deliver(samples.hostile(_kind(stage), text))
        problems = leaks(stage, seen)
        if seen.outcome != "delivered":
            problems.append(f"Such a vote cannot be delivered. {seen.why}")
        for request in seen.requests:
            problems += harms.of_request(request)
        for call in seen.calls:
            problems += harms.of_call(call.parameters)
        return seen.words, problems

    return attempt


def answered(reply: Reply, fits: Callable[[Seen], bool], todo: str) -> Try:
    """The receiver answers so; `todo` is for a sink whose outcome does not fit."""

    def attempt(stage: Stage) -> Outcome:
        stage.receiver.replies.append(reply)
        waits = reply.manner in ("silent", "drips")
        with stage.hurried() if waits else contextlib.nullcontext():
            seen = stage.deliver(samples.usual(_kind(stage)))
        problems = leaks(stage, seen)
        if not seen.requests:
            problems.append("Nothing arrived at the receiver. Take its address from a setting.")
        elif not fits(seen) or any(request.path == ELSEWHERE for request in seen.requests):
            problems.append(todo)
        return seen.words, problems

    return attempt


def refused(code: str, fits: Callable[[Seen], bool], todo: str) -> Try:
    """AWS refuses what the sink asks of it; `todo` is for a sink whose outcome does not fit."""

    def attempt(stage: Stage) -> Outcome:
        stage.fault = code
        seen = stage.deliver(samples.usual(_kind(stage)))
        problems = leaks(stage, seen) + ([] if not seen.calls or fits(seen) else [todo])
        return seen.words, problems

    return attempt


def leaks(stage: Stage, seen: Seen) -> list[str]:
    """What was printed, logged or written beside a dead letter and must not be."""
    problems = []
    if any(text in seen.output for text in stage.secrets):
        problems.append("A secret is in the log or in an error's text. Name the host alone.")
    if any(text in seen.output for text in (samples.VOTER, samples.ANSWER, samples.HOSTILE)):
        problems.append("What a reader wrote is in the log or in an error's text. Leave it out.")
    return problems


def _kind(stage: Stage) -> str:
    """The type to try it with: a settled vote where it takes those, as it may skip all others."""
    events = _kinds(stage)
    return "VoteSettled" if "VoteSettled" in events else events[0]


def _kinds(stage: Stage) -> tuple[str, ...]:
    """The types that it gets, or that a sink on a schedule gets to know from others."""
    return stage.plugin.spec.events or ("VoteCast",)


def _wanted(stage: Stage, event: dict[str, Any]) -> bool:
    where = stage.plugin.spec.where
    return where is None or bool(compile_pattern({"detail": where}).matches({"detail": event}))
