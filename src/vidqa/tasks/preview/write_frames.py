"""Write the frames that a model would see of a clip, one by one or on one sheet."""

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
    """The targets of the pictures."""

    sheet: Path | None = None
    """PNG file with all frames on it."""
    folder: Path | None = None
    """Folder for one PNG file per frame, named by its time in seconds."""
    replace_sheet: bool = False
    """Whether to replace an existing sheet."""
    add_frames: bool = False
    """Whether to add frames to those in the folder."""
    replace_frames: bool = False
    """Whether to delete all frames in the folder first."""
    font: Path | None = None
    """Font file for the words on the sheet; None: Pillow's, with little beyond ASCII."""


@dataclass(frozen=True, slots=True)
class Written:
    """The preview, and the files that were written."""

    seen: Preview
    files: tuple[Path, ...]
    """Files of the frames, in order; empty without a folder."""
    warnings: tuple[str, ...]
    """Warnings about what could not be shown or written as it is."""


def write_frames(
    clip: Path, options: PreviewOptions, places: Places, *, reader: Reader | None = None
) -> Written:
    """Preview a clip, and write the frames and the sheet.

    Raises:
        UsageError: something is in the way, or a setting is not valid for this clip.
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
