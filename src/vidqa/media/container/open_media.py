"""Open a file by what is in it, never by its name, and say in plain words when that fails."""

import shlex
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import av

from vidqa.errors import ClipNotFoundError, NotAVideoError, NoVideoStreamError, VideoError
from vidqa.media.container.formats import KNOWN_FORMATS
from vidqa.media.worker.heartbeat import beat

PICTURE_FORMAT = "_pipe"
"""How FFmpeg's names of single-picture formats end."""

PICTURE_BRANDS = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1"})
"""Of single pictures that look like an MP4 (HEIF, AVIF)."""

RAW_FORMATS = frozenset(
    {"cavsvideo", "dirac", "h264", "hevc", "m4v", "mpegvideo", "obu", "vc1", "vvc"}
)
"""Streams as encoders make them, without times, as cameras and recorders leave them."""

USUAL_RATE = Fraction(25)
"""Frames a second, FFmpeg's guess where a raw stream says nothing."""

OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(KNOWN_FORMATS)}
"""Nothing is fetched from a network, and no file opens others."""

MOST_PIXELS_A_BYTE = 2e6
"""Of a recording of a screen on which nothing moves, in the best of formats, it is 3e5."""

FEW_PIXELS = 2e10
"""So many are decoded in seconds, however small the file is."""

LEAST_LEAD_S = 0.1
"""A sound that begins less than this before the picture begins with it: what encoders put before
its first sample is no sound."""

LONGEST_LEAD_S = 3600.0
"""Beyond an hour two clocks have nothing to do with each other."""

SNIFFED_BYTES = 1024
"""Enough of the beginning to tell text from anything else."""


def quoted(path: Path) -> str:
    """The name in quotes, control characters escaped: safe to show anywhere."""
    return repr(str(path))


@contextmanager
def open_media(path: Path) -> Iterator[Any]:
    """Open a file for demuxing.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: a directory, empty, unreadable, or nothing FFmpeg knows.

    """
    _check_file(path)
    with ExitStack() as stack:
        try:
            try:
                # an absolute path cannot be taken for a protocol ("a:b.mp4")
                container = stack.enter_context(_opened(str(path.absolute())))
            except av.error.ArgumentError:  # FFmpeg takes `photo.jpg` for one of a list of files
                file = stack.enter_context(path.open("rb"))
                container = stack.enter_context(_opened(_Nameless(file)))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise NotAVideoError(
                f"{quoted(path)} is not a readable video: {_why_unreadable(path, error)}"
            ) from error
        yield container


def _opened(source: Any) -> Any:
    return av.open(source, metadata_errors="ignore", options=OPEN_OPTIONS)


