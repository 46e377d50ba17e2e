"""Open a media file by its content, never by its name, with plain errors when that fails."""

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
"""The suffix of FFmpeg's names of single-picture formats."""

PICTURE_BRANDS = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1"})
"""Major brands of single pictures in an MP4 container (HEIF, AVIF)."""

RAW_FORMATS = frozenset(
    {"cavsvideo", "dirac", "h264", "hevc", "m4v", "mpegvideo", "obu", "vc1", "vvc"}
)
"""FFmpeg's names of raw streams: an encoder's output without timestamps."""

USUAL_RATE = Fraction(25)
"""Frames per second of a raw stream that states no rate, as FFmpeg assumes."""

OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(KNOWN_FORMATS)}
"""FFmpeg options: nothing is fetched from a network, and no file opens others."""

MOST_PIXELS_A_BYTE = 2e6
"""Pixels per byte beyond which a file is a trap (3e5: a still screen in the best format)."""

FEW_PIXELS = 2e10
"""Pixels that are always decoded, however small the file is: they take seconds."""

LEAST_LEAD_S = 0.1
"""Seconds of sound before the first frame that are ignored: an encoder's padding is not sound."""

LONGEST_LEAD_S = 3600.0
"""Seconds of sound before the first frame beyond which the two clocks are unrelated."""

SNIFFED_BYTES = 1024
"""Bytes read from the start of a file to recognise text."""


def quoted(path: Path) -> str:
    """Return the path in quotes, control characters escaped: safe to show anywhere."""
    return repr(str(path))


@contextmanager
def open_media(path: Path) -> Iterator[Any]:
    """Open a file for demuxing.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it is a directory, empty, unreadable, or in a format unknown to FFmpeg.

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
    """A file without a name: FFmpeg sees only its content."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def video_stream(container: Any, path: Path) -> Any:
    """Return the video stream that a player would show; never a cover picture.

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
    """Counts of what a decoder had to skip."""

    def __init__(self) -> None:
        self.packets = 0
        """Packets that could not be decoded."""
        self.cut_off = False
        """Whether the file could not be read to its end."""
        self.missing = 0
        """Packets that gave no frame, known when all are read; frames that are not meant to be
        shown count too."""


def readable_packets(container: Any, losses: Losses, *streams: Any) -> Iterator[Any]:
    """Yield the packets of the streams (default: all) up to where the container is unreadable.

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
    """Yield the frames of a stream in decoder order; skip and count what is damaged.

    Raises:
        NotAVideoError: it is a decompression bomb: a small file, endless to decode.

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
    """Return the first frame, None if there is none; its time is the start of the clip."""
    return next(decoded(container, stream, Losses()), None)


def start_of(frame: Any) -> float:
    """Return the time of a frame in its container, in seconds."""
    return 0.0 if frame.time is None else float(frame.time)


def lead_of(container: Any, start_s: float) -> float:
    """Return the seconds of sound before the first frame, which is shown at `start_s`.

    `vidqa.types.media_info.VideoInfo.lead_s` explains the two time lines: frames count from the
    first frame, words from where players begin.
    """
    lead_s = start_s - float((container.start_time or 0) / av.time_base)
    return lead_s if LEAST_LEAD_S <= lead_s <= LONGEST_LEAD_S else 0.0


def words_start(path: Path) -> float:
    """Return the container time, in seconds, from which word times count: where players begin.

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
    """Return a command that lists the folder; None if its name is not printable."""
    folder = str(path.parent)
    return f"check the name: ls {shlex.quote(folder)}" if folder.isprintable() else None


def _is_encrypted(packet: Any) -> bool:
    """Return whether a packet is encrypted (Common Encryption, ISO 23001-7, or the like)."""
    return bool(packet.has_sidedata("encryption_info"))


def is_picture(container: Any) -> bool:
    """Return whether the container holds a single picture."""
    brand = container.metadata.get("major_brand", "").strip()
    return container.format.name.endswith(PICTURE_FORMAT) or brand in PICTURE_BRANDS


def raw_rate(container: Any, stream: Any) -> Fraction | None:
    """Return the frame rate of a stream without timestamps, as stated; None if it has them."""
    if container.format.name not in RAW_FORMATS:
        return None
    return Fraction(stream.average_rate or stream.guessed_rate or USUAL_RATE)


def _why_unreadable(path: Path, error: Exception) -> str:
    """Return why a file cannot be opened, as far as its first bytes tell."""
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
    """Return whether a stream can be decoded and is not a cover picture."""
    is_cover = stream.disposition & av.stream.Disposition.attached_pic
    return stream.codec_context is not None and not is_cover
