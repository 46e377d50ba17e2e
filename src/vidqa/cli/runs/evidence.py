"""Cut what supports answers out of their clips."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.cli.render.status import StatusReporter
from vidqa.errors import UsageError
from vidqa.types.wording import counted


@dataclass(frozen=True, slots=True)
class Support:
    """A part of a clip that supports a sentence."""

    path: Path
    start_s: float
    end_s: float
    text: str

    @property
    def at_s(self) -> float:
        """The middle of it."""
        return (self.start_s + self.end_s) / 2


def require_room(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something, before anything is answered. Raises UsageError."""
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError(f"{str(folder)!r} is not empty", hint="--force replaces files in it")


def save_evidence(
    records: Iterable[Mapping[str, Any]], folder: Path, reporter: StatusReporter, *, force: bool
) -> bool:
    """Write a clip of each place that supports a sentence, and a contact sheet of them.

    Args:
        records: of all answers.
        folder: is made if it does not exist.
        reporter: is told what is written.
        force: replace files.

    Returns:
        Whether all could be cut out.

    Raises:
        UsageError: a file is there already, or cannot be written.
        NoSpaceError: the disk is full.

    """
    from vidqa.media.reader import Reader
    from vidqa.tasks.index.save import save_parts

    parts = list(dict.fromkeys(_supports(records)))
    if not parts:
        reporter.note(
            "there is no evidence to be saved: no window of a long clip supports an answer"
        )
        return True
    saved = save_parts(parts, folder, Reader(), exact=False, force=force)
    for one in saved:
        if one.error is not None:
            reporter.error(one.error, about=str(one.part.path))
    done = sum(one.file is not None for one in saved)
    reporter.note(f"{counted(done, 'clip')} cut out -> {folder}")
    return done == len(saved)


def _supports(records: Iterable[Mapping[str, Any]]) -> Iterator[Support]:
    for record in records:
        for claim in record.get("claims", ()):
            for start_s, end_s in claim["spans"]:
                yield Support(Path(record["video"]), start_s, end_s, claim["text"])
