"""Say what is in every clip."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli.exit_codes import ExitCode, exit_code
from vidqa.cli.info_view import info_record, info_rows, show_rows
from vidqa.cli.output import put
from vidqa.cli.request import require_file_name
from vidqa.cli.show import failure_line
from vidqa.cli.tell import Teller
from vidqa.errors import VidqaError

if TYPE_CHECKING:
    from vidqa.media.reader import Reader


@dataclass(slots=True)
class InfoRun:
    """One command's work."""

    clips: tuple[str, ...]
    as_json: bool
    teller: Teller
    failures: list[VidqaError] = field(default_factory=list)
    shown: int = 0

    def __post_init__(self) -> None:
        for clip in self.clips:
            require_file_name(clip)

    def run(self) -> ExitCode:
        """Look into all clips; one bad clip does not stop the others."""
        from vidqa.media.reader import Reader

        reader = Reader()
        for clip in self.clips:
            try:
                self._show(reader, clip)
            except VidqaError as error:
                self.failures.append(error)
                self.teller.error(error, about=clip if len(self.clips) > 1 else None)
                if self.as_json:
                    put(failure_line(error, video=clip))
        if not self.failures:
            return ExitCode.ANSWERED
        return exit_code(self.failures[0]) if len(self.clips) == 1 else ExitCode.SOME_CLIPS_FAILED

    def _show(self, reader: "Reader", clip: str) -> None:
        from vidqa.media.memo import known_fingerprint

        info = reader.probe(Path(clip))
        mark = known_fingerprint(Path(clip))
        if self.as_json:
            put(json.dumps(info_record(info, clip, mark)) + "\n")
            return
        if self.shown:
            put("\n")
        show_rows(info_rows(info, clip, mark), sys.stdout)
        self.shown += 1
