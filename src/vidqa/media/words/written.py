"""The places where the words of a clip may be written: one class each, the first that has any wins.

Speech is listened to where none of them has words.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from vidqa.errors import DecoderError, UsageError
from vidqa.media.container.open_media import quoted
from vidqa.media.languages import language_of
from vidqa.media.reader import Reader
from vidqa.media.words.request import WordRequest
from vidqa.media.words.sidecars import look_beside, spoken_in
from vidqa.media.words.subtitle_file import SubtitleFile, read_subtitles
from vidqa.media.words.telemetry import READINGS, is_telemetry
from vidqa.media.words.text_track import Track, read_tracks
from vidqa.types import Words, WordsSource

NO_WORDS = "the subtitles {} hold no words"


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has of a clip."""

    words: Words | None = None
    """None where the next source is to be asked."""
    passed_over: tuple[str, ...] = ()
    """Warnings about what could not be used."""


class WrittenSource(Protocol):
    """A place where words may be written. Each reads in a worker process: files may be traps."""

    is_inside: ClassVar[bool]
    """Whether it is the clip itself, so that what it says is cached by the clip's content."""

    def is_asked(self, request: WordRequest) -> bool:
        """Return whether a request lets it be read."""

    def find(self, reader: Reader, path: Path, request: WordRequest) -> Found:
        """Read the words of a whole clip. Raises UsageError where what was named is of no use."""


class NamedFile:
    """The subtitle file that a person named: it must be readable, but it may be empty of words."""

    is_inside: ClassVar[bool] = False

    def is_asked(self, request: WordRequest) -> bool:
        """Return whether a file is named."""
        return request.named_file is not None and request.text_track is None

    def find(self, reader: Reader, path: Path, request: WordRequest) -> Found:
        """Read that file."""
        named = request.named_file
        assert named is not None, "it was asked for"
        file = _subtitles(reader, named, request.written)
        if file.cues:
            warning = f"{quoted(named)} seems to hold {READINGS}"
            warnings = (*file.warnings, *((warning,) * is_telemetry(file.cues)))
            return Found(Words("file", file.cues, str(named), warnings))
        empty = NO_WORDS.format(quoted(named))
        return Found(Words("none", (), str(named), (*file.warnings, empty)))


class Sidecars:
    """The subtitle files beside the clip."""

    is_inside: ClassVar[bool] = False

    def is_asked(self, request: WordRequest) -> bool:
        """Return whether any source will do."""
        return request.subtitles == "auto" and request.text_track is None

    def find(self, reader: Reader, path: Path, request: WordRequest) -> Found:
        """Read the first usable one, and say what is wrong with those before it."""
        warnings = list[str]()
        try:
            beside = look_beside(path, request.written, strict=request.strict)
        except OSError as error:
            message = f"no subtitles could be looked for beside the clip: {error.strerror}"
            return Found(None, (message,))
        for sidecar in beside.fitting:
            marked = spoken_in(sidecar, path)
            try:
                file = _subtitles(reader, sidecar, marked or request.written)
            except (UsageError, DecoderError) as error:
                warnings.append(f"passed over: {error.message}")
                continue
            if is_telemetry(file.cues):
                warnings.append(f"passed over: {quoted(sidecar)}: {READINGS}")
            elif file.cues:
                words = Words("sidecar", file.cues, str(sidecar), file.warnings, marked)
                return Found(words, tuple(warnings))
            else:
                warnings.append(f"passed over: {NO_WORDS.format(quoted(sidecar))}")
        warnings += [f"passed over: {quoted(other)}: {reason}" for other, reason in beside.others]
        return Found(None, tuple(warnings))


class TextTracks:
    """The text tracks inside the clip."""

    is_inside: ClassVar[bool] = True

    def is_asked(self, request: WordRequest) -> bool:
        """Return whether any source will do; a track is asked for only so."""
        return request.subtitles == "auto"

    def find(self, reader: Reader, path: Path, request: WordRequest) -> Found:
        """Read the one that holds most of what is said, or the one requested."""
        tracks = reader.call(
            path,
            read_tracks,
            path,
            request.written,
            strict=request.strict,
            wanted=request.text_track,
        )
        track = tracks.chosen
        if track is None or not (track.text.cues or request.text_track):
            return Found(None, tracks.warnings)
        others = f"; there are also {', '.join(tracks.others)}" * bool(tracks.others)
        chosen = (f"read text track {track.name}{others}",) if others else ()
        source: WordsSource = "track" if track.text.cues else "none"
        warnings = (*chosen, *track.text.warnings, *_oddities(track))
        marked = language_of(track.language)
        words = Words(source, track.text.cues, f"text track {track.name}", warnings, marked)
        return Found(words, tracks.warnings)


WRITTEN: tuple[WrittenSource, ...] = (NamedFile(), Sidecars(), TextTracks())
"""The best first."""


def find_written(reader: Reader, path: Path, request: WordRequest, *, is_inside: bool) -> Found:
    """Ask the sources outside the clip, or those inside, one after the other."""
    passed_over = tuple[str, ...]()
    for source in WRITTEN:
        if source.is_inside == is_inside and source.is_asked(request):
            found = source.find(reader, path, request)
            passed_over += found.passed_over
            if found.words is not None:
                return Found(found.words, passed_over)
    return Found(None, passed_over)


def written_beside(
    path: Path, request: WordRequest, folder: Iterable[Path] | None = None
) -> tuple[Path, ...]:
    """Return the subtitle files that the words of a clip may come from, the best first.

    Args:
        path: the clip.
        request: which words.
        folder: the files of the clip's folder, if that is elsewhere.

    """
    if request.subtitles == "auto":
        with suppress(OSError):  # nothing can be read there
            beside = look_beside(path, request.written, strict=request.strict, folder=folder)
            return beside.fitting
    return () if request.named_file is None else (request.named_file,)


def _subtitles(reader: Reader, path: Path, language: str | None) -> SubtitleFile:
    return reader.call(path, read_subtitles, path, language)


def _oddities(track: Track) -> tuple[str, ...]:
    """Say what is odd in a track that somebody asked for."""
    if not track.text.cues:
        return (f"text track {track.name} holds no words",)
    return (f"text track {track.name} seems to hold {READINGS}",) * is_telemetry(track.text.cues)
