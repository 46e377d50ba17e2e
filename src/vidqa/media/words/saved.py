"""Cache recognised speech on disk."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from vidqa.media.speech.recognizer import Recognizer
from vidqa.system.cache import Cache, written
from vidqa.types import Words

KIND = "heard"
METHOD = 3
"""Version of the method; grows when the same sound gives other words."""
LIBRARIES = ("faster-whisper", "ctranslate2", "av")


def recognizer_key(recognizer: Recognizer | None) -> Mapping[str, Any] | None:
    """Return the settings of a recognizer that change its result, as a cache key."""
    if recognizer is None:
        return None
    return {
        "name": recognizer.name,
        "revision": recognizer.model_dir.name,
        "compute_type": recognizer.place.compute_type,
        "batch": recognizer.place.batch,
        "method": METHOD,
        **{name: version(name) for name in LIBRARIES},
    }


def kept_words(cache: Cache, key: Mapping[str, Any]) -> Words | None:
    """Return the words cached with the same key; None if there are none."""
    return cache.recall(KIND, key, Words)


def keep_words(cache: Cache, key: Mapping[str, Any], words: Words, *, about: str) -> None:
    """Cache recognised words."""
    cache.put(KIND, key, written(words), about=about)
