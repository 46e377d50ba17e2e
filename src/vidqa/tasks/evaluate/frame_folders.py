"""Clips that are published as a folder of frames: they become a file, without being coded again."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from vidqa.errors import NoSpaceError, NotAVideoError
from vidqa.system.file_systems import FULL
from vidqa.tasks.evaluate.benchmarks.data import PICTURES

RATE = 3
"""Frames a second of TVQA's folders, and so of MVBench's."""


class FrameFolders:
    """Makes files of folders, which are gone in the end."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._made: dict[Path, Path] = {}
        self._numbers = count()

    def as_file(self, clip: Path) -> Path:
        """Return a clip as a file: itself, or its frames at 3 a second.

        Raises:
            NotAVideoError: a frame cannot be read.
            NoSpaceError: the disk is full.

        """
        if not clip.is_dir():
            return clip
        if clip not in self._made:
            target = self._scratch / f"{next(self._numbers)}.mkv"
            try:
                _join(clip, target)
            except OSError as error:
                if error.errno in FULL:
                    raise NoSpaceError(f"the disk is full; {clip} was not made a video") from error
                why = error.strerror or "one is no picture"
                raise NotAVideoError(f"the frames in {clip} cannot be read: {why}") from error
            self._made[clip] = target
        return self._made[clip]

    def forget(self, clip: Path | None) -> None:
        """Delete what was made of a clip that was watched."""
        if clip is not None and (made := self._made.pop(clip, None)) is not None:
            made.unlink(missing_ok=True)


@contextmanager
def frame_folders() -> Iterator[FrameFolders]:
    """Make files of folders while the body runs."""
    with TemporaryDirectory(prefix="vidqa-frames-") as scratch:
        yield FrameFolders(Path(scratch))


def _join(folder: Path, target: Path) -> None:
    """Write the JPEG frames of a folder, in the order of their names, as a video."""
    import av
    from PIL import Image

    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in PICTURES)
    with av.open(str(target), "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mjpeg", rate=RATE)
        stream.pix_fmt = "yuvj420p"
        tick = Fraction(1, RATE)  # the stream's own becomes the container's
        for place, file in enumerate(files):
            content = file.read_bytes()
            with Image.open(io.BytesIO(content)) as picture:
                width, height = picture.size
                if picture.format != "JPEG":
                    content = _as_jpeg(picture)
            if place == 0:
                stream.width, stream.height = width, height
            packet = av.Packet(content)
            packet.pts = packet.dts = place
            packet.time_base, packet.duration = tick, 1
            packet.stream, packet.is_keyframe = stream, True
            container.mux(packet)


def _as_jpeg(picture: object) -> bytes:
    from PIL import Image

    assert isinstance(picture, Image.Image), "it was opened as one"
    coded = io.BytesIO()
    picture.convert("RGB").save(coded, "JPEG", quality=95)
    return coded.getvalue()
