"""Outlets for the records of a run: none, one file, or a folder with a file per clip."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vidqa.cli.render.output_file import STDOUT, opened
from vidqa.errors import UsageError
from vidqa.system.remote.addresses import is_address, shown
from vidqa.tasks.folders import clip_list
from vidqa.tasks.folders.book import Book
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.tasks.folders.journal import Journal, Record
from vidqa.tasks.folders.ledger import without_retried
from vidqa.tasks.folders.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Leaf:
    """The form of a clip's file in a folder."""

    ending: str
    """Suffix behind the clip's name, such as `.md`."""
    render: Callable[[Record], str] | None = None
    """Renders its content from the clip's record, one for each way to make it; if None, the file
    holds all records of the clip, a line each."""


JSON = Leaf(".json")


def is_folder(output: str) -> bool:
    """Return whether the output is a folder: an existing one, or a name that ends in a slash.

    Raises:
        UsageError: the name is empty, or an address.

    """
    if not output:
        raise UsageError("the name of -o is empty")
    if is_address(output):
        raise UsageError(
            f"-o writes on this machine, not to {shown(output)}", hint="-o answers.jsonl"
        )
    return output.endswith("/") or clip_list.is_folder(output)


class TargetError(UsageError):
    """The error of a clip whose file cannot be written; those of others may be."""


class Outlet:
    """An outlet that stores no records; the base of those that do."""

    journal: Journal | None = None

    def labelled(self, video: str, record: Record) -> Record:
        """Return a record as it is stored."""
        return record

    def begin(self, book: Book) -> dict[str, UsageError]:
        """Check existing files; return the clips that cannot be written, and why."""
        return {}

    def settled(self, book: Book, video: str) -> None:
        """Finish a clip: all questions about it have a record now.

        Raises:
            TargetError: the clip's file cannot be written.
            NoSpaceError: the disk is full.

        """

    def close(self) -> None:
        """Release the lock, so that other processes can write."""


class FileOutlet(Outlet):
    """One file of JSON lines."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises as `Journal`."""
        self.journal: Journal = Journal(path)

    def close(self) -> None:
        """Release the lock, so that other processes can write."""
        self.journal.close()


class FolderOutlet(Outlet):
    """A folder with a file per clip."""

    def __init__(self, shelf: Shelf, leaf: Leaf) -> None:
        self.journal: Journal = shelf.journal
        self._shelf = shelf
        self._render = leaf.render
        self._kept: dict[str, list[Record]] = {}
        for record in self.journal.records:
            if "question" in record and "file" in record:
                self._kept.setdefault(record["file"], []).append(record)

    def labelled(self, video: str, record: Record) -> Record:
        """Add the name of the clip's file."""
        return self._shelf.labelled(video, record)

    def begin(self, book: Book) -> dict[str, UsageError]:
        """Write missing files that have records; refuse clips whose file would be replaced."""
        refused = dict[str, UsageError]()
        left = book.left()
        for video in book.clips:
            try:
                self._shelf.check(video, book.how if self._render else None)
                book.relabel(video, partial(self._shelf.labelled, video))
                if video not in left and not self._shelf.file(video).exists():
                    self.settled(book, video)
            except UsageError as error:
                refused[video] = error
        return refused

    def settled(self, book: Book, video: str) -> None:
        """Write the clip's file."""
        records = book.records_of(video)
        if self._render is None:
            text = "".join(map(_line, self._all_of(self._shelf.name(video), records)))
        elif "error" in records[-1]:
            return
        else:
            text = self._render(records[-1])
        try:
            with opened(self._shelf.file(video)) as write:
                write(text)
        except UsageError as error:
            raise TargetError(error.message, hint=error.hint) from error

    def close(self) -> None:
        """Release the lock, so that other processes can write."""
        self._shelf.close()

    def _all_of(self, name: str, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records that a file has had, and these."""
        known = {id(one) for one in self._kept.get(name, ())}
        both = [*self._kept.get(name, ()), *(one for one in records if id(one) not in known)]
        self._kept[name] = without_retried(both, records)
        return self._kept[name]


def open_outlet(output: str | None, found: ClipList, leaf: Leaf, *, by: str, force: bool) -> Outlet:
    """Open the outlet that `-o` names. Raises as `Journal`."""
    if output is None or output == STDOUT:
        return Outlet()
    if is_folder(output):
        return FolderOutlet(Shelf(Path(output), found, leaf.ending, by=by, force=force), leaf)
    return FileOutlet(Path(output))


def _line(record: Record) -> str:
    content = {name: value for name, value in record.items() if name not in ("file", "by")}
    return json.dumps(content) + "\n"
