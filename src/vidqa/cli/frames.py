"""Show what a model sees of a clip, as pictures and as a list."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidqa.cli.exit_codes import ExitCode
from vidqa.cli.libraries import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.cli.request import require_file_name
from vidqa.cli.show import failure_line
from vidqa.cli.tell import Teller
from vidqa.errors import UsageError, VidqaError
from vidqa.types import SCHEMA_VERSION

if TYPE_CHECKING:
    from vidqa.tasks.frames import Places, Written
    from vidqa.tasks.preview import PreviewOptions

COLUMNS = ("time_s", "file", "words")


@dataclass(slots=True)
class FramesRun:
    """One command's work."""

    clip: str
    options: "PreviewOptions"
    places: "Places"
    as_json: bool
    teller: Teller

    def __post_init__(self) -> None:
        require_file_name(self.clip)
        if self.places.sheet is None and self.places.folder is None:
            raise UsageError(
                "nowhere to write to: neither -o nor --save is given",
                hint="vidqa frames clip.mp4 -o sheet.png",
            )

    def run(self) -> ExitCode:
        """Write the pictures, list the frames, say what they rest on."""
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.tasks.frames import write_frames

        begun = time.monotonic()
        with self.teller.stages():
            self.teller.stage("decode")
            try:
                written = write_frames(Path(self.clip), self.options, self.places)
            except VidqaError as error:
                self.teller.pause()
                if self.as_json:
                    put(failure_line(error, video=self.clip))
                raise
        if self.as_json:
            put(json.dumps(self._record(written)) + "\n")
        elif sys.stdout.isatty():
            _show_table(_rows(written))
        else:
            for row in _rows(written):
                put("\t".join(row) + "\n")
        self._tell(written, time.monotonic() - begun)
        return ExitCode.ANSWERED

    def _record(self, written: "Written") -> dict[str, Any]:
        """The JSON object, keys in their documented order."""
        seen, sheet = written.seen, self.places.sheet
        files: list[str | None] = [*map(str, written.files)] or [None] * len(seen.fitted.segments)
        return {
            "schema_version": SCHEMA_VERSION,
            "video": self.clip,
            "fingerprint": seen.fingerprint,
            "model": self.options.model,
            "recipe": self.options.recipe,
            "sample": str(seen.sampling),
            "duration_s": round(seen.info.duration_s, 3),
            "sheet": None if sheet is None else str(sheet),
            "frames": [
                {"time_s": round(segment.time_s, 3), "words": segment.text, "file": file}
                for segment, file in zip(seen.fitted.segments, files, strict=True)
            ],
            "words_source": seen.words.source,
            "words_used": seen.fitted.used,
            "words_dropped": seen.fitted.dropped,
            "decoder": seen.report.decoder,
            "warnings": list(written.warnings),
        }

    def _tell(self, written: "Written", seconds: float) -> None:
        seen = written.seen
        count = len(seen.fitted.segments)
        words = "no words" if not seen.fitted.used else f"{seen.fitted.used} words"
        source = ", ".join(filter(None, (seen.words.source, seen.words.detail)))
        target = self.places.sheet or self.places.folder
        frames = "1 frame" if count == 1 else f"{count} frames"
        self.teller.note(f"{frames}, {words} ({source}), {seconds:.1f} s -> {target}")
        for warning in written.warnings:
            self.teller.note(f"warning: {warning}")


def _rows(written: "Written") -> list[tuple[str, ...]]:
    segments = written.seen.fitted.segments
    files = [str(file) for file in written.files] or ["-"] * len(segments)
    return [
        (f"{segment.time_s:.3f}", printable(file), printable(segment.text) or "-")
        for segment, file in zip(segments, files, strict=True)
    ]


def _show_table(rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, justify="right" if title == "time_s" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # a Text is never read as markup
    Console(highlight=False).print(table)
