"""Write the frames that a model would see of a clip: one by one, or on one sheet."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vidqa.media.reader import Reader
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.tasks.preview.png import check_folder, check_target, clear_frames, frame_name, save_png
from vidqa.tasks.preview.preview import Preview, PreviewOptions, preview
from vidqa.types import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where pictures go."""

    sheet: Path | None = None
    """A PNG file with all frames on it."""
    folder: Path | None = None
    """Gets a PNG file a frame, named by its time in seconds."""
    replace_sheet: bool = False
    """Whatever is there."""
    add_frames: bool = False
    """To those that are in the folder."""
    replace_frames: bool = False
    """All those in the folder are thrown away."""
    font: Path | None = None
    """Of the words on the sheet; a plain one with little beyond ASCII if None."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was seen, and where it is."""

    seen: Preview
    files: tuple[Path, ...]
    """Of the frames, in their order; empty without a folder."""
    warnings: tuple[str, ...]
    """What could not be seen or written as it is."""


def write_frames(
    clip: Path, options: PreviewOptions, places: Places, *, reader: Reader | None = None
) -> Written:
    """Look at a clip as a model would, and write what there is to see.

    Raises:
        UsageError: something is in the way, or a setting makes no sense for this clip.
        NoSpaceError: the disk is full.
        VidqaError: as `preview` does.

    """
    if places.sheet is not None:
        check_target(places.sheet, force=places.replace_sheet)
    if places.folder is not None:
        check_folder(places.folder, force=places.add_frames or places.replace_frames)
    sheet = None if places.sheet is None else ContactSheet(places.font)
    files, seen = list[Path](), None
    for item in preview(clip, options, reader=reader or Reader()):
        if isinstance(item, Preview):
            seen = item
            continue
        if places.folder is not None:
            if places.replace_frames and not files:
                clear_frames(places.folder)
            files.append(_save(item, places.folder))
        if sheet is not None:
            sheet.add(item)
    assert seen is not None, "the preview ends with what it knows"
    warnings = seen.warnings
    if sheet is not None and places.sheet is not None:
        image = sheet.draw(seen.fitted.segments)
        save_png(image, places.sheet, replace=places.replace_sheet)
        warnings += sheet.complaints()
    return Written(seen, tuple(files), warnings)


def _save(frame: Frame, folder: Path) -> Path:
    target = folder / frame_name(frame.time_s)
    save_png(Image.fromarray(frame.pixels), target)
    return target
