"""The `vidqa` program: what can be typed, and the one place where it ends."""

import sys
import traceback
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

import vidqa
from vidqa.cli import options, run_options, train_options
from vidqa.cli.commands import cache, config, models
from vidqa.cli.commands.chat import chat
from vidqa.cli.commands.evaluate import evaluate
from vidqa.cli.commands.summarize import summarize
from vidqa.cli.model_choice import previewed_model, settled
from vidqa.cli.render.status import Teller
from vidqa.cli.render.stdout import escape_the_unencodable, leave, put
from vidqa.errors import UsageError, VidqaError
from vidqa.models.registry import DEFAULT_MODEL
from vidqa.system.config import setting
from vidqa.system.file_systems import said_plainly
from vidqa.types.exit_codes import ExitCode, exit_code

app = typer.Typer(
    name="vidqa",
    help="Ask questions about video files, on your own machine.",
    epilog="Answers go to stdout, everything else to stderr.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.add_typer(cache.app, name="cache")


def _print_version(wanted: bool) -> None:
    if wanted:
        put(f"vidqa {vidqa.__version__}\n")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Say the version."
        ),
    ] = False,
) -> None:
    """Ask questions about video files, on your own machine."""


class AskCommand(TyperCommand):
    """Says `CLIP... QUESTION` as it is meant; typer would add dots to the whole."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words after `vidqa ask` in the usage line."""
        return [str(self.options_metavar), options.WORDS]


