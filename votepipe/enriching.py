"""Run the enrichers on a vote, so that none of them can harm it or its event.

One that fails, or is too slow, is logged, counted and left out. Where it is required, the event
cannot go without it.
"""

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any

from fastjsonschema import JsonSchemaValueException

from votepipe import settings as plugin_settings
from votepipe.attributes import MAX_DEPTH
from votepipe.enrichers import checker
from votepipe.errors import SettingsError
from votepipe.events import Vote, frozen
from votepipe.logs import log
from votepipe.outcomes import place_of
from votepipe.plugins import Enricher
from votepipe.workers import TooSlow, Worker

LARGEST_RESULT = 50_000  # bytes; half of an event
MOST_HUNG = 3  # calls of one enricher that may hang before it is no longer called

_LONGEST_INTEGER = 16  # signs, as in 2^53, beyond which consumers lose digits


@dataclass(frozen=True)
class _Failure:
    """Why there is no result, in words that are fit for logs."""

    why: str


class _Unfit(Exception):
    """A result cannot go into an event; the text says why, without a value."""


@dataclass
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
            self.left = [worker for worker in self.left if worker.at_work]
        return len(self.left) >= MOST_HUNG

    def result(self, vote: Vote, added: Mapping[str, Any]) -> Any:
        """What it adds, as plain JSON of our own; None when nothing; a _Failure. Never raises."""
        arguments = {need: frozen(added.get(need)) for need in self.enricher.needs}
        try:
            if self.enricher.settings:
                arguments["settings"] = self._settings(self.enricher.settings)
            found = self.enricher.function(vote, **arguments)
            return None if found is None else self._plain(found)
        except _Unfit as error:
            return _Failure(str(error))
        except BaseException as error:  # SystemExit too, which would end the thread
            return _Failure(place_of(error, self.enricher))

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


class Enriching:
    """The enrichers of a function, and the thread they run in, kept from one batch to the next."""

    def __init__(self, enrichers: Sequence[Enricher]) -> None:
        self._steps = [_Step(enricher) for enricher in enrichers]
        self._worker: Worker[Any] | None = None
        self.required = {step.name for step in self._steps if step.enricher.required}

    def add(self, event: dict[str, Any], until: float) -> list[str]:
        """Put what the enrichers know of `event["vote"]` under `event["enrichment"]`.

        Returns why the event cannot go without an enricher that is required, as reasons of a
        VoteRejected. `until` is when to stop, on the monotonic clock.
        """
        added = event["enrichment"]
        reasons = []
        for name, result in self._results(event["vote"], added, until):
            if isinstance(result, _Failure):
                left_out(name, event["eventID"], result.why)
                if name in self.required:
                    reasons.append(f"enrichment.{name}: {result.why}")
            elif result is not None:
                added[name] = result
        return reasons

    def _results(
        self, vote: Mapping[str, Any], added: Mapping[str, Any], until: float
    ) -> Iterator[tuple[str, Any]]:
        rest: deque[_Step] = deque()
        for step in self._steps:
            if step.hangs():
                yield step.name, _Failure(f"{MOST_HUNG} calls of it hang.")
            else:
                rest.append(step)
        seen = Vote.from_json(vote)
        while rest:
            worker = self._worker = self._worker or Worker()
            worker.begin(_ahead(list(rest), seen, dict(added)))
            while rest and self._worker:
                step = rest.popleft()
                seconds = max(0.0, min(step.enricher.timeout, until - monotonic()))
                try:
                    result = worker.take(seconds)
                except TooSlow:
                    step.left.append(worker)
                    self._worker = None
                    result = _Failure(f"It took longer than {seconds:.3g} s.")
                yield step.name, result


def _ahead(steps: Sequence[_Step], vote: Vote, added: dict[str, Any]) -> Iterator[Any]:
    """The result of each step; runs in the worker, on its own copy of what was added."""
    for step in steps:
        result = step.result(vote, added)
        if not isinstance(result, _Failure):
            added[step.name] = result
        yield result


def left_out(name: str, event_id: str, why: str) -> None:
    """Log and count that an event goes without what this enricher adds."""
    log(
        "enricher left out",
        level="WARNING",
        metrics={"LeftOut": (1, "Count")},
        dimension="enricher",
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
