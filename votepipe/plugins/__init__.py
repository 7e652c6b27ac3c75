"""The marks that make a plain function a sink or an enricher, and what is checked of them.

A mark registers nothing: it puts a declaration on the function, as `.sink` or `.enricher`, from
which the template, the list of plugins and the library read what they need.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from votepipe.plugins import checks
from votepipe.plugins.declarations import (
    Declaration,
    Enricher,
    RateLimit,
    Resources,
    Sink,
    allow,
    error_location,
)

__all__ = [
    "Enricher",
    "EnricherFunction",
    "RateLimit",
    "Resources",
    "Sink",
    "allow",
    "declare_sink",
    "enricher",
    "error_location",
]

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class EnricherFunction(Protocol[P, R_co]):
    """A function marked as an enricher."""

    enricher: Enricher

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function as it was written."""
        ...


def declare_sink(function: Callable[..., Any], options: Mapping[str, Any]) -> Sink:
    """Check the options of `@sink` and its function. Raises PluginError."""
    declaration = Declaration.of(function, "handler", "@sink")
    checks.check_sink(declaration, options)
    wants_delivery = bool({"delivery", "deliveries"} & set(declaration.parameters))
    given = {**options, "events": tuple(options["events"])}
    return Sink(**declaration.described, **given, wants_delivery=wants_delivery)


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
    Raises PluginError where the options or the function cannot work.
    """
    options: dict[str, Any] = {
        "adds": adds,
        "needs": needs,
        "settings": settings,
        "required": required,
        "timeout": timeout,
    }

    def mark(function: Callable[P, R]) -> EnricherFunction[P, R]:
        declaration = Declaration.of(function, "enrich", "@enricher")
        checks.check_enricher(declaration, options)
        marked = cast(EnricherFunction[P, R], function)
        marked.enricher = Enricher(**declaration.described, **(options | {"needs": tuple(needs)}))
        return marked

    return mark
