"""The marks that make a plain function a sink or an enricher, and what is checked of them.

A mark registers nothing: it puts a description on the function, as `.sink` or `.enricher`, from
which the template, the list of plugins and the library read what they need.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from votepipe.plugins import checks
from votepipe.plugins.declarations import Site

_MOST_RECEIVES = 1000  # SQS takes no more

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Sink:
    """All that is known of a sink: what `@sink` was told, and where it stands.

    `name` is its module's; `file` and `summary` (the module docstring's first line) are for people.
    `wants_delivery` tells that the function asks for a `delivery`, or `deliveries` of a batch.
    """

    name: str
    module: str
    file: str
    summary: str
    function: Callable[..., Any]
    events: tuple[str, ...]
    schedule: str | None
    where: Mapping[str, Any] | None
    settings: type | None
    batch: bool
    ordered: bool
    claims: bool
    wants_delivery: bool
    timeout: int
    memory: int
    batch_size: int
    concurrency: int
    window: int
    pace: float | str | None
    gather: Callable[[Any, Any], str | None] | None
    fleeting: tuple[str, ...]
    tries: int
    policies: tuple[Mapping[str, Any], ...]
    environment: Mapping[str, Any]

    @property
    def most_receives(self) -> int:
        """How often a message may be received: waiting for its turn takes receives as well."""
        return min(10 * self.tries, _MOST_RECEIVES)


@dataclass(frozen=True, kw_only=True)
class Enricher:
    """All that is known of an enricher: what `@enricher` was told, and where it stands."""

    name: str
    module: str
    file: str
    summary: str
    function: Callable[..., Any]
    adds: Mapping[str, Any]
    needs: tuple[str, ...]
    settings: type | None
    required: bool
    timeout: float


class SinkFunction(Protocol[P, R_co]):
    """A function marked as a sink: called as written, or by Lambda with a batch of messages."""

    sink: Sink

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function as it was written."""
        ...


class EnricherFunction(Protocol[P, R_co]):
    """A function marked as an enricher."""

    enricher: Enricher

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function as it was written."""
        ...


def sink(
    *,
    events: Sequence[str] = (),
    schedule: str | None = None,
    where: Mapping[str, Any] | None = None,
    settings: type | None = None,
    batch: bool = False,
    ordered: bool = True,
    claims: bool = True,
    timeout: int = 60,
    memory: int = 256,
    batch_size: int = 10,
    concurrency: int = 2,
    window: int = 0,
    pace: float | str | None = None,
    gather: Callable[[Any, Any], str | None] | None = None,
    fleeting: Sequence[str] = (),
    tries: int = 12,
    policies: Sequence[Mapping[str, Any]] = (),
    environment: Mapping[str, Any] | None = None,
) -> Callable[[Callable[P, R]], SinkFunction[P, R]]:
    """Mark `handler(event, settings)` as what takes events somewhere.

    `events` are the types it gets; `where` is an event pattern for their detail; `settings` is a
    dataclass of `setting(…)`s, without which the function takes the event alone.
    With `schedule` it is `handler(moment, settings)`, called at these times instead of for events:
    `cron(0 8 * * ? *)` or `rate(1 day)`, the default of the template parameter `…Schedule`; the
    parameter `…Timezone` tells whose eight o'clock. A moment is delivered once, as an event is.
    With `batch` it gets a list of events, delivered all or none, or those in the
    `votepipe.delivery.leases.Delivered` that it returns. A batch is up to `batch_size` events that
    came within `window` seconds; with `gather(event, settings)` only those for which it returns the
    same text come together, and it may raise Skip.
    With `pace` the function is called at most once in so many seconds, however many processes run,
    or in as many as the setting of that name says, 0 for no pace;
    what must wait is put back until its turn, except events of the types in `fleeting`, which are
    skipped when a newer one is at hand or their turn is far. A TryLater makes all the others wait.
    With `ordered` an event older than one already delivered for its vote is skipped; without, only
    an event that was itself delivered is. Without `claims` the deliveries table is left alone: for
    a sink that keeps its own account of what it did.
    `timeout` is in seconds, `memory` in MB; `tries` is how often a message may fail before it goes
    to the dead letters; `policies` are IAM statements for what it calls in AWS, `environment` more
    variables for it, both as the template would have them.
    A parameter named `delivery` receives a `Delivery`; with `batch` one named `deliveries` receives
    a list of them, as the events stand.

    Return when it is delivered, with the receiver's id of it if there is one (a text); raise Skip,
    TryLater, Undeliverable, or anything else to have it tried again.
    """
    options: dict[str, Any] = {
        "events": events,
        "schedule": schedule,
        "where": where,
        "settings": settings,
        "batch": batch,
        "ordered": ordered,
        "claims": claims,
        "timeout": timeout,
        "memory": memory,
        "batch_size": batch_size,
        "concurrency": concurrency,
        "window": window,
        "pace": pace,
        "gather": gather,
        "fleeting": fleeting,
        "tries": tries,
        "policies": policies,
        "environment": environment or {},
    }

    def mark(function: Callable[P, R]) -> SinkFunction[P, R]:
        site = Site.of(function, "handler", "@sink")
        checks.check_sink(site, options)
        frozen = {
            "events": tuple(events),
            "policies": tuple(policies),
            "fleeting": tuple(fleeting),
        }
        wants_delivery = bool({"delivery", "deliveries"} & set(site.parameters))
        described = Sink(**site.described, **(options | frozen), wants_delivery=wants_delivery)
        return _callable_by_lambda(function, described)

    return mark


def _callable_by_lambda(function: Callable[P, R], described: Sink) -> SinkFunction[P, R]:
    from votepipe import delivery  # here: enrichers import this module, and need none of it

    @functools.wraps(function)
    def handler(*args: P.args, **kwargs: P.kwargs) -> Any:
        if args and isinstance(args[0], dict) and "Records" in args[0]:
            context = args[1] if len(args) > 1 else None
            return delivery.deliver(described, args[0], context)
        return function(*args, **kwargs)

    marked = cast(SinkFunction[P, R], handler)
    marked.sink = described
    return marked


def enricher(
    *,
    adds: Mapping[str, Any],
    needs: Sequence[str] = (),
    settings: type | None = None,
    required: bool = False,
    timeout: float = 0.5,
) -> Callable[[Callable[P, R]], EnricherFunction[P, R]]:
    """Mark `enrich(vote, …)` as what adds facts to a vote's event.

    `adds` is the JSON Schema of what it returns, which lands under `enrichment.<its name>`; None
    adds nothing. Mark with `"x-personal": True` what may name a person.
    `needs` names enrichers that run before; what they added comes as keyword arguments by those
    names (None where they added nothing), and `settings=` when `settings` is declared; these
    cannot hold secrets.
    It is left out when it fails or takes longer than `timeout` seconds; with `required` the event
    is then a VoteRejected.
    """
    options: dict[str, Any] = {
        "adds": adds,
        "needs": needs,
        "settings": settings,
        "required": required,
        "timeout": timeout,
    }

    def mark(function: Callable[P, R]) -> EnricherFunction[P, R]:
        site = Site.of(function, "enrich", "@enricher")
        checks.check_enricher(site, options)
        marked = cast(EnricherFunction[P, R], function)
        marked.enricher = Enricher(**site.described, **(options | {"needs": tuple(needs)}))
        return marked

    return mark
