"""Write down what is said in every clip."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from vidqa.cli import options, run_options
from vidqa.cli.command import Only, grouped
from vidqa.cli.groups import ClipOptions
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.outlet import is_folder
from vidqa.cli.runs.transcripts import TranscribeOptions, TranscribeRun
from vidqa.cli.spool import spooled
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.tasks.transcribe.caption_formats import FORMATS, TIMED, Format
from vidqa.tasks.transcribe.readable import Readable
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.options import options_of


def read_format(text: str | None, output: str | None) -> Format:
    """Return the format asked for, else the one that the output's name says, else plain text.

    Raises:
        UsageError: there is no such format, or the name says another one.

    """
    is_file = output is not None and not is_folder(output)
    named = Path(output or "").suffix.lower().removeprefix(".") if is_file else ""
    named = "txt" if named == "text" else named
    if named and named not in FORMATS and text is None:
        raise UsageError(
            f"{output}: .{named} is not a format that is written here",
            hint=f"name it {', '.join(f'.{form}' for form in FORMATS)}, or say -f",
        )
    wanted = text or named or "txt"
    for form in FORMATS:
        if wanted == form:
            if named in FORMATS and named != form:
                raise UsageError(
                    f"{output} would hold {form}, not {named}",
                    hint=f"name it .{form}, or -f {named}",
                )
            return form
    raise UsageError(f"no format is called {wanted!r}", hint=f"use one of {', '.join(FORMATS)}")


def read_readable(form: Format, width: int | None, seconds: float | None) -> Readable | None:
    """Return what the cues of a format may be like.

    Raises:
        UsageError: the format has no cues for players.

    """
    if form in TIMED:
        usual = Readable()
        return Readable(seconds or usual.most_s, width or usual.width)
    if width is not None or seconds is not None:
        raise UsageError(
            f"--max-line-width and --max-cue-seconds are for srt and vtt, not for {form}",
            hint="-f srt",
        )
    return None


@dataclass(frozen=True, kw_only=True)
class CaptionOptions:
    """What is written, and where."""

    form: options.Format = None
    max_line_width: options.LineWidth = None
    max_cue_seconds: options.CueSeconds = None
    output: options.Output = None
    force: options.Force = False
    as_json: options.Json = False

    @property
    def read_form(self) -> Format:
        """Which of the formats it is. Raises UsageError for what makes no sense."""
        is_json = self.as_json and self.form is None
        form = read_format("json" if is_json else self.form, self.output)
        if self.as_json and form != "json":
            raise UsageError(f"--json and -f {form} exclude each other")
        return form


@grouped
def transcribe(
    clips: ClipOptions,
    captions: CaptionOptions,
    viewing: Annotated[
        Viewing,
        Only("language", "task", "text_track", "audio_track", "start_s", "end_s", "speakers"),
    ],
    load: Annotated[LoadSettings, Only("speech", "device", "keep")],
    words: run_options.SoundClipsAnywhere = None,
    subtitles: options.TranscriptWords = "speech",
    screen_text: options.TranscriptScreen = "off",
    offline: options.Offline = False,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Write down what is said in clips. Listens, unless told what else to read."""
    from vidqa.media.endings import SOUND, VIDEO

    screen = options_of(Viewing)["screen_text"].value_of("--screen-text", screen_text)
    if subtitles == "off" and screen == "off":
        raise UsageError(
            "--subtitles off leaves nothing to write down",
            hint="use speech, auto or a file, or --screen-text on",
        )
    form = captions.read_form
    if viewing.text_track and subtitles == "speech":  # then it is to be read
        subtitles = "auto"
    readable = read_readable(form, captions.max_line_width, captions.max_cue_seconds)
    is_plain = captions.form is captions.output is None and not captions.as_json
    how = TranscribeOptions(
        form=form,
        clocked=is_plain and sys.stdout.isatty(),
        readable=readable,
        output=captions.output,
        viewing=replace(viewing, subtitles=_source(subtitles), screen_text=screen),
        load=load,
        force=captions.force,
    )
    found = clips.find(words, suffixes=VIDEO | SOUND, elsewhere=True, offline=offline)
    return TranscribeRun(found, how, StatusReporter(quiet=quiet)).run()


def _source(subtitles: str) -> str | Path:
    """Read what `--subtitles` says, which may be what comes from stdin."""
    declared = options_of(Viewing)["subtitles"]
    text = subtitles if subtitles in declared.choices else spooled(subtitles)
    source: str | Path = declared.value_of("--subtitles", text)
    return source
