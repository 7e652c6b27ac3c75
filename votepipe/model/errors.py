"""Every error votepipe raises on purpose, named after what to do next.

    VotepipeError
    ├── SettingsError        a setting is missing or malformed: set it, the text says where
    ├── PluginError          a sink or enricher breaks its contract: fix that file
    ├── InvalidAttribute     a stored attribute is not DynamoDB JSON: fix the writer
    ├── InvalidEvent         what arrived is not one of our events: fix the sender
    └── DeliveryError        a sink could not deliver
        ├── Skip             nothing to deliver for this event: go on, and mark nothing
        ├── TryLater         not now: put the message back for `after` seconds
        ├── Temporary        trying again may work: time-outs, disconnects, 5xx
        └── Undeliverable    trying again cannot work: to the dead letters, at once

A text says the fact, the place and the next step, and never holds a payload, a secret or an
address with a path.
Texts of these errors are logged; of any other exception only its class and line are.
"""

from votepipe.model.text import clean

MAX_REASONS = 20  # that one VoteRejected carries; the rest is only counted
_MAX_PATH = 120


class VotepipeError(Exception):
    """The base of all; its text is fit for logs and for people."""


class SettingsError(VotepipeError):
    """A setting is missing or malformed."""


class PluginError(VotepipeError):
    """A sink or enricher module breaks the plugin contract."""


class InvalidAttribute(VotepipeError):
    """A value is not DynamoDB JSON."""


class InvalidEvent(VotepipeError):
    """A message does not hold one of votepipe's events."""


class DeliveryError(VotepipeError):
    """A sink could not deliver an event."""


class Skip(DeliveryError):
    """There is nothing to deliver for this event; it counts as handled and is not marked."""


class TryLater(DeliveryError):
    """Put the message back and deliver it again after a while.

    `after` is in seconds, at least 0; anything over the 12 hours that SQS allows is cut to them.
    `why` is logged.
    """

    def __init__(self, why: str = "The receiver asked to wait.", *, after: float) -> None:
        super().__init__(why)
        self.after = max(0.0, float(after))


class Temporary(DeliveryError):
    """The receiver failed in a way that may pass; the message is tried again with back-off."""


class Undeliverable(DeliveryError):
    """Trying again cannot help; the message goes to the dead letters with this text as reason."""


def reason(path: str, rule: str) -> str:
    """Why a record is rejected, in one line: where and which rule, never a value.

    Field names come from outside, so the path is cut and cleaned.
    """
    return f"{clean(path, _MAX_PATH)}: {rule}"


def below(path: str, name: str) -> str:
    """The path of a member; its name is cut at once, or deep paths would fill the memory."""
    return f"{path}.{name[:_MAX_PATH]}"


def first_reasons(reasons: list[str]) -> list[str]:
    """Keep what fits into an event, and say how many more there were."""
    if len(reasons) <= MAX_REASONS:
        return reasons
    return [*reasons[: MAX_REASONS - 1], f"and {len(reasons) - MAX_REASONS + 1} more"]
