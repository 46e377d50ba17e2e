"""The metadata of a media file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # too slow to import for `vidqa --help`
    from fractions import Fraction


NO_PICTURES = "there are no pictures in it: the answer rests on the words alone"
"""Warning for sound files."""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream in a container."""

    codec: str
    """Name of the codec; `unknown` if there is no decoder for it."""
    language: str
    """Language tag, such as `eng`; empty if missing or tagged as undetermined."""
    channels: int
    sample_rate: int
    """Samples per second; 0 if unknown, like `channels`."""
    is_default: bool
    is_readable: bool
    """Whether there is a decoder for it."""
    title: str = ""
    """Title given by a person; empty if none was given."""


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """One subtitle stream in a container."""

    codec: str
    language: str
    """Language tag, as in `AudioTrack`."""
    is_text: bool
    """Whether it holds text; False for pictures of text, which cannot be read as words."""
    is_default: bool
    is_forced: bool
    """Whether it only translates signs and foreign speech."""
    title: str = ""
    """Title, as in `AudioTrack`."""
    cues: int | None = None
    """Number of cues; None for pictures of text, and if not counted."""


@dataclass(frozen=True, slots=True)
class OtherPictures:
    """A video stream other than the one that is decoded."""

    codec: str
    width: int
    height: int
    is_cover: bool
    """Whether it is a cover picture, not a video."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a clip, in seconds from its first frame."""

    start_s: float
    end_s: float
    title: str
    """Title as written in the file; may be empty."""


Kind = Literal["video", "sound", "picture"]
"""Kind of a file: moving pictures, no pictures, or a single picture."""

Transfer = Literal["unstated", "sdr", "pq", "hlg"]
"""Transfer function: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67) are high dynamic range."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The metadata of a container, with false statements corrected."""

    path: Path
    duration_s: float
    """Seconds from the first frame to the end."""
    width: int
    """Pixels, after rotation, as frames are decoded: pixels may be wider than high."""
    height: int
    """Pixels, after rotation, as frames are decoded."""
    codec: str
    container: str
    """Name of the format in FFmpeg."""
    rotation_deg: int
    """Degrees by which the picture is turned counter-clockwise: 0, 90, 180 or 270."""
    has_audio: bool
    """Whether there is sound that can be decoded."""
    kind: Kind = "video"
    """Kind of the file; for a sound file, one grey picture is shown."""
    raw_rate: "Fraction | None" = None
    """Frames per second assumed for a stream without timestamps; None if it has timestamps."""
    start_s: float = 0.0
    """Seconds on the container's clock at the first frame."""
    lead_s: float = 0.0
    """Seconds of sound before the first frame: the offset between two clocks.

    Frames, and all times reported of a clip, count from its first frame; words (heard, in subtitle
    files and in tracks) from where players start, which is `lead_s` earlier. Words are shifted by
    it when assigned to frames; words before the first frame go to the first.
    """
    size_bytes: int = 0
    stated_frames: int | None = None
    """Number of frames in the header, which may be wrong; None if it states none."""
    frame_rate: "Fraction | None" = None
    """Average frames per second, as the header states or implies; None if it does not."""
    time_base: "Fraction | None" = None
    """Seconds per unit of a timestamp."""
    pixel_aspect: "Fraction | None" = None
    """Width of a pixel over its height, after rotation; None if unstated (square)."""
    bit_depth: int = 8
    """Bits per channel."""
    transfer: Transfer = "unstated"
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    others: tuple[OtherPictures, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    @property
    def display_width(self) -> int:
        """The width in square pixels at which a player shows this height."""
        return round(self.width * (self.pixel_aspect or 1))

    @property
    def is_hdr(self) -> bool:
        """Whether it has a high dynamic range, which looks pale if shown unchanged."""
        return self.transfer in ("pq", "hlg")
