"""What is said in a clip, from the best source there is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.media.container import quoted
from vidqa.media.subtitles import read_subtitles, sidecars
from vidqa.media.tracks import read_track
from vidqa.types import VideoInfo, Words

Listen = Callable[[Path, str | None], Words]
"""Transcribes the speech of a file; the second argument is the language, if known."""


def find_words(
    info: VideoInfo, *, subtitles: str | Path, language: str | None, listen: Listen | None
) -> Words:
    """Look for words: in the file named, else beside the clip, else inside it, else listen.

    Args:
        info: the clip, as probed.
        subtitles: `auto`, `off`, or the path of a subtitle file.
        language: the one wanted or spoken, in two letters, if known.
        listen: the speech recogniser; None to do without.

    Returns:
        Words of the whole clip; their times count from its first frame.

    Raises:
        UsageError: the subtitle file named cannot be used.

    """
    if subtitles == "off":
        return Words("off")
    if subtitles != "auto":
        return _from_file(Path(subtitles))
    words, warnings = _from_beside(info, language)
    if words is None:
        words = _from_inside(info, language)
    if words is None and listen is not None and info.has_audio:
        words = listen(info.path, language)
    words = words or Words("none")
    return replace(words, warnings=(*warnings, *words.warnings))


def _from_file(path: Path) -> Words:
    """The file a person named: it must be readable, but it may be empty of words."""
    file = read_subtitles(path)
    if file.cues:
        return Words("file", file.cues, str(path), file.warnings)
    nothing = f"the subtitles {quoted(path)} hold no words"
    return Words("none", detail=str(path), warnings=(*file.warnings, nothing))


def _from_beside(info: VideoInfo, language: str | None) -> tuple[Words | None, tuple[str, ...]]:
    """The first usable file beside the clip, and what is wrong with the ones before it."""
    warnings: list[str] = []
    try:
        beside = sidecars(info.path, language)
    except OSError as error:
        return None, (f"no subtitles could be looked for beside the clip: {error.strerror}",)
    for path in beside:
        try:
            file = read_subtitles(path)
        except UsageError as error:
            warnings.append(f"passed over: {error.message}")
            continue
        if file.cues:
            return Words("sidecar", file.cues, str(path), file.warnings), tuple(warnings)
        warnings.append(f"passed over: the subtitles {quoted(path)} hold no words")
    return None, tuple(warnings)


def _from_inside(info: VideoInfo, language: str | None) -> Words | None:
    cues = read_track(info.path, language)
    return Words("track", cues, "text track") if cues else None
