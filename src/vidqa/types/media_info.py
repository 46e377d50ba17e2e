"""What a media file says of itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # takes longer to import than `vidqa --help` may take
    from fractions import Fraction


NO_PICTURES = "there are no pictures in it: the answer rests on the words alone"
"""Said of sounds."""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One stream of sound in a container."""

    codec: str
    """`unknown` when no decoder here reads it."""
    language: str
    """As tagged, such as `eng`; empty when the tag is missing or says that it is undetermined."""
    channels: int
    sample_rate: int
    """In hertz; 0 when unknown, like `channels`."""
    is_default: bool
    is_readable: bool
    """Whether there is a decoder for it."""
    title: str = ""
    """As a person called it; empty when nobody did."""


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One stream of subtitles in a container."""

    codec: str
    language: str
    """As in `AudioTrack`."""
    is_text: bool
    """False for pictures of text, which cannot be read as words."""
    is_default: bool
    is_forced: bool
    """It only translates signs and foreign speech."""
    title: str = ""
    """As in `AudioTrack`."""
    cues: int | None = None
    """How many it holds; None for pictures, and where nobody has counted."""


@dataclass(frozen=True, slots=True)
class OtherPictures:
    """A stream of pictures that is not the one looked at."""

    codec: str
    width: int
    height: int
    is_cover: bool
    """A cover picture, no video."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a clip, in seconds from its first frame."""

    start_s: float
    end_s: float
    title: str
    """As written in the file; may be empty."""


Kind = Literal["video", "sound", "picture"]
"""What a file shows: pictures that move, none at all, or a single one."""

Transfer = Literal["unstated", "sdr", "pq", "hlg"]
"""How brightness is written: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67) are high dynamic range."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a container says of itself, after the lies have been sorted out."""

    path: Path
    duration_s: float
    """From the first frame to the end."""
    width: int
    """In pixels, after rotation, as frames are handed out: pixels may be wider than high."""
    height: int
    """Likewise."""
    codec: str
    container: str
    """FFmpeg's name of the format."""
    rotation_deg: int
    """Counter-clockwise, 0, 90, 180 or 270, as the decoder must turn the picture."""
    has_audio: bool
    """There is sound that can be decoded."""
    kind: Kind = "video"
    """In place of the pictures of a sound file, one grey picture is shown."""
    raw_rate: "Fraction | None" = None
    """Frames a second by which a stream without times is counted; None where there are times."""
    start_s: float = 0.0
    """The container's own time of the first frame."""
    lead_s: float = 0.0
    """How long the sound goes on before the first frame is shown, in seconds: two clocks meet here.

    Frames, and all that is told of a clip, count from its first frame; words (heard, in subtitle
    files and in tracks) from where players begin, which is `lead_s` earlier. They are moved by it
    when they are put beside frames; what is said before there is a picture goes to the first.
    """
    size_bytes: int = 0
    stated_frames: int | None = None
    """How many frames the header claims, which may be wrong; None when it claims nothing."""
    frame_rate: "Fraction | None" = None
    """Frames a second on average, as the header states or implies; None when it does not."""
    time_base: "Fraction | None" = None
    """Seconds that one step of a timestamp lasts."""
    pixel_aspect: "Fraction | None" = None
    """Width of a pixel over its height, after rotation; None when unstated: square."""
    bit_depth: int = 8
    """Of a channel."""
    transfer: Transfer = "unstated"
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    others: tuple[OtherPictures, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    @property
    def display_width(self) -> int:
        """The width a player shows at this height, when pixels are not square."""
        return round(self.width * (self.pixel_aspect or 1))

    @property
    def is_hdr(self) -> bool:
        """High dynamic range: shown as it is, it looks pale."""
        return self.transfer in ("pq", "hlg")
