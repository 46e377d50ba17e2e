"""Find video files by folders, patterns and lists, in the same order on every machine."""

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.media.endings import VIDEO
from vidqa.system import litter
from vidqa.system.remote import addresses
from vidqa.tasks.folders.elsewhere import find_elsewhere


@dataclass(frozen=True, slots=True)
class ClipList:
    """The clips found, without duplicates; those of a folder or pattern sorted by name."""

    clips: tuple[str, ...]
    root: str
    """Absolute path of the deepest folder that contains everything named."""
    passed_over: int = 0
    """Number of files in folders that are not videos by their names."""
    not_entered: int = 0
    """Number of folders inside folders, if they were not requested."""
    is_run: bool = False
    """Whether some clips were not named one by one."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Of the clips that lie elsewhere, by their names here, which show no passwords and keys."""

    @property
    def are_several(self) -> bool:
        """Whether there may be more than one clip, so that output must name its clip."""
        return self.is_run or len(self.clips) > 1

    def place(self, clip: str) -> PurePath:
        """Return a clip's path below `root`, which does not change if the whole tree is moved."""
        return PurePath(os.path.relpath(_absolute(clip), self.root))

    def shard(self, part: int, parts: int) -> "ClipList":
        """Return one of `parts` parts, from 1; together they have every clip once.

        A clip's part depends on its place alone, not on the other clips: it is the same on
        machines that have a clip more or less, or store them elsewhere.

        Raises:
            UsageError: there is no such part.

        """
        if not 1 <= part <= parts:
            hint = "--shard 1/8 to --shard 8/8"
            raise UsageError(f"there is no shard {part} of {parts}", hint=hint)
        mine = tuple(one for one in self.clips if _number(self.place(one)) % parts == part - 1)
        return replace(self, clips=mine, is_run=True)


def find_clips(
    words: Iterable[str],
    *,
    listed: Iterable[str] = (),
    recursive: bool = False,
    suffixes: frozenset[str] = VIDEO,
) -> ClipList:
    """Find the clips that words stand for.

    Args:
        words: files, folders, and patterns such as `clips/*.mp4` or `clips/**/*.mkv`. Whatever is
            not a folder or a pattern is a file, whether it exists or not. All of them may be
            addresses, such as `s3://bucket/clips/`.
        listed: more files and folders, no patterns, and of addresses only those of object stores,
            of which those of folders end in a slash.
        recursive: also enter folders inside folders, except hidden ones, `LITTER` and links.
        suffixes: suffixes, in lower case, of the files that are taken from folders.

    Raises:
        ClipNotFoundError: a folder has no video file, or none matches a pattern.
        ClipUnreachableError: a folder elsewhere cannot be listed.
        UsageError: a folder cannot be read, or an address is not one that is read.

    """
    search = _Search(recursive, suffixes)
    for word in words:
        search.word(word)
    for name in listed:
        search.name(name, by_hand=False)
    found = dict[str, str]()
    for clip in search.clips:
        found.setdefault(_identity(clip), clip)
    root = os.path.commonpath(search.roots) if search.roots else _absolute("")
    passed_over, not_entered = search.passed_over, search.not_entered
    clips, is_run = tuple(found.values()), search.is_run
    return ClipList(clips, root, passed_over, not_entered, is_run, search.addresses)


def read_list(text: str) -> list[str]:
    """Split a list into names: one per line, or ended by NUL as `find -print0` writes them."""
    if "\0" in text:
        names = text.split("\0")
    else:  # other line ends can be part of a name
        names = [line.removesuffix("\r") for line in text.split("\n")]
    return [name for name in names if name]


