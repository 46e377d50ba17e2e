"""What is said in a clip, from the best source there is."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from vidqa.errors import (
    DecoderError,
    ModelMissingError,
    NotAVideoError,
    NotEnoughMemoryError,
    UsageError,
    VidqaError,
    anew,
)
from vidqa.media.container.open_media import quoted
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.languages import ENGLISH, is_auto, language_of, read_language
from vidqa.media.reader import Reader
from vidqa.media.speech.audio import AudioBlock, audio_blocks, probe_sound
from vidqa.media.speech.recognizer import Heard, Recogniser, Task
from vidqa.media.stretches import Window, within
from vidqa.media.words.saved import keep_words, kept_words, recogniser_key
from vidqa.media.words.sidecars import look_beside, spoken_in
from vidqa.media.words.subtitle_file import SubtitleFile, read_subtitles
from vidqa.media.words.telemetry import READINGS, is_telemetry
from vidqa.media.words.text_track import Track, Tracks, read_tracks
from vidqa.system.cache import Cache
from vidqa.types import Cue, Words, WordsSource

Subtitles = str | Path
"""`auto` (a file beside the clip, else a track inside it, else speech), `off` (no words at all),
`speech` (listen, whatever there is to read), or the path of a subtitle file."""

Event = Cue | Heard | Words
"""A cue as it comes, how far it has been listened, and at last all that is known."""

SLACK_S = 0.1
"""Between the ends of sound and pictures, in a clip that is heard as a whole."""

NO_WORDS = "the subtitles {} hold no words"

FEW_LETTERS_A_SECOND = 2.0
"""Somebody who speaks says 12 to 15 a second (4 of Chinese); what is written holds all that is
said unless it has less than this, for the whole length of the clip."""

MUCH_MORE = 3
"""Then what is heard is preferred if it has so many times as many letters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which words."""

    subtitles: Subtitles = "auto"
    language: str | None = None
    """Spoken, and so written, in Whisper's letters; None takes what there is."""
    task: Task = "transcribe"
    """`translate` wants English, whatever is spoken."""
    text_track: str | None = None
    """Number (from 1) or language of the text track to read, whatever else there is to read."""
    audio_track: str | None = None
    """Number (from 1) or language of the sound to listen to."""
    word_times: bool = False
    """Find out when each word is said, as subtitles for players need it; takes longer."""

    @classmethod
    def parse(
        cls,
        subtitles: Subtitles,
        language: str | None,
        task: Task,
        *,
        text_track: str | None = None,
        audio_track: str | None = None,
        word_times: bool = False,
    ) -> "Wanted":
        """The same, with the language as people write it: `en`, `ENG`, `English`, `auto`.

        Raises:
            UsageError: there is no such language, or a text track is asked for where none is read.

        """
        if text_track is not None and subtitles != "auto":
            raise UsageError(
                f"--text-track {text_track} and --subtitles {subtitles} exclude each other",
                hint="leave one of them out",
            )
        spoken = None if language is None or is_auto(language) else read_language(language)
        return cls(subtitles, spoken, task, text_track, audio_track, word_times)

    @property
    def written(self) -> str | None:
        """The language that subtitles must be in."""
        return ENGLISH if self.task == "translate" else self.language

    @property
    def strict(self) -> bool:
        """Whether subtitles must say so: what is not marked is hardly a translation."""
        return self.task == "translate"


