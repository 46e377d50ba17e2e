"""What is cached of a clip depends on these versions."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

METHOD = 1
"""Version of how frames are read and encoded; a change makes older entries unused."""
LIBRARIES = ("vidqa", "torch", "transformers", "av", "decord2", "pillow")


def sight_key(**settings: Any) -> Mapping[str, Any]:
    """Return the cache key of what is seen: the caller's settings and the versions in use."""
    return {**settings, "method": METHOD, **{name: version(name) for name in LIBRARIES}}
