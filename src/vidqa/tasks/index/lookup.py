"""Look texts and meanings up in an index."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.finding.texts import Compared
from vidqa.tasks.index.library import Library


@dataclass(frozen=True, slots=True)
class Stored:
    """A window of the index."""

    id: int
    content: int
    start_s: float
    end_s: float
    caption: str


def windows(library: Library, ids: Iterable[int]) -> dict[int, Stored]:
    """Return windows by their numbers."""
    rows = library.rows(
        "SELECT id, content, start_s, end_s, caption FROM windows "
        "WHERE id IN (SELECT value FROM json_each(?))",
        json.dumps(list(map(int, ids))),
    )
    return {row[0]: Stored(*row) for row in rows}


def windows_of(library: Library, contents: Iterable[int]) -> frozenset[int]:
    """Return the windows of some clips."""
    rows = library.rows(
        "SELECT id FROM windows WHERE content IN (SELECT value FROM json_each(?))",
        json.dumps(list(contents)),
    )
    return frozenset(row[0] for row in rows)


def count(library: Library) -> int:
    """Return how many windows there are."""
    ((number,),) = library.rows("SELECT count(*) FROM windows")
    return int(number)


def encoders(library: Library) -> dict[str | None, int]:
    """Return how many clips were encoded with what; None: with nothing."""
    rows = library.rows("SELECT compared, count(*) FROM contents GROUP BY compared")
    return dict(rows)


def meanings(
    library: Library, compared: str, width: int
) -> tuple[NDArray[np.int64], list[Compared], NDArray[np.float32]]:
    """Return all that was encoded with a model.

    Args:
        library: the index.
        compared: the model's key.
        width: numbers of a vector.

    Returns:
        The window of each text or picture, its kind, and its vector, (texts, width).

    """
    rows = library.rows(
        "SELECT window, kind, vectors FROM meanings JOIN windows ON windows.id = window "
        "JOIN contents ON contents.id = windows.content WHERE compared = ?",
        compared,
    )
    pieces = [len(vectors) // (2 * width) for _, _, vectors in rows]
    owners = np.repeat(np.array([row[0] for row in rows], np.int64), pieces)
    kinds = [kind for (_, kind, _), many in zip(rows, pieces, strict=True) for _ in range(many)]
    vectors = np.frombuffer(b"".join(row[2] for row in rows), np.float16)
    return owners, kinds, vectors.reshape(-1, width).astype(np.float32)
