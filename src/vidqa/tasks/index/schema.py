"""The tables of an index, and how its file is opened."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from vidqa.engine.finding.full_text import TABLE as TEXTS
from vidqa.errors import NoSpaceError, UsageError
from vidqa.types.wording import count_words

APPLICATION = 0x56_51_49_58
"""`VQIX`: marks a file as an index, in SQLite's own header."""
VERSION = 1
"""Of the tables; a file of another one is refused."""
PATIENCE_S = 60.0
"""Seconds to wait for another process that writes."""
POLL_S = 0.05

TABLES = """
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given out again
    fingerprint TEXT NOT NULL,
    subtitles TEXT NOT NULL,    -- fingerprints of the files beside it; empty if there are none
    heard TEXT NOT NULL,        -- settings that the words depend on, as JSON
    duration_s REAL NOT NULL,
    source TEXT NOT NULL,       -- of the words, as in `vidqa ask --json`
    language TEXT,
    seen TEXT,                  -- settings that the captions depend on, as JSON; NULL: none yet
    compared TEXT,              -- what the meanings were encoded with; NULL: with nothing
    UNIQUE (fingerprint, subtitles, heard)
);
CREATE TABLE places (
    path BLOB PRIMARY KEY,      -- below the folder of this file, else absolute
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    size_bytes INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX places_of ON places (content);
CREATE TABLE cues (             -- times in seconds from the first frame
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    text TEXT NOT NULL,
    on_screen INTEGER NOT NULL,
    PRIMARY KEY (content, number)
) WITHOUT ROWID;
CREATE TABLE windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    caption TEXT NOT NULL
);
CREATE INDEX windows_of ON windows (content, start_s);
CREATE TABLE meanings (
    window INTEGER NOT NULL REFERENCES windows ON DELETE CASCADE,
    kind TEXT NOT NULL,         -- said, read or seen
    vectors BLOB NOT NULL,      -- float16, rows of length 1, one a piece of the text
    PRIMARY KEY (window, kind)
) WITHOUT ROWID;
"""


def opened(file: Path, *, writes: bool) -> sqlite3.Connection:
    """Open an index; make it if it does not exist and is to be written.

    Raises:
        UsageError: it does not exist, is something else, or cannot be read or written.
        NoSpaceError: the disk is full.

    """
    if not writes and not file.exists():
        raise UsageError(f"there is no index {str(file)!r} yet", hint="vidqa index FOLDER")
    with plain_errors(file):
        if writes:
            file.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = _begun(str(file), writes=writes)
        except sqlite3.OperationalError as error:
            if writes or not _cannot_write(error) or _has_log(file):
                raise
            # nobody can write on such a disk, so that nothing has to be locked
            name = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
            connection = _begun(name, writes=False)
        try:
            _require_an_index(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


def _begun(name: str, *, writes: bool) -> sqlite3.Connection:
    is_uri = name.startswith("file:")
    connection = sqlite3.connect(name, timeout=PATIENCE_S, isolation_level=None, uri=is_uri)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function("count_words", 1, count_words, deterministic=True)
        if writes:
            _make(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file; other processes may be doing the same."""
    deadline = time.monotonic() + PATIENCE_S
    while _pragma(connection, "journal_mode") != "wal":
        try:  # which waits for nobody
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(POLL_S)
    connection.execute("PRAGMA synchronous = NORMAL")
    if _pragma(connection, "application_id") != 0:
        return
    with transaction(connection):
        (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if _pragma(connection, "application_id") == 0 and count == 0:
            for statement in (TABLES + TEXTS).split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")


def _require_an_index(connection: sqlite3.Connection, file: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION:
        raise UsageError(f"{str(file)!r} is not an index of vidqa", hint="choose another --index")
    if (version := _pragma(connection, "user_version")) != VERSION:
        raise UsageError(
            f"the index {str(file)!r} is of version {version}, this vidqa reads version {VERSION}",
            hint="delete it, and index the clips again",
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int | str:
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _cannot_write(error: sqlite3.OperationalError) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))


def _has_log(file: Path) -> bool:
    """Return whether there is more than the file: what a process wrote that was killed."""
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Write all that the body does, or nothing of it."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def plain_errors(file: Path) -> Iterator[None]:
    """Turn errors of SQLite into ones for the user."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith("SQLITE_FULL"):
            message = f"the disk is full; the index {str(file)!r} was not written"
            raise NoSpaceError(message) from error
        if code.startswith("SQLITE_NOTADB"):
            message = f"{str(file)!r} is not an index of vidqa"
            raise UsageError(message, hint="choose another --index") from error
        if code.startswith("SQLITE_CORRUPT"):
            raise damaged(file) from error
        if isinstance(error, sqlite3.OperationalError):
            raise UsageError(f"the index {str(file)!r} cannot be used: {error}") from error
        raise


def damaged(file: Path) -> UsageError:
    """Return the error for a file whose content does not fit together."""
    hint = "delete it, and index the clips again"
    return UsageError(f"the index {str(file)!r} is damaged", hint=hint)


def require_whole(connection: sqlite3.Connection, file: Path) -> None:
    """Read all of an index. Raises UsageError if it is damaged."""
    with plain_errors(file), closing(connection.execute("PRAGMA integrity_check")) as found:
        if [said for (said,) in found] != ["ok"]:
            raise damaged(file)
    for statement in (
        "SELECT id FROM windows EXCEPT SELECT rowid FROM texts",
        "SELECT rowid FROM texts EXCEPT SELECT id FROM windows",
        "SELECT id FROM contents EXCEPT SELECT content FROM windows",
    ):
        with plain_errors(file):
            if connection.execute(statement).fetchone() is not None:
                raise damaged(file)
