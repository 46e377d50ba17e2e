"""An index in one SQLite file: which clips it knows, and what is said, read and seen in them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from vidqa.engine.finding.full_text import INSERT, row
from vidqa.engine.finding.texts import texts_in
from vidqa.engine.summaries.windows import Window
from vidqa.errors import UsageError
from vidqa.system.file_systems import is_there
from vidqa.tasks.index.entries import Entry, Known, Place, Stamp
from vidqa.tasks.index.schema import opened, plain_errors, require_whole, transaction
from vidqa.types import Cue, Words

KNOWN = "SELECT id, fingerprint, duration_s, source, seen, compared FROM contents"


class Library:
    """An index; several processes may read and write it at once."""

    def __init__(self, file: Path, *, writes: bool = False) -> None:
        """Open it; it is made if it does not exist and is to be written.

        Raises:
            UsageError: it does not exist, is something else, or cannot be read or written.
            NoSpaceError: the disk is full.

        """
        self.file = Path(os.path.abspath(file))  # noqa: PTH100  (links stay as they are)
        self._connection = opened(self.file, writes=writes)
        self._identity = _identity(self.file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See the same index throughout, whatever others write meanwhile."""
        with plain_errors(self.file), transaction(self._connection, "DEFERRED"):
            yield

    def find(self, fingerprint: str, subtitles: str | None, heard: str) -> int | None:
        """Return the content that was heard with these settings; None if it was not."""
        found = self.rows(
            "SELECT id FROM contents WHERE (fingerprint, subtitles, heard) = (?, ?, ?)",
            fingerprint,
            subtitles or "",
            heard,
        )
        return int(found[0][0]) if found else None

    def add(
        self,
        place: tuple[Path, Stamp],
        mark: tuple[str, str | None],
        heard: str,
        words: Words,
        duration_s: float,
        entry: Entry,
    ) -> int:
        """Store the words of a clip and where they are said; returns the content.

        Args:
            place: path of the clip, and its stamp when it was begun.
            mark: fingerprints of the clip and of its subtitles.
            heard: settings that the words depend on.
            words: all of them; times from the first frame.
            duration_s: of the clip, in seconds.
            entry: its windows.

        """
        with self._writing():
            if (other := self.find(*mark, heard)) is not None:  # another process was quicker
                self._place(*place, other)
                return other
            content = self._insert(
                "INSERT INTO contents (fingerprint, subtitles, heard, duration_s, "
                "source, language, compared) VALUES (?, ?, ?, ?, ?, ?, ?)",
                mark[0],
                mark[1] or "",
                heard,
                duration_s,
                words.source,
                words.language,
                entry.compared,
            )
            for number, one in enumerate(words.cues):
                self._run(
                    "INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?)",
                    content,
                    number,
                    one.start_s,
                    one.end_s,
                    one.spoken_text,
                    one.on_screen,
                )
            self._add_windows(content, words.cues, entry)
            self._place(*place, content)
        return content

    def place(self, path: Path, stamp: Stamp, content: int) -> bool:
        """Note that a clip of this content is there; returns False if it was forgotten."""
        with self._writing():
            if not self.known(content):
                return False
            self._place(path, stamp, content)
        return True

    def replace(self, content: int, entry: Entry, *, seen: str | None) -> bool:
        """Store the windows of a clip anew; returns False if it was forgotten meanwhile.

        Args:
            content: its number.
            entry: its windows.
            seen: settings that the captions depend on, as JSON.

        """
        with self._writing():
            if not self.known(content):
                return False
            cues = self.cues(content)
            self._forget_windows(content)
            self._add_windows(content, cues, entry)
            self._run(
                "UPDATE contents SET seen = ?, compared = ? WHERE id = ?",
                seen,
                entry.compared,
                content,
            )
            return True

    def cues(self, content: int) -> tuple[Cue, ...]:
        """Return all words of a clip, with their times."""
        rows = self.rows(
            "SELECT start_s, end_s, text, on_screen FROM cues WHERE content = ? ORDER BY number",
            content,
        )
        return tuple(Cue(start, end, text, on_screen=bool(read)) for start, end, text, read in rows)

    def entry(self, content: int) -> list[tuple[Window, str]]:
        """Return the windows of a clip, and their captions."""
        rows = self.rows(
            "SELECT start_s, end_s, caption FROM windows WHERE content = ? ORDER BY start_s",
            content,
        )
        return [(Window(start, end, "even"), caption) for start, end, caption in rows]

    def known(self, content: int) -> Known | None:
        """Return what is known of a clip; None if it was forgotten."""
        found = self.rows(f"{KNOWN} WHERE id = ?", content)
        return Known(*found[0]) if found else None

    def every(self) -> list[Known]:
        """Return what is known of all clips."""
        return [Known(*row) for row in self.rows(f"{KNOWN} ORDER BY id")]

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return how many windows and words each clip has."""
        windows = dict(self.rows("SELECT content, count(*) FROM windows GROUP BY content"))
        words = self.rows("SELECT content, sum(count_words(text)) FROM cues GROUP BY content")
        return {content: (count, dict(words).get(content, 0)) for content, count in windows.items()}

    def places(self) -> list[Place]:
        """Return all files, by their paths."""
        rows = self.rows("SELECT path, content, size_bytes, changed_ns FROM places ORDER BY path")
        return [Place(self._path(path), content, (size, at)) for path, content, size, at in rows]

    def prune(self, *, unreachable: bool = False) -> tuple[int, int]:
        """Forget files that are gone.

        Args:
            unreachable: also those whose folders are gone, too, as of a disk that is not there.

        Returns:
            How many are forgotten, and how many are not because their folders are gone.

        """
        with self._writing():
            missing = [one for one in self.places() if not is_there(one.path)]
            gone = [one for one in missing if unreachable or is_there(one.path.parent)]
            for one in gone:
                self._run("DELETE FROM places WHERE path = ?", self._stored(one.path))
            self._forget_orphans({one.content for one in gone})
        with plain_errors(self.file):
            self._connection.execute("VACUUM")
        return len(gone), len(missing) - len(gone)

    def check(self) -> None:
        """Read all of the file. Raises UsageError if it is damaged."""
        require_whole(self._connection, self.file)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of a SELECT statement. Raises UsageError if the file is damaged."""
        with plain_errors(self.file):
            return self._connection.execute(statement, values).fetchall()

    def _place(self, path: Path, stamp: Stamp, content: int) -> None:
        stored = self._stored(path)
        before = self.rows("SELECT content FROM places WHERE path = ?", stored)
        self._run("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", stored, content, *stamp)
        self._forget_orphans({one for (one,) in before})

    def _forget_orphans(self, contents: Iterable[int]) -> None:
        """Forget those contents that no file has any more."""
        for content in contents:
            if not self.rows("SELECT 1 FROM places WHERE content = ? LIMIT 1", content):
                self._forget_windows(content)
                self._run("DELETE FROM contents WHERE id = ?", content)

    def _stored(self, path: Path) -> bytes:
        """Return a path as it is stored, so that a folder may move with its index."""
        whole = Path(os.path.abspath(path))  # noqa: PTH100
        beside = self.file.parent
        return os.fsencode(whole.relative_to(beside) if whole.is_relative_to(beside) else whole)

    def _path(self, stored: bytes) -> Path:
        return self.file.parent / os.fsdecode(stored)

    def _add_windows(self, content: int, cues: Sequence[Cue], entry: Entry) -> None:
        for window, caption, vectors in zip(
            entry.windows, entry.captions, entry.vectors, strict=True
        ):
            number = self._insert(
                "INSERT INTO windows (content, start_s, end_s, caption) VALUES (?, ?, ?, ?)",
                content,
                window.start_s,
                window.end_s,
                caption,
            )
            self._run(INSERT, *row(number, texts_in(window, cues, caption)))
            for kind, one in vectors.items():
                packed = one.astype(np.float16).tobytes()
                self._run("INSERT INTO meanings VALUES (?, ?, ?)", number, kind, packed)

    def _forget_windows(self, content: int) -> None:
        ids = "SELECT id FROM windows WHERE content = ?"
        self._run(f"DELETE FROM texts WHERE rowid IN ({ids})", content)
        self._run("DELETE FROM windows WHERE content = ?", content)

    def _insert(self, statement: str, *values: Any) -> int:
        number = self._connection.execute(statement, values).lastrowid
        assert number is not None
        return number

    def _run(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if _identity(self.file) != self._identity:
            raise UsageError(f"the index {str(self.file)!r} was deleted or replaced meanwhile")
        with plain_errors(self.file), transaction(self._connection):
            yield


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