class _Search:
    """The clips found so far, in the order in which they were named."""

    def __init__(self, recursive: bool, suffixes: frozenset[str]) -> None:
        self._recursive, self._suffixes = recursive, suffixes
        self.clips = list[str]()
        self.roots = list[str]()
        self.passed_over = self.not_entered = 0
        self.is_run = False
        self.addresses = dict[str, str]()

    def word(self, word: str) -> None:
        """Add a file, a folder or a pattern."""
        if not addresses.is_address(word) and _is_pattern(word):
            self._pattern(word)
        else:
            self.name(word)

    def name(self, name: str, *, by_hand: bool = True) -> None:
        """Add a file or a folder, or what an address stands for."""
        if addresses.is_address(name):
            self._address(name, by_hand)
        elif is_folder(name):
            self._folder(name)
        else:
            self.clips.append(name)
            self.roots.append(str(Path(_absolute(name)).parent))

    def _address(self, address: str, by_hand: bool) -> None:
        found = find_elsewhere(
            address, by_hand=by_hand, recursive=self._recursive, suffixes=self._suffixes
        )
        names = dict[str, str]()
        for one in found.files:
            name = addresses.shown(one)
            if self.addresses.get(name, one) != one or names.get(name, one) != one:
                raise UsageError(
                    f"two addresses differ only in what is not shown of {name}",
                    hint="ask about one after the other",
                )
            names[name] = one
        self.clips += names
        self.addresses |= names
        self.roots.append(_absolute(found.root))
        self.passed_over += found.passed_over
        self.not_entered += found.not_entered
        self.is_run = self.is_run or found.is_run

    def _folder(self, word: str) -> None:
        found = list(self._inside(Path(word)))
        if not found:
            where = f"in {word}" if self._recursive else f"in {word} itself"
            hint = None if self._recursive else "--recursive looks into the folders inside it, too"
            raise ClipNotFoundError(f"there is no video file {where}", hint=hint)
        self._many(found, word)

    def _pattern(self, word: str) -> None:
        names = glob.glob(word, recursive=True)  # noqa: PTH207  (of any folder)
        paths = [Path(name) for name in names if _is_litter(word) or not _is_litter(name)]
        files = [path for path in paths if path.is_file()]
        asked_for = Path(word).suffix.lower()
        wanted = {*self._suffixes, *([] if glob.has_magic(asked_for) else [asked_for])} - {""}
        found = [file for file in files if file.suffix.lower() in wanted]
        if not found:
            hint = "quote a pattern, or let the shell expand it"
            raise ClipNotFoundError(f"there is no video file of the name {word}", hint=hint)
        self.passed_over += len(files) - len(found)
        self._many(found, _before_pattern(word))
        self.roots += [str(Path(_absolute(str(file))).parent) for file in found]  # after a `..`

    def _many(self, found: Iterable[Path], root: str) -> None:
        self.clips += map(str, sorted(found, key=_in_words))
        self.roots.append(_absolute(root))
        self.is_run = True

    def _inside(self, folder: Path) -> Iterator[Path]:
        """Yield video files of a folder; hidden ones and links to folders are skipped."""
        try:
            entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        except OSError as error:
            raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
        for entry in entries:
            if entry.is_dir():
                if entry.is_symlink() or entry.name.lower() in litter.FOLDERS:
                    continue
                if self._recursive:
                    yield from self._inside(entry)
                else:
                    self.not_entered += 1
            elif entry.suffix.lower() in self._suffixes:
                yield entry
            else:
                self.passed_over += 1


def is_folder(word: str) -> bool:
    """Return True if a folder of this name exists."""
    try:
        return Path(word).is_dir()
    except (OSError, ValueError):  # not a possible file name
        return False


def _is_pattern(word: str) -> bool:
    if "*" not in word and "?" not in word:  # brackets alone are part of many a name
        return False
    try:
        return not Path(word).exists()
    except (OSError, ValueError):
        return False


def _before_pattern(word: str) -> str:
    """Return the folder in which a pattern begins."""
    parts = Path(word).parts
    plain = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return str(Path(*parts[:plain]))


def _is_litter(name: str) -> bool:
    return any(part.lower() in litter.FOLDERS for part in Path(name).parts)


def _identity(clip: str) -> str:
    """Return a key shared by all ways to write one name; a `..` may follow a link, and stays."""
    is_as_written = ".." in Path(clip).parts or addresses.is_address(clip)
    return clip if is_as_written else _absolute(clip)


def _absolute(name: str) -> str:
    """Return the absolute path; links are not followed. An address has a path made of it."""
    if addresses.is_address(name):
        name = str(addresses.as_path(name))
    return os.path.abspath(name)  # noqa: PTH100


def _number(place: PurePath) -> int:
    """Derive a number from a place, the same on every machine."""
    return int.from_bytes(hashlib.sha256(os.fsencode(place.as_posix())).digest()[:8])


def _in_words(path: Path) -> tuple[str, ...]:
    """Return a sort key: by folders, then names, whatever the machine's locale."""
    return path.parts
