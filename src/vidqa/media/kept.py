"""What was heard in clips, kept on disk."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from vidqa.cache import Cache
from vidqa.media.transcribe import Recogniser
from vidqa.types import Cue, Word, Words

KIND = "heard"
METHOD = 3
"""Grows when the same sound is heard in another way."""
LIBRARIES = ("faster-whisper", "ctranslate2", "av")


def recogniser_key(recogniser: Recogniser | None) -> Mapping[str, Any] | None:
    """All of a recogniser that changes what it hears."""
    if recogniser is None:
        return None
    return {
        "name": recogniser.name,
        "revision": recogniser.model_dir.name,
        "compute_type": recogniser.place.compute_type,
        "batch": recogniser.place.batch,
        "method": METHOD,
        **{name: version(name) for name in LIBRARIES},
    }


def kept_words(cache: Cache, key: Mapping[str, Any]) -> Words | None:
    """Words that were heard before with the same key."""
    content = cache.get(KIND, key)
    if content is None:
        return None
    try:
        told = json.loads(content)
        cues = tuple(
            Cue(start_s, end_s, text, tuple(Word(*word) for word in words))
            for start_s, end_s, text, words in told.pop("cues")
        )
        return Words(cues=cues, warnings=tuple(told.pop("warnings")), **told)
    except (KeyError, TypeError, ValueError):  # of another version
        return None


def keep_words(cache: Cache, key: Mapping[str, Any], words: Words, *, about: str) -> None:
    """Keep what was heard."""
    told = asdict(words)
    told["cues"] = [(cue.start_s, cue.end_s, cue.text, cue.words) for cue in words.cues]
    cache.put(KIND, key, json.dumps(told).encode(), about=about)
