"""Load, watch, ask: the only place where pictures, words and model meet."""

from vidqa.engine.clip import Clip
from vidqa.engine.model import Model, load, open_folder

__all__ = ["Clip", "Model", "load", "open_folder"]
