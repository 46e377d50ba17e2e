"""Cut what was found out of its clips, and show it on one sheet."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import NoSpaceError, NotAVideoError, UsageError, VideoError
from vidqa.media.container.cut_out import CutOut, cut_out, form_of
from vidqa.media.reader import Reader
from vidqa.system.file_systems import FULL, drafted
from vidqa.tasks.index.search import Hit
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.tasks.preview.png import save_png
from vidqa.types import Frame, Segment
from vidqa.types.clock import clock

SHEET = "sheet.png"
LONGEST_STEM = 120
"""Bytes of a clip's name in those of its parts."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A hit that was cut out."""

    hit: Hit
    file: Path | None
    """None if it could not be."""
    cut: CutOut | None = None
    error: VideoError | None = None
    """Why it could not be cut out."""


def save_hits(
    hits: Sequence[Hit], folder: Path, reader: Reader, *, exact: bool, force: bool
) -> list[Saved]:
    """Write every hit as a clip of its own, and a contact sheet of those that can be shown.

    Args:
        hits: of a search.
        folder: is made if it does not exist.
        reader: reads the clips.
        exact: encode them anew, so that they begin and end where they should.
        force: replace files of the same names.

    Raises:
        UsageError: a file is there already, or cannot be written.
        NoSpaceError: the disk is full.

    """
    targets = [folder / name_of(number, hit, exact) for number, hit in enumerate(hits, start=1)]
    for target in (*targets, folder / SHEET):
        if target.exists() and not force:
            raise UsageError(f"{str(target)!r} is there already", hint="--force replaces it")
    saved, sheet, segments = list[Saved](), ContactSheet(), list[Segment]()
    for hit, target in zip(hits, targets, strict=True):
        try:
            saved.append(Saved(hit, target, _save(hit, target, reader, exact=exact)))
        except VideoError as error:
            saved.append(Saved(hit, None, error=error))
        else:
            segments += _shown(hit, sheet, reader)
    if segments:
        save_png(sheet.draw(segments), folder / SHEET)
    return saved


def name_of(number: int, hit: Hit, exact: bool) -> str:
    """Return the name of a part's file: `001 talk 12.31-12.50.mp4`."""
    times = f"{clock(hit.start_s)}-{clock(hit.end_s)}".replace(":", ".")
    stem = os.fsencode(hit.path.stem)[:LONGEST_STEM].decode(errors="ignore")
    return f"{number:03} {stem} {times}.{form_of(hit.path, exact=exact)}"


def _save(hit: Hit, target: Path, reader: Reader, *, exact: bool) -> CutOut:
    form, info = target.suffix.removeprefix("."), reader.probe(hit.path)
    if info.kind == "video" and hit.start_s >= info.duration_s:
        raise NotAVideoError(
            f"{str(hit.path)!r} shows nothing any more from {clock(hit.start_s)} on"
        )
    try:
        with drafted(target) as draft:
            return reader.call(
                hit.path, cut_out, hit.path, hit.start_s, hit.end_s, draft, form, exact=exact
            )
    except OSError as error:
        if error.errno in FULL:
            raise NoSpaceError(f"the disk is full; {str(target)!r} was not written") from error
        why = error.strerror or error
        raise UsageError(f"{str(target)!r} cannot be written: {why}") from error


def _shown(hit: Hit, sheet: ContactSheet, reader: Reader) -> Iterator[Segment]:
    """Add the frame at which a hit was found to the sheet, if it can be decoded."""
    try:
        info = reader.probe(hit.path)
        if info.kind == "sound":
            return
        frames = reader.frames(info, (min(hit.at_s, info.duration_s),))
        for frame in frames:
            if isinstance(frame, Frame):
                sheet.add(frame)
                yield Segment(frame.time_s, f"{hit.path.name}: {hit.text}")
    except VideoError:  # it was cut out nevertheless
        return
