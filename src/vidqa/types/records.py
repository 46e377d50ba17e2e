"""JSON records of one clip and question, with everything needed to reproduce the answer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vidqa.errors import VidqaError
from vidqa.system.version import __version__
from vidqa.types import SCHEMA_VERSION, Answer, Maker, Marks
from vidqa.types.exit_codes import exit_code

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
