"""Say what is in every clip."""

import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli import options, run_options
from vidqa.cli.command import grouped
from vidqa.cli.groups import ClipOptions
from vidqa.cli.render.answers import failure_line
from vidqa.cli.render.media_info import info_rows, show_rows
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.cli.runs.several import Several
from vidqa.errors import VidqaError
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.types.exit_codes import ExitCode
from vidqa.types.records import info_record

if TYPE_CHECKING:
    from vidqa.media.reader import Reader


@dataclass(slots=True)
class InfoRun:
    """One command's work."""

    found: ClipList
    as_json: bool
    reporter: StatusReporter
    shown: int = 0

    def run(self) -> ExitCode:
        """Look into all clips; one bad clip does not stop the others."""
        from vidqa.media.reader import Reader

        self.reporter.passed_over(self.found)
        several = Several(self.found, self.reporter, self._show_failure)
        return several.run(partial(self._show, Reader()))

    def _show_failure(self, clip: str, error: VidqaError) -> None:
        if self.as_json:
            put(failure_line(error, video=clip))

    def _show(self, reader: "Reader", clip: str) -> bool:
        from vidqa.media.fingerprint_cache import known_fingerprint
        from vidqa.media.words.text_track import with_cues

        info = reader.probe(Path(clip))
        if any(track.is_text for track in info.subtitles):
            info = reader.call(Path(clip), with_cues, info)
        mark = known_fingerprint(Path(clip))
        if self.as_json:
            put(json.dumps(info_record(info, clip, mark)) + "\n")
            return True
        if self.shown:
            put("\n")
        show_rows(info_rows(info, clip, mark), sys.stdout)
        self.shown += 1
        return True


@grouped
def info(
    clips: ClipOptions, words: run_options.Clips = None, as_json: options.Json = False
) -> ExitCode:
    """Say what is in clips. Pictures, sound, subtitles, chapters, and a mark of the content."""
    return InfoRun(clips.find(words), as_json, StatusReporter()).run()
