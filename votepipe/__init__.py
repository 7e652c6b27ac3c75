"""Votes from a DynamoDB stream to where people look: what authors of plugins import.

See docs/plugins.md. `votepipe.http` posts to a receiver with the right outcome for each answer.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from votepipe.deliveries import Delivery
    from votepipe.errors import Skip, Temporary, TryLater, Undeliverable
    from votepipe.events import Event, Vote
    from votepipe.logs import log
    from votepipe.moments import Moment
    from votepipe.plugins import enricher, sink
    from votepipe.plugins.fields import setting
    from votepipe.secret import Secret
    from votepipe.text import clean

__all__ = [
    "Delivery",
    "Event",
    "Moment",
    "Secret",
    "Skip",
    "Temporary",
    "TryLater",
    "Undeliverable",
    "Vote",
    "clean",
    "enricher",
    "log",
    "setting",
    "sink",
]

# Each name is imported when it is first asked for: enrichment needs no deliveries.
_HOMES = {
    "Delivery": "deliveries",
    "Event": "events",
    "Moment": "moments",
    "Secret": "secret",
    "Skip": "errors",
    "Temporary": "errors",
    "TryLater": "errors",
    "Undeliverable": "errors",
    "Vote": "events",
    "clean": "text",
    "enricher": "plugins",
    "log": "logs",
    "setting": "plugins.fields",
    "sink": "plugins",
}

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        value = getattr(importlib.import_module(f"votepipe.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
