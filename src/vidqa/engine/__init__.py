"""Load, watch, ask: the only place where pictures, words and model meet.

Importing this package is cheap: torch comes in with the first name that needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vidqa.engine.clip import Clip
    from vidqa.engine.loading import identify, load, open_folder
    from vidqa.engine.model import Model
    from vidqa.engine.remote.connect import RemoteModel, connect

__all__ = ["Clip", "Model", "RemoteModel", "connect", "identify", "load", "open_folder"]

_HOMES = {
    "Clip": "vidqa.engine.clip",
    "Model": "vidqa.engine.model",
    "RemoteModel": "vidqa.engine.remote.connect",
    "connect": "vidqa.engine.remote.connect",
    "identify": "vidqa.engine.loading",
    "load": "vidqa.engine.loading",
    "open_folder": "vidqa.engine.loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
