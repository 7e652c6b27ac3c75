"""The tries of the contract: what is done to a sink, what must come of it, and what to do if not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from votepipe.dev.patterns import compile as compile_pattern
from votepipe.dev.project import Plugin
from votepipe.plugins import Sink
from votepipe.testing.contract import harms, samples
from votepipe.testing.contract.plugin import load
from votepipe.testing.contract.stage import WAIT, Seen, Stage, wants_address

POST = "Send it with votepipe.http.post, which does so"

Try = Callable[[Stage, Plugin[Sink]], tuple[str, list[str]]]


@dataclass(frozen=True)
class Result:
    """What came of one try: `happened` in words, and each problem as a sentence or two."""

    case: "Case"
    happened: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One try of one sink; `name` says what is done to it, `expected` what must come of it."""

    plugin: Plugin[Sink]
    name: str
    expected: str
    attempt: Try

    def __str__(self) -> str:
        return f"{self.plugin.name}: {self.name}"

    def run(self) -> Result:
        """Try it, on a stage of its own."""
        with Stage(self.plugin) as stage:
            happened, problems = self.attempt(stage, self.plugin)
        problems += [f"It called '{host}'. Take the address from a setting." for host in stage.outside]
        return Result(self, happened, tuple(dict.fromkeys(problems)))


def cases(path: Path) -> list[Case]:
    """All tries that apply to the sink in this file. Raises PluginError when it is not a sink."""
    plugin = load(path)
    found = [*_everywhere()]
    if any(wants_address(setting) for setting in plugin.settings):
        found += _answers()
    if plugin.spec.policies:
        found += _aws()
    return [Case(plugin, *each) for each in found]


def _everywhere() -> Iterator[tuple[str, str, Try]]:
    yield "an event of each type", "delivered", _each_type
    yield "the same event again", "skipped, and nothing sent", _again
    yield "again after a failure", "delivered once", _after_failure
    for name in samples.HOSTILE_TEXTS:
        yield f"hostile text: {name}", "delivered, harmless and cut", _hostile(name)


def _answers() -> Iterator[tuple[str, str, Try]]:
    wait = f"put back for {WAIT} s"
    todo = f"Raise TryLater(after=…) with the header's seconds. {POST}."
    yield f"429, Retry-After: {WAIT}", wait, _answer(_later, todo, status=429)
    kept = "put back"
    todo = f"Raise Temporary. {POST}."
    yield "500", kept, _answer(_kept, todo, status=500)
    yield "no answer", kept, _answer(_kept, f"Give the request a time-out. {POST}.", manner="silent")
    yield "hangs up", kept, _answer(_kept, todo, manner="hangs up")
    todo = f"Give the whole exchange a time-out, not each byte. {POST}."
    yield "an answer that never ends", "ends", _answer(_ended, todo, manner="drips")
    gone = "moved to the dead letters"
    todo = f"Raise Undeliverable: trying again cannot help. {POST}."
    yield "403", gone, _answer(_buried, todo, status=403)
    yield "404", gone, _answer(_buried, todo, status=404)
    todo = f"Follow no redirects, and raise Undeliverable. {POST}."
    yield "302 to elsewhere", f"{gone}, not followed", _answer(_buried, todo, status=302)


def _aws() -> Iterator[tuple[str, str, Try]]:
    todo = "Raise TryLater or Temporary; 'with votepipe.aws.asking(…)' does the latter."
    for code in ("TooManyRequestsException", "ThrottlingException", "ServiceUnavailable"):
        yield f"AWS answers {code}", "put back", _refusal(code, _kept, todo)
    todo = "Do not return as if it were delivered; AWS's own text must not be passed on."
    yield "AWS answers AccessDenied", "not delivered", _refusal("AccessDenied", _failed, todo)


