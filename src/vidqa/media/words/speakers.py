"""Tell who says what: find the speakers of a clip, and label its words with them."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.reader import Reader
from vidqa.media.speech.audio import audio_blocks
from vidqa.media.speech.recognizer import Heard
from vidqa.media.speech.turns import TurnFinder, Turns, Voices
from vidqa.media.stretches import Window
from vidqa.media.words.listening import Event
from vidqa.media.words.request import WordRequest
from vidqa.system.cache import Cache, read_back, written
from vidqa.types import Cue, Word, Words

NOBODY = "no voices were found, so that nobody can be told apart"
ONE = "only one voice was heard"

KIND = "turns"
METHOD = 1
"""Version of the method; grows when the same sound gives other speakers."""
LIBRARIES = ("torch", "scipy", "faster-whisper", "av")

SHORTEST_S = 0.6
"""Seconds of a turn inside a sentence; in less time nobody else says something."""


def by_speaker(cue: Cue, turns: Turns) -> Iterator[Cue]:
    """Yield a cue with its speaker, or its parts where the speaker changes.

    A cue without the times of its words is not divided: whoever speaks in its middle says it.
    """
    if not cue.words or not turns.speakers:
        yield replace(cue, speaker=turns.speaker_at((cue.start_s + cue.end_s) / 2))
        return
    speakers = _smoothed(
        cue, [turns.speaker_at((one.start_s + one.end_s) / 2) for one in cue.words]
    )
    for speaker, pairs in groupby(zip(speakers, cue.words, strict=True), key=lambda one: one[0]):
        yield _part(cue, [word for _, word in pairs], speaker)


def _smoothed(cue: Cue, speakers: list[int | None]) -> list[int | None]:
    """Give turns that are too short to those before or after them."""
    smooth = list(speakers)
    begin = 0
    for _, some in groupby(speakers):
        end = begin + len(list(some))
        lasts_s = cue.words[end - 1].end_s - cue.words[begin].start_s
        if lasts_s < SHORTEST_S and end - begin < len(speakers):
            other = smooth[begin - 1] if begin else speakers[end]
            smooth[begin:end] = [other] * (end - begin)
        begin = end
    return smooth


def _part(cue: Cue, words: list[Word], speaker: int | None) -> Cue:
    if len(words) == len(cue.words):
        return replace(cue, speaker=speaker)
    text = " ".join("".join(word.text for word in words).split())
    return replace(
        cue,
        start_s=words[0].start_s,
        end_s=words[-1].end_s,
        text=text,
        words=tuple(words),
        speaker=speaker,
    )


class SpeakerFinder:
    """Finds who speaks when in clips."""

    def __init__(
        self, reader: Reader, find: Callable[[], Voices] | None, cache: Cache | None = None
    ) -> None:
        self._reader, self._find, self._cache = reader, find, cache

    def stream(
        self, path: Path, request: WordRequest, window: Window
    ) -> Generator[Heard, None, Turns]:
        """Yield how far a stretch of a clip has been listened to; return who speaks when.

        Raises:
            ModelMissingError: what tells voices apart was not pulled.
            VideoError: the sound cannot be read.

        """
        key: dict[str, Any] = {
            "window": window,
            "language": request.language,
            "audio_track": request.audio_track,
            "method": METHOD,
            **{name: version(name) for name in LIBRARIES},
        }
        if self._cache is not None:
            key["fingerprint"] = known_fingerprint(path)
            if (known := _kept(self._cache, key)) is not None:
                return known
        assert self._find is not None, "whoever asks for speakers says how voices are told apart"
        finder = TurnFinder(self._find())
        blocks = self._reader.stream(
            path,
            audio_blocks,
            path,
            start_s=window[0],
            end_s=window[1],
            language=request.language,
            track=request.audio_track,
        )
        for block in blocks:
            finder.add(block)
            yield Heard(block.end_s)
        turns = finder.turns()
        if self._cache is not None and is_still(path, key["fingerprint"]):
            self._cache.put(KIND, key, written(turns), about=path.name)
        return turns


def _kept(cache: Cache, key: dict[str, Any]) -> Turns | None:
    content = cache.get(KIND, key)
    if content is None:
        return None
    try:
        return read_back(Turns, content)
    except ValueError:  # of another version
        return None


def labelled(events: Iterator[Event], turns: Turns) -> Iterator[Event]:
    """Yield what is said with its speakers, and at last the `Words`."""
    cues = list[Cue]()
    for event in events:
        if isinstance(event, Cue):
            parts = list(by_speaker(event, turns))
            cues += parts
            yield from parts
        elif isinstance(event, Words):
            notes = {0: (NOBODY,), 1: (ONE,)}.get(turns.count, ()) if cues else ()
            yield replace(event, cues=tuple(cues), warnings=(*event.warnings, *notes))
        else:
            yield event
