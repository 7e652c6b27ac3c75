"""Votes from a DynamoDB stream to where people look: what authors of plugins import.

See docs/plugins.md. `votepipe.http` posts to a receiver with the right outcome for each answer.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from votepipe.aws.logs import log as log
    from votepipe.aws.secrets import Secret as Secret
    from votepipe.delivery import Delivery as Delivery
    from votepipe.delivery import sink as sink
    from votepipe.model.errors import Skip as Skip
    from votepipe.model.errors import Temporary as Temporary
    from votepipe.model.errors import TryLater as TryLater
    from votepipe.model.errors import Undeliverable as Undeliverable
    from votepipe.model.events import Event as Event
    from votepipe.model.events import ScheduledEvent as ScheduledEvent
    from votepipe.model.events import Vote as Vote
    from votepipe.model.text import clean as clean
    from votepipe.plugins import enricher as enricher
    from votepipe.plugins.fields import setting as setting

# Each name is imported when it is first asked for: enrichment needs no deliveries.
_HOMES = {
    "Delivery": "delivery",
    "Event": "model.events",
    "ScheduledEvent": "model.events",
    "Secret": "aws.secrets",
    "Skip": "model.errors",
    "Temporary": "model.errors",
    "TryLater": "model.errors",
    "Undeliverable": "model.errors",
    "Vote": "model.events",
    "clean": "model.text",
    "enricher": "plugins",
    "log": "aws.logs",
    "setting": "plugins.fields",
    "sink": "delivery",
}
__all__ = [*_HOMES]

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        value = getattr(importlib.import_module(f"votepipe.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
