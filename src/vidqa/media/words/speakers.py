"""Tell who says what: find the speakers of a clip, and label its words with them."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any

from vidqa.media.cues import clean_line
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.reader import Reader
from vidqa.media.speech.recognizer import Heard
from vidqa.media.speech.turns import TurnFinder, Turns, VoiceSource
from vidqa.media.stretches import Window
from vidqa.media.words.listening import Event, sound_blocks
from vidqa.media.words.request import WordRequest
from vidqa.system.cache import Cache, written
from vidqa.types import Cue, Word, Words

NOBODY = "no voices were found, so that nobody can be told apart"
ONE = "only one voice was heard"

KIND = "turns"
METHOD = 1
"""Version of the method; grows when the same sound gives other speakers."""
LIBRARIES = ("torch", "scipy", "faster-whisper", "av")

SHORTEST_S = 0.6
"""Seconds of a turn inside a sentence; in less time nobody else says something."""


def by_speaker(cue: Cue, turns: Turns, *, divides: bool = True) -> Iterator[Cue]:
    """Yield a cue with its speaker, or its parts where the speaker changes.

    A cue without the times of its words is not divided: whoever speaks in its middle says it.
    """
    if not (cue.words and turns.speakers and divides):
        yield replace(cue, speaker=turns.speaker_at((cue.start_s + cue.end_s) / 2))
        return
    speakers = _smoothed(cue.words, turns)
    if len(set(speakers)) == 1:
        yield replace(cue, speaker=speakers[0])
        return
    for speaker, pairs in groupby(zip(speakers, cue.words, strict=True), key=itemgetter(0)):
        words = [word for _, word in pairs]
        if text := clean_line("".join(word.text for word in words)):
            yield Cue(words[0].start_s, words[-1].end_s, text, tuple(words), speaker=speaker)


def _smoothed(words: Sequence[Word], turns: Turns) -> list[int | None]:
    """Return who says each word; turns that are too short go to the one before, or after."""
    heard = [turns.speaker_at((word.start_s + word.end_s) / 2) for word in words]
    runs = [(speaker, len(list(some))) for speaker, some in groupby(heard)]
    ends = list(accumulate(count for _, count in runs))
    lasts_s = [
        words[end - 1].end_s - words[end - count].start_s
        for (_, count), end in zip(runs, ends, strict=True)
    ]
    last = next(
        (speaker for (speaker, _), s in zip(runs, lasts_s, strict=True) if s >= SHORTEST_S),
        max(runs, key=itemgetter(1))[0],
    )
    smooth = list[int | None]()
    for (speaker, count), seconds in zip(runs, lasts_s, strict=True):
        last = speaker if seconds >= SHORTEST_S else last
        smooth += [last] * count
    return smooth


class SpeakerFinder:
    """Finds who speaks when in clips."""

    def __init__(
        self, reader: Reader, voices: VoiceSource | None, cache: Cache | None = None
    ) -> None:
        self._reader, self._voices, self._cache = reader, voices, cache
        self._listening = Lock()  # clip after clip: an encoder takes all the cores there are

    def stream(
        self, path: Path, request: WordRequest, window: Window
    ) -> Generator[Heard, None, Turns]:
        """Yield how far a stretch of a clip has been listened to; return who speaks when.

        Raises:
            ModelMissingError: what tells voices apart was not pulled.
            VideoError: the sound cannot be read.

        """
        assert self._voices is not None, "whoever asks for speakers says how voices are told apart"
        key: dict[str, Any] = {
            "window": window,
            "language": request.language,
            "audio_track": request.audio_track,
            "encoder": self._voices.revision,
            "method": METHOD,
            **{name: version(name) for name in LIBRARIES},
        }
        if self._cache is not None:
            key["fingerprint"] = known_fingerprint(path)
            if (known := self._cache.recall(KIND, key, Turns)) is not None:
                return known
        with self._listening:
            turns = yield from self._turns(path, request, window)
        if self._cache is not None and is_still(path, key["fingerprint"]):
            self._cache.put(KIND, key, written(turns), about=path.name)
        return turns

    def _turns(
        self, path: Path, request: WordRequest, window: Window
    ) -> Generator[Heard, None, Turns]:
        assert self._voices is not None
        finder: TurnFinder | None = None
        for block in sound_blocks(self._reader, path, request, window):
            finder = finder or TurnFinder(self._voices.load())  # where there is something to hear
            finder.add(block)
            yield Heard(block.end_s)
        return Turns() if finder is None else finder.turns()


def labelled(events: Iterator[Event], turns: Turns, *, divides: bool = True) -> Iterator[Event]:
    """Yield what is said with its speakers, and at last the `Words`.

    Args:
        events: what is said.
        turns: who speaks when.
        divides: whether the words of a cue are said in their order, as those of a translation are
            not.

    """
    cues = list[Cue]()
    for event in events:
        if isinstance(event, Cue):
            parts = list(by_speaker(event, turns, divides=divides))
            cues += parts
            yield from parts
        elif isinstance(event, Words):
            notes = {0: (NOBODY,), 1: (ONE,)}.get(turns.count, ()) if cues else ()
            yield replace(event, cues=tuple(cues), warnings=(*event.warnings, *notes))
        else:
            yield event
