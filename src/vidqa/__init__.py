"""Ask questions about video files, on your own machine.

    import vidqa

    model = vidqa.load("starter")
    clip = model.watch("clip.mp4")
    print(clip.ask("What happens?").text)

Importing this module is cheap: torch and the decoders come in with `load`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vidqa.system.version import __version__

if TYPE_CHECKING:
    from vidqa import errors
    from vidqa.engine import Clip, Model, RemoteModel, connect, load
    from vidqa.errors import VidqaError
    from vidqa.media.sampling.samplers import Sampling
    from vidqa.media.viewing import Viewing
    from vidqa.models.pull import pull
    from vidqa.tasks.folders.clip_list import find_clips
    from vidqa.types import Answer, Cue, PromptView, Segment, TextDelta
    from vidqa.types.generation import GenerationSettings
    from vidqa.types.loading import LoadSettings
    from vidqa.types.summaries import SummarySettings

__all__ = [
    "Answer",
    "Clip",
    "Cue",
    "GenerationSettings",
    "LoadSettings",
    "Model",
    "PromptView",
    "RemoteModel",
    "Sampling",
    "Segment",
    "SummarySettings",
    "TextDelta",
    "VidqaError",
    "Viewing",
    "__version__",
    "connect",
    "errors",
    "find_clips",
    "load",
    "pull",
]

_HOMES = {
    "Answer": "vidqa.types",
    "Clip": "vidqa.engine",
    "Cue": "vidqa.types",
    "GenerationSettings": "vidqa.types.generation",
    "LoadSettings": "vidqa.types.loading",
    "Model": "vidqa.engine",
    "PromptView": "vidqa.types",
    "RemoteModel": "vidqa.engine",
    "Sampling": "vidqa.media.sampling.samplers",
    "Segment": "vidqa.types",
    "SummarySettings": "vidqa.types.summaries",
    "TextDelta": "vidqa.types",
    "VidqaError": "vidqa.errors",
    "Viewing": "vidqa.media.viewing",
    "connect": "vidqa.engine",
    "find_clips": "vidqa.tasks.folders.clip_list",
    "load": "vidqa.engine",
    "pull": "vidqa.models.pull",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "errors":
        return import_module("vidqa.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'vidqa' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