@app.command(cls=AskCommand)
def ask(
    words: options.Words = None,
    question: options.Questions = None,
    questions: run_options.QuestionList = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    output: run_options.Records = None,
    retry_failed: run_options.RetryFailed = False,
    force: run_options.Force = False,
    unordered: run_options.Unordered = False,
    batch: run_options.Batch = 1,
    model: options.ModelName = None,
    frames: options.Frames = None,
    recipe: options.Recipe = "vidqa",
    sample: options.Sample = None,
    start: options.Start = None,
    end: options.End = None,
    subtitles: options.Subtitles = "auto",
    language: options.Language = None,
    task: options.TaskName = "transcribe",
    text_track: options.TextTrack = None,
    audio_track: options.AudioTrack = None,
    speech: options.Speech = None,
    decoder: options.DecoderName = "auto",
    device: options.Device = None,
    dtype: options.Dtype = None,
    fit: options.Fit = False,
    max_new_tokens: options.MaxNewTokens = None,
    temperature: options.Temperature = 0.0,
    top_p: options.TopP = 1.0,
    seed: options.Seed = 0,
    choices: options.Choices = None,
    threshold: options.Threshold = None,
    grounding: options.WhatItRestsOn = False,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    as_json: options.Json = False,
    timings: options.Timings = False,
    show_prompt: options.ShowPrompt = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> ExitCode:
    """Ask questions about clips. The last word is the question, before it are files or folders."""
    from vidqa.cli import parse as request
    from vidqa.cli.commands.ask import AskOptions, ask_all
    from vidqa.cli.runs.run import RunOptions
    from vidqa.cli.session import FrameOptions, ModelOptions, WatchOptions, WordOptions

    chosen = request.Selection(question, questions, files_from, recursive, shard)
    asked = request.read_request(words or [], chosen, sys.stdin)
    watch = WatchOptions(
        ModelOptions.read(model, device, dtype, fit=fit),
        FrameOptions.read(frames, recipe, sample, start, end, decoder),
        WordOptions.read(subtitles, language, task, speech, text_track, audio_track),
        keep=not no_cache,
        offline=offline,
        caches=request.caches_held(
            has_choices=choices is not None, grounding=grounding, recipe=recipe
        ),
    )
    how = AskOptions(
        run=RunOptions(
            watch=watch,
            output=output,
            retry_failed=retry_failed,
            force=force,
            unordered=unordered,
            batch=batch,
            timings=timings,
        ),
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        choices=request.read_choices(choices, threshold),
        threshold=threshold,
        grounding=grounding,
        as_json=as_json,
        show_prompt=show_prompt,
    )
    if timings and quiet and not (as_json or output):
        raise UsageError("--quiet leaves no place for --timings", hint="add --json, or drop one")
    teller = Teller(quiet=quiet, verbose=verbose)
    teller.unused_draws(temperature, top_p, seed)
    return ask_all(asked, how, teller)


app.command()(chat)
app.command()(summarize)


@app.command()
def transcribe(
    clips: run_options.SoundClips = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    form: options.Format = None,
    max_line_width: options.LineWidth = None,
    max_cue_seconds: options.CueSeconds = None,
    output: options.Output = None,
    force: options.Force = False,
    speech: options.Speech = None,
    language: options.Language = None,
    task: options.TaskName = "transcribe",
    text_track: options.TextTrack = None,
    audio_track: options.AudioTrack = None,
    subtitles: options.TranscriptWords = "speech",
    start: options.Start = None,
    end: options.End = None,
    device: options.Device = None,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Write down what is said in clips. Listens, unless told what else to read."""
    from vidqa.cli.commands.transcribe import (
        TranscribeOptions,
        TranscribeRun,
        read_format,
        read_readable,
    )
    from vidqa.cli.parse import Selection, read_clips, read_span, read_subtitles, read_task
    from vidqa.media.endings import SOUND, VIDEO

    if subtitles == "off":
        raise UsageError(
            "--subtitles off leaves nothing to write down", hint="use speech, auto or a file"
        )
    read_form = read_format("json" if as_json and form is None else form, output)
    if as_json and read_form != "json":
        raise UsageError(f"--json and -f {read_form} exclude each other")
    start_s, end_s = read_span(start, end)
    is_shown = form is output is None and not as_json and sys.stdout.isatty()
    how = TranscribeOptions(
        form=read_form,
        clocked=is_shown,
        readable=read_readable(read_form, max_line_width, max_cue_seconds),
        output=output,
        speech=speech or setting("speech").value,
        subtitles="auto" if text_track and subtitles == "speech" else read_subtitles(subtitles),
        language=language,
        task=read_task(task),
        text_track=text_track,
        audio_track=audio_track,
        start_s=start_s,
        end_s=end_s,
        device=settled("device", device, "auto"),
        force=force,
        keep=not no_cache,
    )
    selection = Selection(files_from=files_from, recursive=recursive, shard=shard)
    found = read_clips(clips or [], selection, sys.stdin, suffixes=VIDEO | SOUND)
    return TranscribeRun(found, how, Teller(quiet=quiet)).run()


@app.command()
def info(
    clips: run_options.Clips = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    as_json: options.Json = False,
) -> ExitCode:
    """Say what is in clips. Pictures, sound, subtitles, chapters, and a mark of the content."""
    from vidqa.cli.commands.info import InfoRun
    from vidqa.cli.parse import Selection, read_clips

    selection = Selection(files_from=files_from, recursive=recursive, shard=shard)
    return InfoRun(read_clips(clips or [], selection, sys.stdin), as_json, Teller()).run()


@app.command()
def frames(
    clips: run_options.Clips = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    output: options.Sheet = None,
    save: options.SaveFrames = None,
    force: options.Force = False,
    model: options.PreviewModel = None,
    count: options.Frames = None,
    recipe: options.Recipe = "vidqa",
    sample: options.Sample = None,
    start: options.Start = None,
    end: options.End = None,
    subtitles: options.Subtitles = "auto",
    language: options.Language = None,
    task: options.TaskName = "transcribe",
    text_track: options.TextTrack = None,
    audio_track: options.AudioTrack = None,
    speech: options.Speech = None,
    decoder: options.DecoderName = "auto",
    no_cache: options.NoCache = False,
    font: options.FontFile = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Show what a model sees of clips. Frames, and the words beside them; loads no model."""
    from vidqa.cli import parse as request
    from vidqa.cli.commands.frames import FramesRun, Wishes
    from vidqa.tasks.preview.preview import PreviewOptions

    teller = Teller(quiet=quiet)
    start_s, end_s = request.read_span(start, end)
    how = PreviewOptions(
        model=previewed_model(model, teller),
        frames=count,
        recipe=recipe,
        sampling=request.read_sampling(sample),
        start_s=start_s,
        end_s=end_s,
        subtitles=request.read_subtitles(subtitles),
        language=language,
        task=request.read_task(task),
        text_track=text_track,
        audio_track=audio_track,
        speech=speech or setting("speech").value,
        decoder=request.read_decoder(decoder),
        keep=not no_cache,
    )
    selection = request.Selection(files_from=files_from, recursive=recursive, shard=shard)
    found = request.read_clips(clips or [], selection, sys.stdin)
    wishes = Wishes(sheet=output, save=save, force=force, font=font, as_json=as_json)
    return FramesRun(found, how, wishes, teller).run()


app.command(name="eval")(evaluate)


@app.command()
def train(
    examples: train_options.ExampleFiles,
    output: train_options.TrainedFolder,
    base: train_options.Base = "starter",
    layout: train_options.Layout = "jsonl",
    videos: train_options.Videos = None,
    subtitle_folder: train_options.SubtitleFolder = None,
    kept_apart: train_options.KeptApart = None,
    recipe: options.Recipe = "vidqa",
    stage: train_options.PaperStage = None,
    frames: options.Frames = None,
    steps: train_options.Steps = None,
    batch: train_options.BatchSize = None,
    accumulate: train_options.Accumulate = 1,
    rate: train_options.Rate = None,
    rank: train_options.LoraRank = None,
    save_every: train_options.SaveEvery = 50,
    seed: train_options.TrainSeed = 0,
    gradient_checkpointing: train_options.Checkpointing = False,
    device: options.Device = None,
    dtype: train_options.TrainDtype = "auto",
    quiet: options.Quiet = False,
) -> ExitCode:
    """Teach a model with clips, questions and answers of your own."""
    from vidqa.cli.commands.train import TrainOptions, TrainRun

    how = TrainOptions(
        base=base,
        output=output,
        layout=layout,
        videos=videos,
        subtitles=subtitle_folder,
        kept_apart=kept_apart,
        recipe=recipe,
        stage=stage,
        frames=frames,
        steps=steps,
        batch=batch,
        accumulate=accumulate,
        rate=rate,
        rank=rank,
        save_every=save_every,
        seed=seed,
        checkpointing=gradient_checkpointing,
        device=settled("device", device, "auto"),
        dtype=dtype,
    )
    return TrainRun(tuple(examples), how, Teller(quiet=quiet)).run()


@app.command()
def doctor(
    model: options.DoctorModel = None,
    device: options.Device = None,
    offline: options.DoctorOffline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Examine this installation. Line by line: ok, warning or failing, and what mends it."""
    from vidqa.cli.commands.doctor import DoctorRun

    model = settled("model", model, DEFAULT_MODEL)
    device = settled("device", device, "auto")
    return DoctorRun(model, device, offline, as_json, Teller(quiet=quiet)).run()


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; prints errors, never raises them."""
    teller = Teller(verbose="--verbose" in arguments)
    try:
        status = app(args=arguments, prog_name="vidqa", standalone_mode=False)
    except VidqaError as error:
        teller.error(error)
        return exit_code(error)
    except (typer.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except OSError as error:
        if (plain := said_plainly(error)) is None:
            traceback.print_exc()
            return ExitCode.UNEXPECTED
        plain.__cause__ = error
        teller.error(plain)
        return exit_code(plain)
    except SystemExit as error:  # the parser ends this way when nobody reads its help any more
        if isinstance(error.__context__, BrokenPipeError):
            return ExitCode.ANSWERED
        raise
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # the parser's own complaints
            error.show()
            return int(error.exit_code)
        traceback.print_exc()
        return ExitCode.UNEXPECTED
    return int(status or 0)


def main() -> NoReturn:
    """The entry point."""
    escape_the_unencodable()
    leave(run(sys.argv[1:]))