def _answer(fits: Callable[[Seen], bool], todo: str, **reply: object) -> Try:
    """The receiver answers in this way, quoting what it got."""

    def attempt(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
        headers = {
            429: {"Retry-After": str(WAIT)},
            302: {"Location": f"{stage.receiver.url}/elsewhere"},
        }.get(reply.get("status"), {})  # type: ignore[call-overload]  # None has none
        stage.receiver.reply(headers=headers, body=None, **reply)  # type: ignore[arg-type]
        seen = stage.deliver(samples.usual(_kind(plugin)))
        problems = _leaks(stage, seen)
        if not seen.requests:
            problems.append("Nothing arrived at the receiver. Send to the address in a setting.")
        elif not fits(seen) or any(request.path == "/elsewhere" for request in seen.requests):
            problems.append(todo)
        return seen.words, problems

    return attempt


def _refusal(code: str, fits: Callable[[Seen], bool], todo: str) -> Try:
    """AWS refuses what the sink asks of it, with a text that quotes it."""

    def attempt(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
        stage.fault = code
        seen = stage.deliver(samples.usual(_kind(plugin)))
        problems = _leaks(stage, seen) + ([] if not seen.calls or fits(seen) else [todo])
        return seen.words, problems

    return attempt


def _each_type(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
    problems: list[str] = []
    delivered = 0
    for number, kind in enumerate(plugin.spec.events):
        for event in (samples.usual(kind), samples.bare(kind)):
            event["eventID"] += f"-{number}"
            event["vote"]["voteId"] = f"check-vote-{number}"
            if not _wanted(plugin, event):
                continue
            seen = stage.deliver(event)
            problems += _leaks(stage, seen)
            delivered += seen.outcome == "delivered"
            if seen.outcome != "delivered":
                what = "bare" if "voter" not in event["vote"] else "usual"
                problems.append(f"A {what} {kind} was not delivered: {seen.words}. {seen.why}")
    return f"{delivered} delivered", problems


def _again(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
    event = samples.usual(_kind(plugin))
    first, second = stage.deliver(event), stage.deliver(event)
    problems = _leaks(stage, first) + _leaks(stage, second)
    if first.outcome != "delivered":
        problems.append(f"It was not delivered the first time. {first.why}")
    if second.outcome != "skipped" or second.requests or second.calls:
        problems.append("It was sent a second time. Let @sink's handler be what Lambda calls.")
    if len(first.requests) > 1:
        problems.append("One event made several requests. A try that fails half-way repeats some.")
    return f"{first.words}, then {second.words}", problems


def _after_failure(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
    event = samples.usual(_kind(plugin))
    stage.receiver.reply(status=500)
    stage.fault = "ServiceUnavailable"
    first = stage.deliver(event)
    stage.receiver.replies.clear()
    stage.fault = None
    seen = [first, stage.deliver(event), stage.deliver(event)]
    delivered = [each.outcome for each in seen].count("delivered")
    problems = [] if delivered == 1 else ["It was not delivered exactly once. Keep no state."]
    return ", then ".join(each.words for each in seen), problems


def _hostile(name: str) -> Try:
    """A reader wrote this text wherever one can."""

    def attempt(stage: Stage, plugin: Plugin[Sink]) -> tuple[str, list[str]]:
        seen = stage.deliver(samples.hostile(_kind(plugin), samples.HOSTILE_TEXTS[name]))
        problems = _leaks(stage, seen)
        if seen.outcome != "delivered":
            problems.append(f"Such a vote cannot be delivered. {seen.why}")
        for request in seen.requests:
            problems += harms.of_request(request)
        for call in seen.calls:
            problems += harms.of_call(call.parameters)
        return seen.words, problems

    return attempt


def _leaks(stage: Stage, seen: Seen) -> list[str]:
    """What was printed, logged or written beside a dead letter and must not be."""
    problems = []
    if any(text in seen.output for text in stage.secrets):
        problems.append("A secret is in the log or in an error's text. Name the host alone.")
    personal = (samples.VOTER, samples.ANSWER, samples.HOSTILE)
    if any(text in seen.output for text in personal):
        problems.append("What a reader wrote is in the log or in an error's text. Leave it out.")
    return problems


def _kind(plugin: Plugin[Sink]) -> str:
    return plugin.spec.events[0]


def _wanted(plugin: Plugin[Sink], event: dict[str, object]) -> bool:
    where = plugin.spec.where
    return where is None or bool(compile_pattern({"detail": where}).matches({"detail": event}))


def _later(seen: Seen) -> bool:
    return seen.outcome == "later" and seen.wait is not None and WAIT <= seen.wait <= WAIT + 1


def _kept(seen: Seen) -> bool:
    return seen.outcome in ("later", "retried")


def _buried(seen: Seen) -> bool:
    return seen.outcome == "undeliverable"


def _failed(seen: Seen) -> bool:
    return seen.outcome in ("later", "retried", "undeliverable")


def _ended(seen: Seen) -> bool:
    return seen.outcome in ("later", "retried", "delivered")
