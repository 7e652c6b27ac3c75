"""From SQS messages to a sink and back: `@sink` makes the function that Lambda calls.

`deliver` is what that function does with a batch of messages.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from votepipe import aws
from votepipe.delivery.deliver import deliver
from votepipe.delivery.leases import Delivery
from votepipe.delivery.outcomes import Delivered
from votepipe.plugins import RateLimit, Resources, Sink, declare_sink
from votepipe.plugins.declarations import Idempotent
from votepipe.plugins.fields import fields

__all__ = ["Delivered", "Delivery", "SinkFunction", "sink"]

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class SinkFunction(Protocol[P, R_co]):
    """A function marked as a sink: called as written, or by Lambda with a batch of messages."""

    sink: Sink

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
    idempotent: Idempotent = "vote",
    rate_limit: RateLimit | None = None,
    max_attempts: int = 12,
    resources: Resources | None = None,
    enabled: bool = True,
) -> Callable[[Callable[P, R]], SinkFunction[P, R]]:
    """Mark `handler(event, settings)` as what takes events somewhere.

    `events` are the detail-types it gets; `where` is an event pattern for their detail; `settings`
    is a dataclass of `setting(…)`s, without which the function takes the event alone.
    With `schedule`, `cron(0 8 * * ? *)` or `rate(1 day)`, it gets a ScheduledEvent at these times
    instead; that is the default of the template parameter `…Schedule`, and `…Timezone` sets its
    time zone.
    With `batch` it gets a list of events, delivered all or none, or those in the `Delivered` that
    it returns.
    `idempotent` is "vote" where an older state of a vote must not follow a newer one, "event" where
    each event stands for itself; with None the library records no deliveries, for a sink that
    keeps its own record, or whose receiver recognizes duplicates.
    `rate_limit` is for receivers that take so many calls a second; see RateLimit.
    `max_attempts` is how often a message may fail before it goes to the dead letters; `resources`
    is what the template gives the function; see Resources.
    `enabled` is the default of the template parameter `…Enabled`, which switches the sink on.
    A parameter named `delivery` receives its Delivery; with `batch` one named `deliveries` receives
    a list of them, in the order of the events.

    Return when it is delivered, with the receiver's id of it if there is one (a text); raise Skip,
    TryLater, Undeliverable, or anything else for another attempt.
    Raises PluginError where the options or the function cannot work.
    """
    options = {
        "events": events,
        "schedule": schedule,
        "where": where,
        "settings": settings,
        "batch": batch,
        "idempotent": idempotent,
        "rate_limit": rate_limit,
        "max_attempts": max_attempts,
        "resources": resources or Resources(),
        "enabled": enabled,
    }

    def mark(function: Callable[P, R]) -> SinkFunction[P, R]:
        declared = declare_sink(function, options)
        if settings and any(field.kind == "secret" for field in fields(settings, declared.name)):
            aws.prepare("secretsmanager")

        @functools.wraps(function)
        def handler(*args: P.args, **kwargs: P.kwargs) -> Any:
            if args and isinstance(args[0], dict) and "Records" in args[0]:
                context = args[1] if len(args) > 1 else None
                return deliver(declared, args[0]["Records"], context)
            return function(*args, **kwargs)

        marked = cast(SinkFunction[P, R], handler)
        marked.sink = declared
        return marked

    return mark
