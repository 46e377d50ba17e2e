"""Load, watch, ask: the only place where pictures, words and model meet."""

from vidqa.engine.clip import Clip
from vidqa.engine.loading import identify, load, open_folder
from vidqa.engine.model import Model

__all__ = ["Clip", "Model", "identify", "load", "open_folder"]