class _Nameless:
    """A file of which FFmpeg sees the content only."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def video_stream(container: Any, path: Path) -> Any:
    """The stream a player would show; never a cover picture.

    Raises:
        NoVideoStreamError: there is sound, but nothing to see.
        NotAVideoError: there is neither.

    """
    best = container.streams.best("video")
    if best is not None and _is_shown(best):
        return best
    moving = [stream for stream in container.streams.video if _is_shown(stream)]
    if moving:
        return max(moving, key=lambda stream: stream.width * stream.height)
    unknown = [one for one in container.streams.video if one.codec_context is None]
    if unknown:
        raise NotAVideoError(f"{quoted(path)} is in a video format that no decoder here knows")
    if best is None and not container.streams.audio:
        raise NotAVideoError(f"{quoted(path)} is not a video: it has neither pictures nor sound")
    cover = "" if best is None else ", except a cover picture"
    raise NoVideoStreamError(f"{quoted(path)} has sound but no video{cover}")


class Losses:
    """What a decoder had to leave out."""

    def __init__(self) -> None:
        self.packets = 0
        """Packets that could not be decoded."""
        self.cut_off = False
        """The file could not be read to its end."""
        self.missing = 0
        """Packets that went in without a picture coming out, known when all are read; among them
        the pictures that are not meant to be shown."""


def readable_packets(container: Any, losses: Losses, *streams: Any) -> Iterator[Any]:
    """The packets of the streams, all by default, up to where the container is unreadable.

    Raises:
        NotAVideoError: they are encrypted.

    """
    source, known = container.demux(*streams), set[int]()
    while True:
        try:
            packet = next(source)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError):
            losses.cut_off = True
            return
        beat()
        if packet.stream_index not in known:
            known.add(packet.stream_index)
            if _is_encrypted(packet):
                raise NotAVideoError(
                    f"{quoted(Path(container.name))} is encrypted (DRM): nothing in it can be read "
                    "without its key"
                )
        yield packet


def decoded(container: Any, stream: Any, losses: Losses) -> Iterator[Any]:
    """Every frame of a stream in the decoder's order; what is damaged is skipped and counted.

    Raises:
        NotAVideoError: it is a trap, small to keep and endless to decode.

    """
    fed = shown = size_bytes = 0
    pixels = 0.0
    rate = raw_rate(container, stream)
    for packet in chain(readable_packets(container, losses, stream), [None]):
        fed += packet is not None and bool(packet.size)
        size_bytes += 0 if packet is None else packet.size
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.EOFError:
            continue  # the container's end has emptied the decoder already
        except MemoryError:
            raise  # also one of FFmpeg's errors, and no damage of the clip
        except (av.error.FFmpegError, ValueError):
            losses.packets += 1
            continue
        for number, frame in enumerate(frames, start=shown):
            beat()
            pixels += getattr(frame, "width", 0) * getattr(frame, "height", 0)
            if rate is not None:
                frame.pts, frame.time_base = number, 1 / rate
            frame.time_base = frame.time_base or stream.time_base  # unknown after a sudden end
            yield frame
        shown += len(frames)
        if pixels > max(FEW_PIXELS, MOST_PIXELS_A_BYTE * size_bytes):
            raise NotAVideoError(
                f"{quoted(Path(container.name))} is a trap: pictures of next to nothing, drawn "
                "very large"
            )
    losses.missing = max(0, fed - shown - losses.packets)


def first_frame(container: Any, stream: Any) -> Any | None:
    """The first frame shown; its time is the beginning of the clip."""
    return next(decoded(container, stream, Losses()), None)


def start_of(frame: Any) -> float:
    """The time of a frame in its container, in seconds."""
    return 0.0 if frame.time is None else float(frame.time)


def lead_of(container: Any, start_s: float) -> float:
    """How long the sound goes on before the first frame, at `start_s`, is shown; in seconds.

    That frames count from the first of them, and words from where players begin, is said in
    `vidqa.types.media_info.VideoInfo.lead_s`.
    """
    lead_s = start_s - float((container.start_time or 0) / av.time_base)
    return lead_s if LEAST_LEAD_S <= lead_s <= LONGEST_LEAD_S else 0.0


def words_start(path: Path) -> float:
    """The container's time from which the times of words count, in seconds: where players begin.

    It is the time of the first frame shown, unless the sound begins well before it.
    """
    with open_media(path) as container:
        try:
            frame = first_frame(container, video_stream(container, path))
        except VideoError:
            frame = None  # only sound, which is fine here
        if frame is not None:
            return start_of(frame) - lead_of(container, start_of(frame))
        return float((container.start_time or 0) / av.time_base)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except PermissionError as error:
        raise NotAVideoError(f"{quoted(path)} cannot be read: permission denied") from error
    except (OSError, ValueError) as error:
        raise ClipNotFoundError(f"there is no file {quoted(path)}", hint=_look(path)) from error
    if stat.S_ISDIR(status.st_mode):
        hint = "name the clips in it, one by one or with a pattern such as DIRECTORY/*.mp4"
        raise NotAVideoError(f"{quoted(path)} is a directory, not a video", hint=hint)
    if not stat.S_ISREG(status.st_mode):
        raise NotAVideoError(f"{quoted(path)} is a device or a pipe, not a video file")
    if status.st_size == 0:
        raise NotAVideoError(f"{quoted(path)} is empty (0 bytes)")


def _look(path: Path) -> str | None:
    """A command that shows what is there instead, where the name can be shown at all."""
    folder = str(path.parent)
    return f"check the name: ls {shlex.quote(folder)}" if folder.isprintable() else None


def _is_encrypted(packet: Any) -> bool:
    """Under Common Encryption (ISO 23001-7) or the like, as shops sell films."""
    return bool(packet.has_sidedata("encryption_info"))


def is_picture(container: Any) -> bool:
    """Whether it holds a single picture."""
    brand = container.metadata.get("major_brand", "").strip()
    return container.format.name.endswith(PICTURE_FORMAT) or brand in PICTURE_BRANDS


def raw_rate(container: Any, stream: Any) -> Fraction | None:
    """Frames a second of a stream without times, as it states; None where there are times."""
    if container.format.name not in RAW_FORMATS:
        return None
    return Fraction(stream.average_rate or stream.guessed_rate or USUAL_RATE)


def _why_unreadable(path: Path, error: Exception) -> str:
    """What the file is instead, as far as its first bytes tell."""
    if isinstance(error, PermissionError):
        return "permission denied"
    with path.open("rb") as file:
        head = file.read(SNIFFED_BYTES)
    if head[4:8] == b"ftyp":
        return "it begins like an MP4, but its index is missing or damaged (was it cut off?)"
    if _is_text(head):
        return "it is a text file"
    return "it is in no known format, or damaged"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(head) - 4 and all(c.isprintable() or c.isspace() for c in text)


def _is_shown(stream: Any) -> bool:
    """Whether it can be decoded, and is no cover picture."""
    is_cover = stream.disposition & av.stream.Disposition.attached_pic
    return stream.codec_context is not None and not is_cover
