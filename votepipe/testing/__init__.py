"""The test kit that plugin authors import; never deployed. See docs/testing.md.

`Pipeline` runs the whole pipeline in one process on a clock of its own; with pytest, the fixture
`pipeline` is one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from votepipe.emulator.http.receiver import Answer, Request
    from votepipe.emulator.simulation.errors import KitError, Unmodelled
    from votepipe.testing.account import Account
    from votepipe.testing.messages import Message
    from votepipe.testing.pipeline import Pipeline

__all__ = ["Account", "Answer", "KitError", "Message", "Pipeline", "Request", "Unmodelled"]

# Imported when first used: the pytest plugin beside this file is loaded in every test run.
_HOMES = {
    "Account": "votepipe.testing.account",
    "Answer": "votepipe.emulator.http.receiver",
    "KitError": "votepipe.emulator.simulation.errors",
    "Message": "votepipe.testing.messages",
    "Pipeline": "votepipe.testing.pipeline",
    "Request": "votepipe.emulator.http.receiver",
    "Unmodelled": "votepipe.emulator.simulation.errors",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
