"""The test kit that plugin authors import; never deployed. See docs/testing.md.

`Pipeline` runs the whole pipeline in one process on a clock of its own; with pytest, the fixture
`pipeline` is one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from votepipe.testing.errors import KitError, Unmodelled
    from votepipe.testing.incoming import Request
    from votepipe.testing.messages import Message
    from votepipe.testing.pipeline import Pipeline
    from votepipe.testing.receiver import Answer

__all__ = ["Answer", "KitError", "Message", "Pipeline", "Request", "Unmodelled"]

# Imported when first used: the pytest plugin beside this file is loaded in every test run.
_HOMES = {
    "Answer": "receiver",
    "KitError": "errors",
    "Message": "messages",
    "Pipeline": "pipeline",
    "Request": "incoming",
    "Unmodelled": "errors",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
