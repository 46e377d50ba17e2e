"""Find subtitle files beside a clip by the names that people and programs give them.

`film.srt`, `film.en.srt`, `film.English.sdh.srt`, `film_en.vtt`, `film.2_English.srt`,
`film [German].ass`, `film.mp4.srt`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vidqa.media.endings import VIDEO
from vidqa.media.languages import TAG, language_called, language_of

EXTENSIONS = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp")
"""Extensions of subtitle files, in order of preference."""

SEPARATORS = re.compile(r"[\s._()\[\]{}-]+")

_HINTS = """
american auto brasil brazil brazilian british canadian caption captions cc closed default españa
european forced foreign full hi latin latino latinoamérica mexican orig original sdh simplified sub
subs subtitle subtitles traditional
"""
HINTS = frozenset(_HINTS.split())
"""Words that may appear beside the language, in any order: `clip.en.sdh.srt`."""

HINDI = "hi"
"""Code of Hindi; beside another language it means "hearing impaired"."""

UNMARKED = 0
"""Rank of a file whose name states no language."""

SIGNS_ONLY = frozenset({"forced", "foreign"})


@dataclass(frozen=True, slots=True)
class Beside:
    """The subtitle files beside a clip."""

    fitting: tuple[Path, ...]
    """Files that fit, best first."""
    others: tuple[tuple[Path, str], ...]
    """Files that seem to belong to the clip, and why they do not fit."""


def look_beside(
    video: Path,
    language: str | None,
    *,
    strict: bool = False,
    folder: Iterable[Path] | None = None,
) -> Beside:
    """Look for the subtitle files of a clip.

    Args:
        video: the clip.
        language: files in it come first; files in other languages do not fit.
        strict: files that do not state a language do not fit either.
        folder: the files of the clip's folder, if that is elsewhere.

    Raises:
        OSError: the folder cannot be listed.

    """
    fitting, others = [], []
    for path, tail in _belonging(video, folder):
        rank = _rank(tail, language, strict)
        if isinstance(rank, str):
            others.append((path, rank))
        else:
            is_numbered = bool(tail) and rank == UNMARKED  # a copy: `film (1).srt`, `film-2.srt`
            ending = EXTENSIONS.index(path.suffix.lower())
            fitting.append((rank, is_numbered, ending, path.name, path))
    return Beside(tuple(path for *_, path in sorted(fitting)), tuple(sorted(others)))


def spoken_in(sidecar: Path, video: Path) -> str | None:
    """Return the language in the name of a file beside a clip; None if there is none."""
    return _tags(_tail(sidecar, video) or "").language


def belonging(video: Path, folder: Iterable[Path]) -> list[Path]:
    """Return those of the files of a folder that are subtitles of a clip, whatever the language."""
    return [path for path, _ in _belonging(video, folder)]


def _belonging(video: Path, folder: Iterable[Path] | None) -> Iterable[tuple[Path, str]]:
    """Yield the subtitle files whose names begin with the clip's, and the rest of their names.

    Files that belong to another clip are skipped: `clip_2.en.srt` belongs to `clip_2.mp4`.
    """
    all_files = video.parent.iterdir() if folder is None else folder
    near = [one for one in all_files if _plain(one.name).startswith(_plain(video.stem))]
    rivals = [one for one in near if one.suffix.lower() in VIDEO and one.stem != video.stem]
    for path in near:
        tail = _tail(path, video) if path.suffix.lower() in EXTENSIONS else None
        if tail is None or any(_tail(path, rival) is not None for rival in rivals):
            continue
        if folder is not None or path.is_file():
            yield path, tail


def _tail(path: Path, video: Path) -> str | None:
    """Return what a name has between the clip's and the extension; None if it begins otherwise."""
    stem = _plain(path.stem)
    for begin in (_plain(video.name), _plain(video.stem)):
        tail = stem[len(begin) :]
        if stem.startswith(begin) and (not tail or SEPARATORS.match(tail)):
            return tail
    return None


def _plain(name: str) -> str:
    """Normalise a name: some file systems store an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True, slots=True)
class _Tags:
    """The language and other words in the rest of a name."""

    language: str | None = None
    hints: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def _tags(tail: str) -> _Tags:
    """Parse the rest of a name: between dots any language code counts, elsewhere known ones."""
    language, words = None, list[str]()
    for part in filter(None, tail.lower().split(".")):
        match = TAG.fullmatch(part)
        if match and language is None and part not in HINTS:
            language = language_of(part) or match[1]
        else:
            words += filter(None, SEPARATORS.split(part))
    for word in words:
        if language is None and word not in HINTS:
            language = language_called(word) or language_of(word)
    if language is None and words[:1] == [HINDI]:
        language = HINDI
    unknown = tuple(
        word
        for word in words
        if not (word in HINTS or word.isdecimal() or language_called(word) or language_of(word))
    )
    return _Tags(language, HINTS.intersection(words), unknown)


def _rank(tail: str, language: str | None, strict: bool) -> int | str:
    """Return a file's rank by the rest of its name (smaller is better), or why it does not fit."""
    tags = _tags(tail)
    if tags.hints & SIGNS_ONLY:
        return "only signs are translated in it"
    if tags.unknown:
        return f"nothing is known of {' '.join(tags.unknown)!r} in its name"
    if tags.language is None:
        return "its name does not say which language it is in" if strict else UNMARKED
    if language is None:
        return 1
    return -1 if tags.language == language else f"it is in {tags.language}, not in {language}"
