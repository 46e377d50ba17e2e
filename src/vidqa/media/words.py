"""What is said in a clip, from the best source there is."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from vidqa.cache import Cache
from vidqa.errors import DecoderError, UsageError, VidqaError
from vidqa.media.audio import AudioBlock, audio_blocks
from vidqa.media.container import quoted
from vidqa.media.kept import keep_words, kept_words, recogniser_key
from vidqa.media.language import ENGLISH, read_language
from vidqa.media.memo import is_still, known_fingerprint
from vidqa.media.reader import Reader
from vidqa.media.subtitles import SubtitleFile, read_subtitles, sidecars, spoken_in
from vidqa.media.tracks import Track, read_track
from vidqa.media.transcribe import Heard, Recogniser, Task
from vidqa.types import Cue, Words, WordsSource

Subtitles = str | Path
"""`auto` (a file beside the clip, else a track inside it, else speech), `off` (no words at all),
`speech` (listen, whatever there is to read), or the path of a subtitle file."""

Window = tuple[float, float | None]
"""Begin and end of a stretch of a clip, in seconds from its first frame; None is the end."""

Event = Cue | Heard | Words
"""A cue as it comes, how far it has been listened, and at last all that is known."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which words."""

    subtitles: Subtitles = "auto"
    language: str | None = None
    """Spoken, and so written, in Whisper's letters; None takes what there is."""
    task: Task = "transcribe"
    """`translate` wants English, whatever is spoken."""

    @classmethod
    def parse(cls, subtitles: Subtitles, language: str | None, task: Task) -> "Wanted":
        """The same, with the language as people write it, such as `en` or `ENG`.

        Raises:
            UsageError: there is no such language.

        """
        return cls(subtitles, None if language is None else read_language(language), task)

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
        cache: Cache | None = None,
    ) -> None:
        """Listen with a recogniser.

        Args:
            reader: reads clips and subtitles.
            recogniser: None if there is none.
            missing: says why there is none, once there is sound to hear.
            cache: keeps what was heard, and what tracks inside clips say.

        """
        self.reader = reader
        self.recogniser = recogniser
        self.missing = missing
        self.cache = cache
        self._listening = Lock()  # clip after clip: a recogniser takes all the cores there are

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
        times count from the clip's first frame.

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
            yield from _all_at_once(_within(words, window), warnings)
            return
        for event in self._kept(path, wanted, window):
            if isinstance(event, Words):
                event = replace(event, warnings=warnings + event.warnings)
            yield event

    def _written(self, path: Path, wanted: Wanted) -> tuple[Words | None, tuple[str, ...]]:
        """What is written outside the clip, and what was passed over."""
        if wanted.subtitles == "speech":
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
        track = self._track(path, wanted) if wanted.subtitles == "auto" else None
        if track is None or not track.text.cues:
            yield from self._heard(path, wanted, window)
            return
        detail = f"text track ({track.language})" if track.language else "text track"
        words = Words("track", track.text.cues, detail, track.text.warnings)
        yield from _all_at_once(_within(words, window))

    def _heard(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        """From the sound, which is the same whether something to read was looked for before."""
        if wanted.subtitles == "speech":
            yield from self._listen(path, wanted, window)
        else:
            yield from self._kept(path, replace(wanted, subtitles="speech"), window)

    def _from_file(self, path: Path, language: str | None) -> Words:
        """The file a person named: it must be readable, but it may be empty of words."""
        file = self._subtitles(path, language)
        if file.cues:
            return Words("file", file.cues, str(path), file.warnings)
        return Words("none", detail=str(path), warnings=(*file.warnings, _empty(path)))

    def _from_beside(self, path: Path, wanted: Wanted) -> tuple[Words | None, tuple[str, ...]]:
        """The first usable file beside the clip, and what is wrong with the ones before it."""
        warnings: list[str] = []
        try:
            beside = sidecars(path, wanted.written, strict=wanted.strict)
        except OSError as error:
            return None, (f"no subtitles could be looked for beside the clip: {error.strerror}",)
        for sidecar in beside:
            try:
                file = self._subtitles(sidecar, spoken_in(sidecar, path) or wanted.written)
            except (UsageError, DecoderError) as error:
                warnings.append(f"passed over: {error.message}")
                continue
            if file.cues:
                return Words("sidecar", file.cues, str(sidecar), file.warnings), tuple(warnings)
            warnings.append(f"passed over: {_empty(sidecar)}")
        return None, tuple(warnings)

    def _subtitles(self, path: Path, language: str | None) -> SubtitleFile:
        """The parsing of a subtitle file, in a worker process: it may be a trap, too."""
        return self.reader.call(path, read_subtitles, path, language)

    def _track(self, path: Path, wanted: Wanted) -> Track | None:
        """The decoding of a text track, in a worker process."""
        return self.reader.call(path, read_track, path, wanted.written, strict=wanted.strict)

    def _blocks(self, path: Path, language: str | None, window: Window) -> Iterator[AudioBlock]:
        """The decoding of the sound, in a worker process, ahead of the listening."""
        return self.reader.stream(
            path, audio_blocks, path, start_s=window[0], end_s=window[1], language=language
        )

    def _listen(self, path: Path, wanted: Wanted, window: Window) -> Iterator[Event]:
        if self.recogniser is None:
            if self.missing is not None and self.reader.probe(path).audio:
                raise self.missing
            yield Words("none")
            return
        cues, heard = [], Heard()
        blocks = self._blocks(path, wanted.language, window)
        with self._listening:
            for event in self.recogniser.listen(blocks, language=wanted.language, task=wanted.task):
                if isinstance(event, Cue):
                    cues.append(event)
                else:
                    heard = event
                yield event
        source: WordsSource = "speech" if cues else "none"
        yield Words(source, tuple(cues), self.recogniser.name, heard.warnings, heard.language)


def written_beside(path: Path, wanted: Wanted) -> tuple[Path, ...]:
    """The subtitle files that the words of a clip may come from, the best first."""
    if wanted.subtitles == "auto":
        with suppress(OSError):  # nothing can be read there
            return sidecars(path, wanted.written, strict=wanted.strict)
    return () if wanted.subtitles in ("auto", "speech", "off") else (Path(wanted.subtitles),)


def _within(words: Words, window: Window) -> Words:
    """Only what is said in a stretch."""
    inside = tuple(cue for cue in words.cues if _overlaps(cue, window))
    return replace(words, source=words.source if inside else "none", cues=inside)


def _all_at_once(words: Words, warnings: tuple[str, ...] = ()) -> Iterator[Event]:
    yield from words.cues
    yield replace(words, warnings=warnings + words.warnings)


def _empty(path: Path) -> str:
    return f"the subtitles {quoted(path)} hold no words"


def _overlaps(cue: Cue, window: Window) -> bool:
    begin_s, end_s = window
    begun = cue.end_s > begin_s or cue.start_s >= begin_s
    return begun and (end_s is None or cue.start_s < end_s)
