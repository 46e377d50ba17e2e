"""Find what is said in a clip: read it where it is written, else listen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidqa.errors import NotEnoughMemoryError, UsageError, VidqaError
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.reader import Reader
from vidqa.media.screen.look import ScreenReader
from vidqa.media.speech.recognizer import Heard, Recognizer
from vidqa.media.speech.turns import VoiceSource
from vidqa.media.stretches import Window, within
from vidqa.media.words.listening import Event, Listener
from vidqa.media.words.on_screen import with_screen
from vidqa.media.words.request import WordRequest
from vidqa.media.words.saved import keep_words, kept_words, recognizer_key
from vidqa.media.words.speakers import SpeakerFinder, labelled
from vidqa.media.words.written import Found, find_written
from vidqa.system.cache import Cache
from vidqa.types import Words

FEW_LETTERS_A_SECOND = 2.0
"""Letters a second below which written words are hardly all that is said, for the whole length of
the clip: somebody who speaks says 12 to 15 (4 of Chinese)."""

MUCH_MORE = 3
"""What is heard is preferred then if it has so many times as many letters."""


class WordFinder:
    """Finds the words of clips: reads where there is something to read, else listens."""

    def __init__(
        self,
        reader: Reader,
        recognizer: Recognizer | None,
        *,
        missing: VidqaError | None = None,
        find: Callable[[], Recognizer] | None = None,
        cache: Cache | None = None,
        voices: VoiceSource | None = None,
    ) -> None:
        """Read and listen.

        Args:
            reader: reads clips and subtitles.
            recogniser: None if there is none.
            missing: says why there is none, once there is sound to hear.
            find: finds one when it is needed; raises ModelMissingError where there is none.
            cache: keeps what was heard, and what tracks inside clips say.
            voices: tells voices apart, where speakers are to be told.

        """
        self.reader = reader
        self.listener = Listener(reader, recognizer, missing=missing, find=find)
        self.cache = cache
        self._screen = ScreenReader(reader, cache)
        self._speakers = SpeakerFinder(reader, voices, cache)

    @property
    def recognizer(self) -> Recognizer | None:
        """The one that listens; None if there is none."""
        return self.listener.recognizer

    def words(self, path: Path, request: WordRequest, window: Window = (0.0, None)) -> Words:
        """Find all words within a stretch of a clip, at once. Raises as `stream` does."""
        words = Words("none")
        for event in self.stream(path, request, window):
            if isinstance(event, Words):
                words = event
        return words

    def stream(
        self, path: Path, request: WordRequest, window: Window = (0.0, None)
    ) -> Iterator[Event]:
        """Yield cues as they become known, in order of time, and at last the `Words`.

        Looked for in the file named, else beside the clip, else inside it, else in its sound; on
        the screen too if that is requested. All times count from where players begin, as those of
        subtitle files do (see `VideoInfo.lead_s`).

        Raises:
            UsageError: the subtitle file named cannot be used, or the recognizer does not know the
                language or cannot translate.
            VideoError: the clip cannot be read.
            NotEnoughMemoryError: listening to it needs more than there is.

        """
        outside = Found()
        if request.subtitles != "off":
            outside = find_written(self.reader, path, request, is_inside=False)
        on_screen = yield from self._screen.stream(path, request.screen_text, window)
        said = self._said(outside, path, request, window)
        if request.speakers:
            turns = yield from self._speakers.stream(path, request, window)
            said = labelled(said, turns, divides=request.task == "transcribe")
        yield from with_screen(on_screen, said)

    def _said(
        self, outside: Found, path: Path, request: WordRequest, window: Window
    ) -> Iterator[Event]:
        """Yield what is said: written outside the clip, or inside it, or heard."""
        if request.subtitles == "off":
            yield Words("off")
        elif outside.words is not None:
            yield from self._read(outside.words, outside.passed_over, path, request, window)
        else:
            yield from _with_warnings(outside.passed_over, self._cached(path, request, window))

    def _cached(self, path: Path, request: WordRequest, window: Window) -> Iterator[Event]:
        """Yield what the clip itself says: from an earlier time, else now, and then it is kept."""
        if self.cache is None:
            yield from self._inside(path, request, window)
            return
        key: dict[str, Any] = {
            "fingerprint": known_fingerprint(path),
            "wanted": request.key,
            "window": window,
            "recogniser": recognizer_key(self.recognizer),
        }
        words = kept_words(self.cache, key)
        if words is not None:
            yield from _all_at_once(words)
            return
        for event in self._inside(path, request, window):
            if isinstance(event, Words) and is_still(path, key["fingerprint"]):
                keep_words(self.cache, key, event, about=path.name)
            yield event

    def _inside(self, path: Path, request: WordRequest, window: Window) -> Iterator[Event]:
        """Yield what is written inside the clip, else what is heard."""
        found = find_written(self.reader, path, request, is_inside=True)
        if found.words is not None:
            yield from self._read(found.words, found.passed_over, path, request, window)
        else:
            yield from _with_warnings(found.passed_over, self._heard(path, request, window))

    def _read(
        self,
        words: Words,
        passed_over: tuple[str, ...],
        path: Path,
        request: WordRequest,
        window: Window,
    ) -> Iterator[Event]:
        """Yield what was read, unless it is little and far more is said."""
        written = within(words, window)
        is_asked_for = request.subtitles != "auto" or request.text_track is not None
        if is_asked_for or not self._is_little(words, path):
            yield from _all_at_once(written, passed_over)
            return
        if self.recognizer is None:
            yield from _all_at_once(_unheard(written, self.listener.missing), passed_over)
            return
        heard = Words("none")
        try:
            self.recognizer.check(request.language or words.language, request.task)
            for event in self._heard(path, request, window):
                if isinstance(event, Words):
                    heard = event
                elif isinstance(event, Heard):
                    yield event
        except (UsageError, NotEnoughMemoryError) as error:
            yield from _all_at_once(_unheard(written, error), passed_over)
            return
        if letters(heard) < MUCH_MORE * max(1, letters(written)):
            yield from _all_at_once(written, passed_over)
            return
        little = f"passed over: {words.detail} holds only {letters(words)} letters; more is said"
        yield from _all_at_once(heard, (*passed_over, little))

    def _is_little(self, words: Words, path: Path) -> bool:
        """Return whether so few words are hardly all that is said in a clip with sound."""
        sound = self.listener.sound_of(path)
        if sound is None or not sound.tracks:
            return False
        return letters(words) < FEW_LETTERS_A_SECOND * sound.duration_s

    def _heard(self, path: Path, request: WordRequest, window: Window) -> Iterator[Event]:
        """Listen; the sound is the same whether something to read was looked for before."""
        if request.subtitles == "speech":
            yield from self.listener.listen(path, request, window)
        else:
            speech = replace(request, subtitles="speech", text_track=None)
            yield from self._cached(path, speech, window)


def _with_warnings(warnings: tuple[str, ...], events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if isinstance(event, Words):
            event = replace(event, warnings=warnings + event.warnings)
        yield event


def _unheard(written: Words, missing: VidqaError | None) -> Words:
    """Add a warning to few words that the sound may hold more."""
    if missing is None:
        return written
    note = f"the words are few, and nobody could listen for more: {missing.message}"
    return replace(written, warnings=(*written.warnings, note))


def letters(words: Words) -> int:
    """Count letters and numerals, in any script."""
    return sum(character.isalnum() for cue in words.cues for character in cue.text)


def _all_at_once(words: Words, warnings: tuple[str, ...] = ()) -> Iterator[Event]:
    yield from words.cues
    yield replace(words, warnings=warnings + words.warnings)
