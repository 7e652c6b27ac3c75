"""Votes from a DynamoDB stream to where people look: what authors of plugins import.

See docs/plugins.md. `votepipe.http` posts to a receiver with the right outcome for each answer.
"""

from votepipe.deliveries import Delivery
from votepipe.errors import Temporary, TryLater, Undeliverable
from votepipe.events import Event, Vote
from votepipe.logs import log
from votepipe.plugins import enricher, sink
from votepipe.settings import Secret, setting
from votepipe.text import clean

__all__ = [
    "Delivery",
    "Event",
    "Secret",
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
