"""Search texts by their words: SQLite's FTS5, in the file of an index or in memory."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from vidqa.engine.finding.terms import searchable
from vidqa.engine.finding.texts import KINDS, Kind, Texts

TABLE = """
CREATE VIRTUAL TABLE texts USING fts5 (  -- a row a window
    said, read, seen,
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Mn Mc Co'"
);
"""
INSERT = "INSERT INTO texts (rowid, said, read, seen) VALUES (?, ?, ?, ?)"
MATCHING = "SELECT rowid FROM texts WHERE texts MATCH ?"


class Searched(Protocol):
    """What has the table."""

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of a SELECT statement."""


class TextTable:
    """The texts of some windows, in memory."""

    def __init__(self, texts: Iterable[Texts]) -> None:
        """Store them; a window's number is its place among them."""
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(TABLE)
        self._connection.executemany(INSERT, (row(at, one) for at, one in enumerate(texts)))

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of a SELECT statement."""
        return self._connection.execute(statement, values).fetchall()


def row(window: int, texts: Texts) -> tuple[int | str, ...]:
    """Return the row of a window, for `INSERT`."""
    return window, *(searchable(texts[kind]) for kind in KINDS)


def having(table: Searched, term: str, kind: Kind | None = None) -> frozenset[int]:
    """Return the windows whose texts have a term: any of them, or those of a kind."""
    wanted = f'"{term}"' if kind is None else f'{kind} : "{term}"'
    return frozenset(found[0] for found in table.rows(MATCHING, wanted))


def by_words(table: Searched, terms: Sequence[str]) -> list[int]:
    """Return the windows that have any of the terms, the best by BM25 first."""
    wanted = " OR ".join(f'"{term}"' for term in terms)
    return [found[0] for found in table.rows(f"{MATCHING} ORDER BY bm25(texts), rowid", wanted)]


def kinds_having(table: Searched, term: str, window: int) -> list[Kind]:
    """Return the kinds of text in a window that have a term."""
    return [
        kind
        for kind in KINDS
        if table.rows(f"{MATCHING} AND rowid = ?", f'{kind} : "{term}"', window)
    ]
