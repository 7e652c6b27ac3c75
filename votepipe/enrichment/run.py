"""Run the enrichers on a vote, so that none of them can harm it or its event.

One that fails, or is too slow, is logged, counted and left out. Where it is required, the event
cannot go without it.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from types import MappingProxyType
from typing import Any

from fastjsonschema import JsonSchemaValueException

from votepipe.aws.logs import log
from votepipe.enrichment.workers import TooSlow, Worker
from votepipe.model.attributes import MAX_DEPTH
from votepipe.model.errors import SettingsError
from votepipe.model.events import Vote, frozen
from votepipe.plugins import Enricher
from votepipe.plugins import settings as plugin_settings
from votepipe.plugins.declarations import error_location
from votepipe.plugins.enrichers import checker

LARGEST_RESULT = 50_000  # bytes; half of an event
MOST_HUNG = 3  # calls of one enricher that may hang before it is no longer called

_LONGEST_INTEGER = 16  # signs, as in 2^53, beyond which consumers lose digits


@dataclass(frozen=True)
class _Failure:
    """Why there is no result, in words fit for logs."""

    why: str


class _Unfit(Exception):
    """A result cannot go into an event; the text says why, without a value."""


@dataclass(eq=False)
class _Step:
    """An enricher, its `adds` compiled, and the workers that were left behind at it."""

    enricher: Enricher
    left: list[Worker[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = self.enricher.name
        self._check = checker(self.enricher)

    def hangs(self) -> bool:
        """Whether so many calls hang already that another would only add to them."""
        if self.left:
            self.left = [worker for worker in self.left if worker.is_alive()]
        return len(self.left) >= MOST_HUNG

    def result(self, draft: "_Draft") -> Any:
        """What it adds, as plain JSON of our own; None when nothing; a _Failure. Never raises."""
        try:
            result = self._added(draft)
        except _Unfit as error:
            return _Failure(str(error))
        except BaseException as error:  # SystemExit too, which would end the thread
            return _Failure(error_location(error, self.enricher))
        draft.added[self.name] = result
        return result

    def _added(self, draft: "_Draft") -> Any:
        arguments = {need: frozen(draft.added.get(need)) for need in self.enricher.needs}
        if self.enricher.settings:
            arguments["settings"] = self._settings(self.enricher.settings)
        found = self.enricher.function(draft.vote, **arguments)
        return None if found is None else self._plain(found)

    def _settings(self, declared: type) -> Any:
        try:
            return plugin_settings.load(declared, self.name, os.environ)
        except SettingsError as error:
            raise _Unfit(str(error)) from None

    def _plain(self, found: Any) -> Any:
        try:
            text = _ENCODER.encode(found)
            size = len(text.encode())
        except (TypeError, ValueError, RecursionError):
            raise _Unfit("It returned what JSON cannot hold.") from None
        if size > LARGEST_RESULT:
            raise _Unfit(f"It returned more than {LARGEST_RESULT} bytes of JSON.")
        plain = _DECODER.decode(text)
        if not _is_shallow(plain):
            raise _Unfit(f"It returned what is nested deeper than {MAX_DEPTH} levels.")
        try:
            self._check(plain)
        except JsonSchemaValueException as error:
            raise _Unfit(f"It returned what breaks '{error.rule}' in its 'adds'.") from None
        return plain


class _Draft:
    """An event's vote and what was added to it: the worker's own, to work ahead on."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._json = event["vote"]
        self.added: dict[str, Any] = dict(event["enrichment"])

    @cached_property
    def vote(self) -> Vote:
        return Vote.from_json(self._json)


_Work = tuple[int, _Step]  # which event of the batch, and the step to run on it


class Enriching:
    """The enrichers of a function, and the thread they run in, kept from one batch to the next."""

    def __init__(self, enrichers: Sequence[Enricher]) -> None:
        self._steps = [_Step(enricher) for enricher in enrichers]
        self._idle: Worker[Any] | None = None
        self.required = {step.name for step in self._steps if step.enricher.required}

    def add(self, events: Sequence[dict[str, Any]], until: float) -> list[list[str]]:
        """Put what the enrichers know of each full vote into its event's `enrichment`.

        Returns for each event why it cannot go without an enricher that is required, as reasons of
        a VoteRejected. `until` is when to stop, on the monotonic clock.
        """
        reasons: list[list[str]] = [[] for _ in events]
        for (number, step), result in self._results(events, until):
            if isinstance(result, _Failure):
                left_out(step.name, events[number]["eventID"], result.why)
                if step.enricher.required:
                    reasons[number].append(f"enrichment.{step.name}: {result.why}")
            elif result is not None:
                events[number]["enrichment"][step.name] = result
        return reasons

    def _results(
        self, events: Sequence[dict[str, Any]], until: float
    ) -> Iterator[tuple[_Work, Any]]:
        rest: list[_Work] = [
            (number, step)
            for number, event in enumerate(events)
            if "voteType" in event["vote"]
            for step in self._steps
        ]
        while rest:
            hanging = [work for work in rest if work[1].hangs()]
            yield from ((work, _Failure(f"{MOST_HUNG} calls of it hang.")) for work in hanging)
            rest = [work for work in rest if work not in hanging]
            if monotonic() >= until:
                yield from ((work, _Failure("No time was left for it.")) for work in rest)
                return
            drafts = [_Draft(event) for event in events]
            for work, result in self._worked(tuple(rest), drafts, until):
                yield work, result
                del rest[0]

    def _worked(
        self, rest: Sequence[_Work], drafts: Sequence[_Draft], until: float
    ) -> Iterator[tuple[_Work, Any]]:
        """The results of `rest` in its order, up to the first that did not come in time."""
        try:
            worker, self._idle = self._idle or Worker[Any](), None
        except RuntimeError:  # so many threads run that there can be no other
            yield from ((work, _Failure("No thread was left for it.")) for work in rest)
            return
        worker.begin(step.result(drafts[number]) for number, step in rest)
        for work in rest:
            _, step = work
            seconds = max(0.0, min(step.enricher.timeout, until - monotonic()))
            try:
                result = worker.take(seconds)
            except TooSlow:
                step.left.append(worker)
                yield work, _Failure(f"It took longer than {seconds:.3g} s.")
                return
            yield work, result
        self._idle = worker


def left_out(name: str, event_id: str, why: str) -> None:
    """Log and count that an event goes without what this enricher adds."""
    log(
        "enricher left out",
        level="WARNING",
        metrics={"LeftOut": (1, "Count")},
        enricher=name,
        eventId=event_id,
        why=why,
    )


def _mapping(value: Any) -> Any:
    """Parts of a vote are read-only, and may be returned as they are."""
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _LONGEST_INTEGER:
        raise _Unfit("It returned a number beyond 2^53.")
    return int(text)


def _is_shallow(value: Any, levels: int = MAX_DEPTH) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_mapping)
_DECODER = json.JSONDecoder(parse_int=_integer)
