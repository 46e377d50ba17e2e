"""Write PNG files that appear only when they are complete."""

import re
from pathlib import Path

from PIL import Image

from vidqa.errors import NoSpaceError, UsageError
from vidqa.system.file_systems import FULL, drafted
from vidqa.tasks.folders.journal import disk_errors

SUFFIX = ".png"
FRAME = re.compile(r"\d+\.\d{3}\.png")
"""Pattern of the names that `frame_name` returns."""


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a target that cannot be written, before the work starts.

    Raises:
        UsageError: it is not a PNG file, lies below a file, or exists and must not be replaced.

    """
    if target.suffix.lower() != SUFFIX:
        raise UsageError(f"{str(target)!r}: only PNG is written", hint="let its name end in .png")
    if target.is_dir():
        raise UsageError(f"{str(target)!r} is a folder")
    above = next(one for one in target.parents if one.exists())
    if not above.is_dir():
        raise UsageError(f"{str(target)!r} cannot be written: {str(above)!r} is a file")
    if target.exists() and not force:
        raise _is_there(target)


def _is_there(target: Path) -> UsageError:
    hint = "choose another name, or add --force"
    return UsageError(f"{str(target)!r} is there already", hint=hint)


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that frames cannot be written to; it need not exist yet.

    Raises:
        UsageError: it is a file, or already holds frames that might be of another clip.

    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is a file, not a folder")
    if folder.is_dir() and not force and any(FRAME.fullmatch(one.name) for one in folder.iterdir()):
        raise UsageError(
            f"{str(folder)!r} holds frames already", hint="choose another folder, or add --force"
        )


def clear_frames(folder: Path) -> None:
    """Delete the frames in a folder; other files stay. Raises as `disk_errors`."""
    with disk_errors(folder):
        if folder.is_dir():
            for file in folder.iterdir():
                if FRAME.fullmatch(file.name):
                    file.unlink()


def save_png(image: Image.Image, target: Path, *, replace: bool = True) -> None:
    """Write a picture to a draft, then rename it; its folder is made if needed.

    Args:
        image: the picture.
        target: its file.
        replace: False if the file must not exist, not even when the draft is complete.

    Raises:
        NoSpaceError: the disk is full.
        UsageError: it cannot be written there.

    """
    try:
        with drafted(target, replace=replace) as draft:
            image.save(draft, format="PNG")
    except OSError as error:
        if isinstance(error, FileExistsError) and target.exists():
            raise _is_there(target) from error
        if error.errno in FULL:
            raise NoSpaceError(f"the disk is full; {str(target)!r} was not written") from error
        raise UsageError(f"{str(target)!r} cannot be written: {error.strerror or error}") from error


def frame_name(time_s: float) -> str:
    """Return the name of a frame's file, its time in seconds: `12.345.png`."""
    return f"{time_s:.3f}{SUFFIX}"
