"""Run the enrichers on a vote, so that none of them can harm it or its event.

One that fails, or is too slow, is logged, counted and left out. Where it is required, the event
cannot go without it.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any

from fastjsonschema import JsonSchemaValueException

from votepipe.aws.logs import log
from votepipe.enrichment.workers import Worker
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
    left: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = self.enricher.name
        self._check = checker(self.enricher)

    def hangs(self) -> bool:
        """Whether so many calls hang already that another would only add to them."""
        if self.left:
            self.left = [worker for worker in self.left if worker.is_alive()]
        return len(self.left) >= MOST_HUNG

    def call(self, vote: Vote, added: Mapping[str, Any]) -> Any:
        """What it returns for a vote, or a _Failure. Never raises."""
        try:
            if not (self.enricher.needs or self.enricher.settings):
                return self.enricher.function(vote)
            return self.enricher.function(vote, **self._arguments(added))
        except BaseException as error:  # SystemExit too, which would end the thread
            return self._failure(error)

    def _arguments(self, added: Mapping[str, Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {need: frozen(added.get(need)) for need in self.enricher.needs}
        if self.enricher.settings:
            try:
                arguments["settings"] = plugin_settings.load(
                    self.enricher.settings, self.name, os.environ
                )
            except SettingsError as error:
                raise _Unfit(str(error)) from None
        return arguments

    def plain(self, found: list[Any]) -> list[Any]:
        """All that was returned as plain JSON of our own, or a _Failure. Never raises."""
        try:
            return self._plain(found)
        except BaseException:  # some are at fault
            return [each if isinstance(each, _Failure) else self._apart(each) for each in found]

    def _apart(self, found: Any) -> Any:
        try:
            return self._plain([found])[0]
        except BaseException as error:
            return self._failure(error)

    def _failure(self, error: BaseException) -> _Failure:
        unfit = isinstance(error, _Unfit)
        return _Failure(str(error) if unfit else error_location(error, self.enricher))

    def _plain(self, found: list[Any]) -> list[Any]:
        try:
            text = _ENCODER.encode(found)
            size = len(text.encode()) - len("[]")
        except (TypeError, ValueError, RecursionError):
            raise _Unfit("It returned what JSON cannot hold.") from None
        if size > LARGEST_RESULT:
            raise _Unfit(f"It returned more than {LARGEST_RESULT} bytes of JSON.")
        plain: list[Any] = _DECODER.decode(text)
        levels = MAX_DEPTH + 1  # with the list of all
        if text.count("[") + text.count("{") > levels and not _is_shallow(plain, levels):
            raise _Unfit(f"It returned what is nested deeper than {MAX_DEPTH} levels.")
        try:
            for each in plain:
                if each is not None:
                    self._check(each)
        except JsonSchemaValueException as error:
            raise _Unfit(f"It returned what breaks '{error.rule}' in its 'adds'.") from None
        return plain


_Work = tuple[_Step, list[int]]  # a step, and the numbers of the events that it is for
_Done = tuple[_Step, list[int], list[Any]]  # and what it added to each


class _Batch:
    """The calls that a batch needs, one after another, and how far they are."""

    def __init__(self, work: list[_Work], events: Sequence[Mapping[str, Any]]) -> None:
        self.work = work
        self._votes = [Vote.from_json(event["vote"]) for event in events]
        self._added: list[dict[str, Any]] = [dict(event["enrichment"]) for event in events]
        self.done: list[_Done] = []
        self.at = (0, 0, monotonic())  # the work, the event of those it is for, and since when

    def calls(self) -> Iterator[None]:
        """Make one call after another."""
        for step, numbers in self.work:
            found: list[Any] = []
            for number in numbers:
                self.at = (len(self.done), len(found), monotonic())
                found.append(step.call(self._votes[number], self._added[number]))
                yield
            found = step.plain(found)
            for number, result in zip(numbers, found, strict=True):
                if not isinstance(result, _Failure):
                    self._added[number][step.name] = result
            self.done.append((step, numbers, found))


class Enriching:
    """The enrichers of a function, and the thread they run in, kept from one batch to the next."""

    def __init__(self, enrichers: Sequence[Enricher]) -> None:
        self._steps = [_Step(enricher) for enricher in enrichers]
        self._idle: Worker | None = None
        self.required = {step.name for step in self._steps if step.enricher.required}

    def add(self, events: Sequence[dict[str, Any]], until: float) -> list[list[str]]:
        """Put what the enrichers know of each full vote into its event's `enrichment`.

        Returns for each event why it cannot go without an enricher that is required, as reasons of
        a VoteRejected. `until` is when to stop, on the monotonic clock.
        """
        reasons: list[list[str]] = [[] for _ in events]
        for step, numbers, results in self._results(events, until):
            for number, result in zip(numbers, results, strict=True):
                if isinstance(result, _Failure):
                    left_out(step.name, events[number]["eventID"], result.why)
                    if step.enricher.required:
                        reasons[number].append(f"enrichment.{step.name}: {result.why}")
                elif result is not None:
                    events[number]["enrichment"][step.name] = result
        return reasons

    def _results(self, events: Sequence[dict[str, Any]], until: float) -> Iterator[_Done]:
        full = [number for number, event in enumerate(events) if "voteType" in event["vote"]]
        rest: list[_Work] = [(step, full) for step in self._steps]
        while rest:
            hanging = [work for work in rest if work[0].hangs()]
            yield from _failed(hanging, f"{MOST_HUNG} calls of it hang.")
            rest = [work for work in rest if work[1] and work not in hanging]
            if monotonic() >= until:
                yield from _failed(rest, "No time was left for it.")
                return
            if not rest:
                return
            batch = _Batch(rest, events)
            try:
                done, index, late = self._worked(batch, until)
            except RuntimeError:  # so many threads run that there can be no other
                yield from _failed(rest, "No thread was left for it.")
                return
            yield from batch.done[:done]
            rest = rest[done:]
            if late:
                step, numbers = rest[0]
                # A new list: the worker that was left behind may still go through the old one.
                rest[0] = (step, numbers[:index] + numbers[index + 1 :])
                yield step, [numbers[index]], [late]

    def _worked(self, batch: _Batch, until: float) -> tuple[int, int, _Failure | None]:
        """How far a worker came with the calls: to the end, or to one that takes too long."""
        worker, self._idle = self._idle or Worker(), None
        worker.begin(batch.calls())
        seconds = min(step.enricher.timeout for step, _ in batch.work)
        while not worker.wait(min(seconds, until - monotonic())):
            done, index, began = batch.at
            step = batch.work[done][0]
            allowed = min(step.enricher.timeout, until - began)
            seconds = began + allowed - monotonic()
            if seconds < 0:
                worker.leave()
                step.left.append(worker)
                why = f"It took longer than {max(0.0, allowed):.3g} s."
                return done, index, _Failure(why)
        self._idle = worker
        return len(batch.work), 0, None


def _failed(rest: list[_Work], why: str) -> Iterator[_Done]:
    return ((step, numbers, [_Failure(why)] * len(numbers)) for step, numbers in rest)


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


def _is_shallow(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_mapping)
_DECODER = json.JSONDecoder(parse_int=_integer)
