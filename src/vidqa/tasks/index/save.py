"""Cut what was found out of its clips, and show it on one sheet."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from vidqa.errors import NoSpaceError, NotAVideoError, UsageError, VideoError
from vidqa.media.container.cut_out import CutOut, cut_out, form_of
from vidqa.media.reader import Reader
from vidqa.system.file_systems import FULL, drafted
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.tasks.preview.png import save_png
from vidqa.types import Frame, Segment
from vidqa.types.clock import clock

SHEET = "sheet.png"
LONGEST_STEM = 120
"""Bytes of a clip's name in those of its parts."""


class Part(Protocol):
    """A part of a clip."""

    @property
    def path(self) -> Path:
        """The clip."""

    @property
    def start_s(self) -> float:
        """Where it begins, in seconds from the first frame."""

    @property
    def end_s(self) -> float:
        """Where it ends."""

    @property
    def at_s(self) -> float:
        """When the frame is seen that stands for it."""

    @property
    def text(self) -> str:
        """What it is."""


AnyPart = TypeVar("AnyPart", bound=Part)


@dataclass(frozen=True, slots=True)
class Saved(Generic[AnyPart]):
    """A part that was cut out."""

    part: AnyPart
    file: Path | None
    """None if it could not be."""
    cut: CutOut | None = None
    error: VideoError | None = None
    """Why it could not be cut out."""


def save_parts(
    parts: Sequence[AnyPart], folder: Path, reader: Reader, *, exact: bool, force: bool
) -> list[Saved[AnyPart]]:
    """Write every part as a clip of its own, and a contact sheet of those that can be shown.

    Args:
        parts: of any clips.
        folder: is made if it does not exist.
        reader: reads the clips.
        exact: encode them anew, so that they begin and end where they should.
        force: replace files of the same names.

    Raises:
        UsageError: a file is there already, or cannot be written.
        NoSpaceError: the disk is full.

    """
    targets = [folder / name_of(number, part, exact) for number, part in enumerate(parts, start=1)]
    for target in (*targets, folder / SHEET):
        if target.exists() and not force:
            raise UsageError(f"{str(target)!r} is there already", hint="--force replaces it")
    saved, sheet, segments = list[Saved[AnyPart]](), ContactSheet(), list[Segment]()
    for part, target in zip(parts, targets, strict=True):
        try:
            saved.append(Saved(part, target, _save(part, target, reader, exact=exact)))
        except VideoError as error:
            saved.append(Saved(part, None, error=error))
        else:
            segments += _shown(part, sheet, reader)
    if segments:
        save_png(sheet.draw(segments), folder / SHEET)
    return saved


def name_of(number: int, part: Part, exact: bool) -> str:
    """Return the name of a part's file: `001 talk 12.31-12.50.mp4`."""
    times = f"{clock(part.start_s)}-{clock(part.end_s)}".replace(":", ".")
    stem = os.fsencode(part.path.stem)[:LONGEST_STEM].decode(errors="ignore")
    return f"{number:03} {stem} {times}.{form_of(part.path, exact=exact)}"


def _save(part: Part, target: Path, reader: Reader, *, exact: bool) -> CutOut:
    form, info = target.suffix.removeprefix("."), reader.probe(part.path)
    if info.kind == "video" and part.start_s >= info.duration_s:
        raise NotAVideoError(
            f"{str(part.path)!r} shows nothing any more from {clock(part.start_s)} on"
        )
    try:
        with drafted(target) as draft:
            return reader.call(
                part.path, cut_out, part.path, part.start_s, part.end_s, draft, form, exact=exact
            )
    except OSError as error:
        if error.errno in FULL:
            raise NoSpaceError(f"the disk is full; {str(target)!r} was not written") from error
        why = error.strerror or error
        raise UsageError(f"{str(target)!r} cannot be written: {why}") from error


def _shown(part: Part, sheet: ContactSheet, reader: Reader) -> Iterator[Segment]:
    """Add the frame at which a part is best seen to the sheet, if it can be decoded."""
    try:
        info = reader.probe(part.path)
        if info.kind == "sound":
            return
        frames = reader.frames(info, (min(part.at_s, info.duration_s),))
        for frame in frames:
            if isinstance(frame, Frame):
                sheet.add(frame)
                yield Segment(frame.time_s, f"{part.path.name}: {part.text}")
    except VideoError:  # it was cut out nevertheless
        return
