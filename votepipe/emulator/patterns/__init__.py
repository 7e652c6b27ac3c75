"""Event patterns matched as EventBridge and its pipes match them.

docs/patterns.md says what they mean.
"""

from votepipe.emulator.patterns.document import InvalidPattern, UnreadableEvent
from votepipe.emulator.patterns.explain import BranchReport, Explanation, FieldReport, explain
from votepipe.emulator.patterns.pattern import Pattern, compile, matches  # noqa: A004 - as re.compile

__all__ = [
    "BranchReport",
    "Explanation",
    "FieldReport",
    "InvalidPattern",
    "Pattern",
    "UnreadableEvent",
    "compile",
    "explain",
    "matches",
]
