"""From folders, patterns and lists to video files, in the same order on every machine."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from vidqa.errors import ClipNotFoundError, UsageError

SUFFIXES = frozenset(
    {
        *(".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".gif", ".m2ts", ".m2v", ".m4v"),
        *(".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".rm"),
        *(".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
    }
)
"""Names of files that are taken from a folder end so; a file that is named is taken as it is."""


def expand(words: Iterable[str], *, recursive: bool = False) -> tuple[str, ...]:
    """The clips that words stand for, each once, those of a folder or pattern by their names.

    Args:
        words: files, folders, and patterns such as `clips/*.mp4` or `clips/**/*.mkv`. What is no
            folder and no pattern is a file, there or not.
        recursive: also take the folders inside folders.

    Raises:
        ClipNotFoundError: there is no video file in a folder, or none that fits a pattern.
        UsageError: a folder cannot be read.

    """
    return tuple(dict.fromkeys(clip for word in words for clip in _expanded(word, recursive)))


def expand_listed(names: Iterable[str], *, recursive: bool = False) -> tuple[str, ...]:
    """The clips that names of a list stand for; as `expand`, but there are no patterns in it."""
    found = (
        _of_folder(name, recursive) if is_many(name) and Path(name).is_dir() else (name,)
        for name in names
    )
    return tuple(dict.fromkeys(clip for clips in found for clip in clips))


def is_many(word: str) -> bool:
    """Whether a word stands for whatever a folder holds, or a pattern fits."""
    is_pattern = "*" in word or "?" in word  # brackets alone are part of many a name
    try:
        return Path(word).is_dir() or (is_pattern and not Path(word).exists())
    except (OSError, ValueError):  # no name that a file could have
        return False


def read_list(text: str) -> list[str]:
    """The names in a list: one a line, or ended by NUL as `find -print0` writes them."""
    if "\0" in text:
        names = text.split("\0")
    else:  # other ends of lines can be part of a name
        names = [line.removesuffix("\r") for line in text.split("\n")]
    return [name for name in names if name]


def share(clips: Sequence[str], part: int, parts: int) -> tuple[str, ...]:
    """Every `parts`-th clip, beginning with number `part`, from 1.

    All parts of one list have every clip once, and are as large as each other but for one.

    Raises:
        UsageError: there is no such part.

    """
    if not 1 <= part <= parts:
        raise UsageError(f"there is no shard {part} of {parts}", hint="--shard 1/8 to --shard 8/8")
    return tuple(clips[part - 1 :: parts])


def _expanded(word: str, recursive: bool) -> Iterator[str]:
    if not is_many(word):
        yield word
    elif Path(word).is_dir():
        yield from _of_folder(word, recursive)
    else:
        yield from _of_pattern(word)


def _of_folder(word: str, recursive: bool) -> Iterator[str]:
    found = sorted(_inside(Path(word), recursive), key=_in_words)
    if not found:
        where = f"in {word}" if recursive else f"in {word} itself"
        hint = None if recursive else "--recursive looks into the folders inside it, too"
        raise ClipNotFoundError(f"there is no video file {where}", hint=hint)
    yield from map(str, found)


def _of_pattern(word: str) -> Iterator[str]:
    paths = map(Path, glob.glob(word, recursive=True))  # noqa: PTH207  (of any folder)
    found = sorted((path for path in paths if path.is_file()), key=_in_words)
    if not found:
        hint = "quote a pattern, or let the shell expand it"
        raise ClipNotFoundError(f"there is no video file of the name {word}", hint=hint)
    yield from map(str, found)


def _inside(folder: Path, recursive: bool) -> Iterator[Path]:
    """Video files of a folder; what is hidden stays so, and links to folders are not followed."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        if entry.is_dir():
            if recursive and not entry.is_symlink():
                yield from _inside(entry, recursive)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def _in_words(path: Path) -> tuple[str, ...]:
    """Sorts by folders, then names, whatever the language of the machine."""
    return path.parts