class Ears:
    """Finds the words of clips: reads where there is something to read, else listens."""

    def __init__(
        self,
        reader: Reader,
        recogniser: Recogniser | None,
        *,
        missing: VidqaError | None = None,
        find: Callable[[], Recogniser] | None = None,
        cache: Cache | None = None,
    ) -> None:
        """Listen with a recogniser.

        Args:
            reader: reads clips and subtitles.
            recogniser: None if there is none.
            missing: says why there is none, once there is sound to hear.
            find: finds one when it is needed; raises ModelMissingError where there is none.
            cache: keeps what was heard, and what tracks inside clips say.

        """
        self.reader = reader
        self._recogniser = recogniser
        self._find = find
        self.missing = missing
        self.cache = cache
        self._listening = Lock()  # clip after clip: a recogniser takes all the cores there are

    @property
    def recogniser(self) -> Recogniser | None:
        """The one that listens; None if there is none."""
        if self._find is not None:
            find, self._find = self._find, None
            try:
                self._recogniser = find()
            except ModelMissingError as error:
                self.missing = error
        return self._recogniser

    def words(self, path: Path, wanted: Wanted, window: Window = (0.0, None)) -> Words:
        """All words within a stretch of a clip, at once. Raises as `stream` does."""
        words = Words("none")
        for event in self.stream(path, wanted, window):
            if isinstance(event, Words):
                words = event
        return words

    def stream(self, path: Path, wanted: Wanted, window: Window = (0.0, None)) -> Iterator[Event]:
        """Yield cues as they become known, in order of time, and at last the `Words`.

        Looked for in the file named, else beside the clip, else inside it, else in its sound. All
        times count from where players begin, as those of subtitle files do (see
        `VideoInfo.lead_s`).

        Raises:
            UsageError: the subtitle file named cannot be used, or the recogniser does not know the
                language or cannot translate.
            VideoError: the clip cannot be read.
            NotEnoughMemoryError: listening to it needs more than there is.

        """
        if wanted.subtitles == "off":
            yield Words("off")
            return
        words, warnings = self._written(path, wanted)
        if words is not None:
            yield from self._read(words, warnings, path, wanted, window)
            return
        for event in self._kept(path, wanted, window):
            if isinstance(event, Words):
                event = replace(event, warnings=warnings + event.warnings)
            yield event

    def _written(self, path: Path, wanted: Wanted) -> tuple[Words | None, tuple[str, ...]]:
        """What is written outside the clip, and what was passed over."""
        if wanted.subtitles == "speech" or wanted.text_track is not None:
            return None, ()
        if wanted.subtitles != "auto":
            return self._from_file(Path(wanted.subtitles), wanted.written), ()
        return self._from_beside(path, wanted)

    def _kept(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        """What the clip itself says: from an earlier time, else now, and then it is kept."""
        if self.cache is None:
            yield from self._inside(path, wanted, window)
            return
        key: dict[str, Any] = {
            "fingerprint": known_fingerprint(path),
            "wanted": asdict(wanted),
            "window": window,
            "recogniser": recogniser_key(self.recogniser),
        }
        words = kept_words(self.cache, key)
        if words is not None:
            yield from _all_at_once(words)
            return
        for event in self._inside(path, wanted, window):
            if isinstance(event, Words) and is_still(path, key["fingerprint"]):
                keep_words(self.cache, key, event, about=path.name)
            yield event

    def _inside(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        """From a text track, else from the sound."""
        tracks = self._tracks(path, wanted) if wanted.subtitles == "auto" else Tracks()
        track = tracks.chosen
        if track is not None and (track.text.cues or wanted.text_track):
            others = f"; there are also {', '.join(tracks.others)}" * bool(tracks.others)
            chosen = (f"read text track {track.name}{others}",) if others else ()
            source: WordsSource = "track" if track.text.cues else "none"
            warnings = (*chosen, *track.text.warnings, *_oddities(track))
            marked = language_of(track.language)
            words = Words(source, track.text.cues, f"text track {track.name}", warnings, marked)
            yield from self._read(words, tracks.warnings, path, wanted, window)
            return
        for event in self._heard(path, wanted, window):
            if isinstance(event, Words):
                event = replace(event, warnings=tracks.warnings + event.warnings)
            yield event

    def _read(
        self,
        words: Words,
        passed_over: tuple[str, ...],
        path: Path,
        wanted: Wanted,
        window: Window,
    ) -> Iterator[Event]:
        """What was read, unless it is little and far more is said."""
        written = within(words, window)
        is_asked_for = wanted.subtitles != "auto" or wanted.text_track is not None
        if is_asked_for or not self._is_little(words, path):
            yield from _all_at_once(written, passed_over)
            return
        if self.recogniser is None:
            yield from _all_at_once(_unheard(written, self.missing), passed_over)
            return
        heard = Words("none")
        try:
            self.recogniser.check(wanted.language or words.language, wanted.task)
            for event in self._heard(path, wanted, window):
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
        """Whether so few words are hardly all that is said, and there is a sound to listen to."""
        try:
            sound = self.reader.call(path, probe_sound, path)
        except NotAVideoError:  # a picture: there is nothing to hear
            return False
        return sound.tracks > 0 and letters(words) < FEW_LETTERS_A_SECOND * sound.duration_s

    def _heard(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        """From the sound, which is the same whether something to read was looked for before."""
        if wanted.subtitles == "speech":
            yield from self._listen(path, wanted, window)
        else:
            speech = replace(wanted, subtitles="speech", text_track=None)
            yield from self._kept(path, speech, window)

    def _from_file(self, path: Path, language: str | None) -> Words:
        """The file a person named: it must be readable, but it may be empty of words."""
        file = self._subtitles(path, language)
        if file.cues:
            note = (f"{quoted(path)} seems to hold {READINGS}",) if is_telemetry(file.cues) else ()
            return Words("file", file.cues, str(path), (*file.warnings, *note))
        empty = NO_WORDS.format(quoted(path))
        return Words("none", (), str(path), (*file.warnings, empty))

    def _from_beside(self, path: Path, wanted: Wanted) -> tuple[Words | None, tuple[str, ...]]:
        """The first usable file beside the clip, and what is wrong with the ones before it."""
        warnings = list[str]()
        try:
            beside = look_beside(path, wanted.written, strict=wanted.strict)
        except OSError as error:
            return None, (f"no subtitles could be looked for beside the clip: {error.strerror}",)
        for sidecar in beside.fitting:
            try:
                file = self._subtitles(sidecar, spoken_in(sidecar, path) or wanted.written)
            except (UsageError, DecoderError) as error:
                warnings.append(f"passed over: {error.message}")
                continue
            if is_telemetry(file.cues):
                warnings.append(f"passed over: {quoted(sidecar)}: {READINGS}")
                continue
            if file.cues:
                marked = spoken_in(sidecar, path)
                words = Words("sidecar", file.cues, str(sidecar), file.warnings, marked)
                return words, tuple(warnings)
            warnings.append(f"passed over: {NO_WORDS.format(quoted(sidecar))}")
        warnings += [f"passed over: {quoted(other)}: {reason}" for other, reason in beside.others]
        return None, tuple(warnings)

    def _subtitles(self, path: Path, language: str | None) -> SubtitleFile:
        """The parsing of a subtitle file, in a worker process: it may be a trap, too."""
        return self.reader.call(path, read_subtitles, path, language)

    def _tracks(self, path: Path, wanted: Wanted) -> Tracks:
        """The decoding of the text tracks, in a worker process."""
        return self.reader.call(
            path,
            read_tracks,
            path,
            wanted.written,
            strict=wanted.strict,
            wanted=wanted.text_track,
        )

    def _blocks(self, path: Path, wanted: Wanted, window: Window) -> Iterator[AudioBlock]:
        """The decoding of the sound, in a worker process, ahead of the listening."""
        return self.reader.stream(
            path,
            audio_blocks,
            path,
            start_s=window[0],
            end_s=window[1],
            language=wanted.language,
            track=wanted.audio_track,
        )

    def _listen(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        if self.recogniser is None:
            if self.missing is not None and self.reader.probe(path).audio:
                raise anew(self.missing)
            yield Words("none")
            return
        cues, heard = [], Heard()
        blocks = self._blocks(path, wanted, window)
        with self._listening:
            events = self.recogniser.listen(
                blocks, language=wanted.language, task=wanted.task, word_times=wanted.word_times
            )
            for event in events:
                if isinstance(event, Cue):
                    cues.append(event)
                else:
                    heard = event
                yield event
        source: WordsSource = "speech" if cues else "none"
        warnings = (*heard.warnings, *self._cut_words(path, heard, window))
        yield Words(source, tuple(cues), self.recogniser.name, warnings, heard.language)

    def _cut_words(self, path: Path, heard: Heard, window: Window) -> Iterator[str]:
        """That a stretch begins or ends while somebody speaks."""
        begin_s, end_s = window
        said = "the stretch {} while somebody speaks; the word there may be cut, and heard wrong"
        if heard.speaks_at[0] and begin_s > 0:
            yield said.format("begins")
        if heard.speaks_at[1] and end_s is not None:
            sound = self.reader.call(path, probe_sound, path)
            if end_s < sound.duration_s - SLACK_S:
                yield said.format("ends")


def written_beside(path: Path, wanted: Wanted) -> tuple[Path, ...]:
    """The subtitle files that the words of a clip may come from, the best first."""
    if wanted.subtitles == "auto":
        with suppress(OSError):  # nothing can be read there
            return look_beside(path, wanted.written, strict=wanted.strict).fitting
    return () if wanted.subtitles in ("auto", "speech", "off") else (Path(wanted.subtitles),)


def _oddities(track: Track) -> tuple[str, ...]:
    """What is odd in a track that somebody asked for."""
    if not track.text.cues:
        return (f"text track {track.name} holds no words",)
    return (f"text track {track.name} seems to hold {READINGS}",) * is_telemetry(track.text.cues)


def _unheard(written: Words, missing: VidqaError | None) -> Words:
    """Few words, with a warning that the sound may hold more."""
    if missing is None:
        return written
    note = f"the words are few, and nobody could listen for more: {missing.message}"
    return replace(written, warnings=(*written.warnings, note))


def letters(words: Words) -> int:
    """How many letters and numerals there are, in any script."""
    return sum(character.isalnum() for cue in words.cues for character in cue.text)


def _all_at_once(words: Words, warnings: tuple[str, ...] = ()) -> Iterator[Event]:
    yield from words.cues
    yield replace(words, warnings=warnings + words.warnings)
