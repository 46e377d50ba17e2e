"""Show what a model sees of a clip, as pictures and as a list."""

import json
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from vidqa.cli import options, run_options
from vidqa.cli.command import Only, Without, grouped
from vidqa.cli.groups import ClipOptions
from vidqa.cli.model_choice import previewed_model
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.answers import failure_line
from vidqa.cli.render.escape import printable
from vidqa.cli.render.output_file import STDOUT
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.cli.runs.outlet import is_folder
from vidqa.cli.runs.several import Several
from vidqa.cli.runs.targets import FileTarget, FolderTargets, Targets, making
from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.tasks.folders.shelf import Shelf
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.media.reader import Reader
    from vidqa.tasks.preview.preview import PreviewOptions
    from vidqa.tasks.preview.write_frames import Places, Written

COLUMNS = ("time_s", "file", "words")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is wanted of every clip, and where."""

    sheet: options.Sheet = None
    """A PNG file, or a folder when it is one or ends in a slash."""
    save: options.SaveFrames = None
    """A folder for the frames themselves."""
    force: options.Force = False
    font: options.FontFile = None
    as_json: options.Json = False


@dataclass(slots=True)
class FramesRun:
    """One command's work."""

    found: ClipList
    options: "PreviewOptions"
    wishes: Wishes
    reporter: StatusReporter
    several: Several = field(init=False)
    is_titled: bool = field(default=False, init=False)
    """Whether the columns of a pipe have their titles."""

    def __post_init__(self) -> None:
        wishes = self.wishes
        if wishes.sheet == STDOUT:
            raise UsageError("a picture does not go to stdout", hint="-o sheet.png")
        if self.found.are_several and wishes.sheet is not None and not is_folder(wishes.sheet):
            raise UsageError(
                f"several clips do not go onto one sheet, {wishes.sheet}",
                hint=f"-o '{wishes.sheet}/' is a folder",
            )
        if wishes.save is not None and wishes.save == Path(wishes.sheet or ""):
            raise UsageError("-o and --save name the same folder", hint="use two folders")
        self.several = Several(self.found, self.reporter, self._show_failure, wishes.force)

    def run(self) -> ExitCode:
        """Write the pictures, list the frames, say what they rest on; one clip after the other."""
        from vidqa.media.reader import Reader

        keep_libraries_off_the_network()
        silence_libraries()
        with ExitStack() as stack:
            sheets = stack.enter_context(closing(self._sheets()))
            folders = stack.enter_context(closing(self._folders()))
            stack.enter_context(self.reporter.stages())
            self.reporter.passed_over(self.found)
            return self.several.run(partial(self._write, Reader(), sheets, folders))

    def _sheets(self) -> Targets:
        if self.wishes.sheet is None:
            return Targets()
        if not is_folder(self.wishes.sheet):
            return FileTarget(Path(self.wishes.sheet))
        return self._shelf(Path(self.wishes.sheet), ".png", "frames -o")

    def _folders(self) -> Targets:
        if self.wishes.save is None:
            return Targets()
        if not self.found.are_several:
            return FileTarget(self.wishes.save)
        return self._shelf(self.wishes.save, "", "frames --save")

    def _shelf(self, folder: Path, ending: str, by: str) -> Targets:
        return FolderTargets(Shelf(folder, self.found, ending, by=by, force=self.wishes.force))

    def _write(self, reader: "Reader", sheets: Targets, folders: Targets, clip: str) -> bool:
        """Write one clip's pictures; whether that was to do."""
        from vidqa.tasks.preview.write_frames import Places, write_frames

        begun = time.monotonic()
        wanted = [one for one in (sheets, folders) if one.of(clip) is not None]
        making = self._making(clip) if any(one.are_known for one in wanted) else {}
        made = [one.is_made(clip, making) for one in wanted]
        if wanted and all(made):
            return False
        reader.probe(Path(clip))  # a clip that cannot be read leaves nothing
        for one in wanted:
            one.begin(clip, making)
        places = Places(
            sheet=sheets.of(clip),
            folder=folders.of(clip),
            replace_sheet=self.wishes.force or sheets.are_known,
            add_frames=self.wishes.force,
            replace_frames=folders.are_known,
            font=self.wishes.font,
        )
        self.reporter.stage("decode")
        written = write_frames(Path(clip), self.options, places, reader=reader)
        for one in wanted:
            one.note(clip, making)
        self._show(clip, written, places)
        self._tell(clip, written, places, time.monotonic() - begun)
        return True

    def _making(self, clip: str) -> dict[str, Any]:
        """Return what pictures are known by, once they are in a folder."""
        from vidqa.media.marks import marks

        options = self.options
        mark = marks(clip, options.word_request, keep=options.keep)
        given = {**options.key, "model": options.model, "speech": options.speech}
        settings = {name: None if one is None else str(one) for name, one in given.items()}
        return making(mark, {"settings": {**settings, "font": str(self.wishes.font)}})

    def _show(self, clip: str, written: "Written", places: "Places") -> None:
        from vidqa.tasks.preview.record import frames_record

        if self.wishes.as_json:
            put(json.dumps(frames_record(clip, written, self.options, places.sheet)) + "\n")
        elif sys.stdout.isatty():
            _show_table(_rows(written))
        else:
            lead, title = ((clip,), ("clip",)) if self.several.are else ((), ())
            if not self.is_titled:
                self.is_titled = True
                put_columns((*title, *COLUMNS))
            for row in _rows(written):
                put_columns((*lead, *row))

    def _show_failure(self, clip: str, error: VidqaError) -> None:
        self.reporter.pause()
        if self.wishes.as_json:
            put(failure_line(error, video=clip))

    def _tell(self, clip: str, written: "Written", places: "Places", seconds: float) -> None:
        seen = written.seen
        count = len(seen.fitted.segments)
        words = "no words" if not seen.fitted.used else f"{seen.fitted.used} words"
        source = ", ".join(filter(None, (seen.words.source, seen.words.detail)))
        target = places.sheet or places.folder
        place = f" -> {target}" if target else ""
        about = f"{clip}: " if self.several.are else ""
        frames = counted(count, "frame")
        self.reporter.note(f"{about}{frames}, {words} ({source}), {seconds:.1f} s{place}")
        for warning in written.warnings:
            self.reporter.note(f"warning: {warning}")


def _rows(written: "Written") -> list[tuple[str, ...]]:
    segments = written.seen.fitted.segments
    files = [str(file) for file in written.files] or ["-"] * len(segments)
    return [
        (f"{segment.time_s:.3f}", printable(file), printable(segment.every_text) or "-")
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


@grouped
def frames(
    clips: ClipOptions,
    wishes: Wishes,
    viewing: Annotated[Viewing, Without("compress")],
    load: Annotated[LoadSettings, Only("speech", "keep")],
    words: run_options.Clips = None,
    model: options.PreviewModel = None,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Show what a model sees of clips. Frames, and the words beside them; loads no model."""
    from vidqa.tasks.preview.preview import PreviewOptions

    reporter = StatusReporter(quiet=quiet)
    how = PreviewOptions.of(
        viewing, model=previewed_model(model, reporter), speech=load.speech, keep=load.keep
    )
    return FramesRun(clips.find(words), how, wishes, reporter).run()
