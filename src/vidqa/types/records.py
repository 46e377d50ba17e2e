"""JSON records: of clips, and of answers with everything needed to reproduce them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from vidqa.errors import VidqaError
from vidqa.system.version import __version__
from vidqa.types import SCHEMA_VERSION, Answer, Maker, Marks
from vidqa.types.exit_codes import exit_code
from vidqa.types.media_info import VideoInfo

if TYPE_CHECKING:  # too slow to import for `vidqa --help`
    from fractions import Fraction

Record = Mapping[str, Any]
"""A JSON object."""
UNKNOWN = Marks(None, None)
"""Marks of a clip that was not read."""


@dataclass(frozen=True, slots=True)
class Records:
    """The maker of records, which share the settings of one run."""

    settings: Mapping[str, Any]
    """Settings of the command or call, as given."""
    timings: bool = False

    def answered(self, answer: Answer, *, subtitles: str | None = None) -> dict[str, Any]:
        """Return the record of an answer; `subtitles`: fingerprint of those beside the clip."""
        return {**answer.to_record(timings=self.timings), **self._how(subtitles)}

    def failed(
        self,
        error: VidqaError,
        *,
        video: str,
        question: str,
        marks: Marks = UNKNOWN,
        maker: Maker | None = None,
    ) -> dict[str, Any]:
        """Return the record of a failed question; `maker` is None if no model was loaded yet."""
        code = exit_code(error)
        return {
            "schema_version": SCHEMA_VERSION,
            "error": {
                "code": int(code),
                "kind": code.name.lower(),
                "message": error.message,
                "hint": error.hint,
            },
            "question": question,
            "video": video,
            "fingerprint": marks.fingerprint,
            **({} if maker is None else asdict(maker)),
            **self._how(marks.subtitles),
        }

    def made_by(self, maker: Maker) -> dict[str, Any]:
        """Return what two records of the same answer have in common."""
        return {**asdict(maker), "settings": self.settings}

    def _how(self, subtitles: str | None) -> dict[str, Any]:
        return {
            "subtitles_fingerprint": subtitles,
            "vidqa": __version__,
            "settings": self.settings,
        }


def info_record(info: VideoInfo, video: str, fingerprint: str) -> dict[str, Any]:
    """Return the record of what is in a clip; `video` is the path as given."""
    return {
        "schema_version": SCHEMA_VERSION,
        "video": video,
        "fingerprint": fingerprint,
        "kind": info.kind,
        "container": info.container,
        "size_bytes": info.size_bytes,
        "duration_s": round(info.duration_s, 3),
        "start_s": round(info.start_s, 3),
        "lead_s": round(info.lead_s, 3),
        "codec": info.codec,
        "width": info.width if info.kind != "sound" else 0,
        "height": info.height if info.kind != "sound" else 0,
        "display_width": info.display_width if info.kind != "sound" else 0,
        "pixel_aspect": _fraction(info.pixel_aspect),
        "rotation_deg": info.rotation_deg,
        "frame_rate": None if info.frame_rate is None else round(float(info.frame_rate), 6),
        "stated_frames": info.stated_frames,
        "time_base": _fraction(info.time_base),
        "bit_depth": info.bit_depth,
        "transfer": info.transfer,
        "is_hdr": info.is_hdr,
        "audio": [asdict(track) for track in info.audio],
        "subtitles": [asdict(track) for track in info.subtitles],
        "other_pictures": [asdict(stream) for stream in info.others],
        "chapters": [asdict(chapter) for chapter in info.chapters],
    }


def _fraction(fraction: "Fraction | None") -> str | None:
    return None if fraction is None else f"{fraction.numerator}/{fraction.denominator}"
