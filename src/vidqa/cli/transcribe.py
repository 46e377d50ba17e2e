"""Write down what is said in every clip."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli.exit_codes import ExitCode, exit_code
from vidqa.cli.libraries import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.output import put
from vidqa.cli.request import require_file_name
from vidqa.cli.show import failure_line
from vidqa.cli.sink import opened
from vidqa.cli.tell import Teller
from vidqa.errors import UsageError, VidqaError
from vidqa.tasks.captions import FORMATS, Captions, Format
from vidqa.types import Cue, Words

if TYPE_CHECKING:
    from vidqa.media.audio import SoundInfo
    from vidqa.media.transcribe import Task
    from vidqa.tasks.transcribe import Transcriber


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions:
    """What to listen to, how, and where to write it."""

    form: Format
    output: str | None
    """A file, or a folder when it is one or ends in a slash."""
    speech: str | None
    subtitles: str | Path
    language: str | None
    task: "Task"
    start_s: float | None
    end_s: float | None
    device: str
    keep: bool
    """Whether anything of clips is kept on disk."""


@dataclass(slots=True)
class TranscribeRun:
    """One command's work: the recogniser is loaded once."""

    clips: tuple[str, ...]
    options: TranscribeOptions
    teller: Teller
    targets: dict[str, Path | None] = field(init=False)
    failures: list[VidqaError] = field(default_factory=list)

    def __post_init__(self) -> None:
        for clip in self.clips:
            require_file_name(clip)
        self.targets = choose_targets(self.clips, self.options.form, self.options.output)

    def run(self) -> ExitCode:
        """Write all there is to write; one bad clip does not stop the others."""
        with self.teller.stages():
            try:
                transcriber = self._load()
            except VidqaError as error:
                self.teller.pause()
                for clip in self.clips:
                    self._show_failure(clip, error)
                raise
            for clip in self.clips:
                try:
                    self._transcribe(transcriber, clip)
                except VidqaError as error:
                    self.failures.append(error)
                    self.teller.error(error, about=self._title(clip))
                    self._show_failure(clip, error)
        if not self.failures:
            return ExitCode.ANSWERED
        return exit_code(self.failures[0]) if len(self.clips) == 1 else ExitCode.SOME_CLIPS_FAILED

    def _load(self) -> "Transcriber":
        self.teller.stage("load")
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.cache import Cache
        from vidqa.media.words import Wanted
        from vidqa.tasks.transcribe import Transcriber

        options = self.options
        wanted = Wanted.parse(options.subtitles, options.language, options.task)
        cache = Cache() if options.keep else None
        return Transcriber(wanted, speech=options.speech, device=options.device, cache=cache)

    def _transcribe(self, transcriber: "Transcriber", clip: str) -> None:
        begun = time.monotonic()
        target = self.targets[clip]
        sound = transcriber.probe(Path(clip))
        several = target is None and len(self.clips) > 1
        captions = Captions(self.options.form, clip, titled=several)
        words = Words("none")
        with opened(target) as write:
            write(captions.begin())
            for event in self._events(transcriber, Path(clip), sound):
                if isinstance(event, Cue):
                    self._clear_the_way(target)
                    write(captions.cue(event))
                else:
                    words = event
            self._clear_the_way(target)
            write(captions.end(words))
        self._report(clip, words, sound, time.monotonic() - begun)

    def _events(
        self, transcriber: "Transcriber", path: Path, sound: "SoundInfo"
    ) -> Iterator[Cue | Words]:
        """The cues and the words, progress shown meanwhile."""
        start_s, end_s = self.options.start_s, self.options.end_s
        end_s = sound.duration_s if end_s is None else end_s
        self.teller.progress(_progress(start_s or 0.0, end_s))
        stream = transcriber.stream(path, sound, start_s=start_s, end_s=self.options.end_s)
        for event in stream:
            if isinstance(event, Words):
                yield event
                return
            if isinstance(event, Cue):
                yield event
                self.teller.progress(_progress(event.end_s, end_s))
            else:
                self.teller.progress(_progress(event.until_s, end_s))

    def _clear_the_way(self, target: Path | None) -> None:
        """On a terminal, the wheel and the words stand in the same place."""
        if target is None and sys.stdout.isatty():
            self.teller.pause()

    def _report(self, clip: str, words: Words, sound: "SoundInfo", seconds: float) -> None:
        count = sum(len(cue.text.split()) for cue in words.cues)
        if words.source == "none":
            found = "nobody speaks in it" if sound.tracks else "there is no sound in it"
        else:
            parts = [words.source, words.detail, words.language]
            cues = "1 cue" if len(words.cues) == 1 else f"{len(words.cues)} cues"
            found = f"{count} words in {cues} ({', '.join(filter(None, parts))})"
        title = self._title(clip)
        about = f"{title}: " if title else ""
        target = self.targets[clip]
        place = f" -> {target}" if target else ""
        self.teller.note(f"{about}{found}, {seconds:.1f} s{place}")
        for warning in words.warnings:
            self.teller.note(f"warning: {warning}")

    def _show_failure(self, clip: str, error: VidqaError) -> None:
        if self.options.form == "json" and self.targets[clip] is None:
            put(failure_line(error, video=clip))

    def _title(self, clip: str) -> str | None:
        return clip if len(self.clips) > 1 else None


def read_format(text: str | None, output: str | None) -> Format:
    """The format asked for, else the one that the output's name says, else plain text.

    Raises:
        UsageError: there is no such format, or the name says another one.

    """
    is_file = output is not None and not is_folder(output)
    named = Path(output or "").suffix.lower().removeprefix(".") if is_file else ""
    wanted = text or (named if named in FORMATS else "txt")
    for form in FORMATS:
        if wanted == form:
            if named in FORMATS and named != form:
                raise UsageError(
                    f"{output} would hold {form}, not {named}",
                    hint=f"name it .{form}, or -f {named}",
                )
            return form
    raise UsageError(f"no format is called {wanted!r}", hint=f"use one of {', '.join(FORMATS)}")


def is_folder(output: str) -> bool:
    """Whether files go into it: it is there, or its name ends in a slash."""
    return output.endswith("/") or Path(output).is_dir()


def choose_targets(
    clips: tuple[str, ...], form: Format, output: str | None
) -> dict[str, Path | None]:
    """The file that each clip's words go to; None is stdout.

    Raises:
        UsageError: two clips would go to one file, or a file to where something else is.

    """
    if output is None:
        if len(clips) > 1 and form in ("srt", "vtt"):
            raise UsageError(
                f"several clips do not make one {form} file", hint="name a folder with -o FOLDER/"
            )
        return dict.fromkeys(clips)
    if not is_folder(output):
        if len(clips) == 1:
            return {clips[0]: _spare_clips(Path(output), clips)}
        if Path(output).suffix:
            raise UsageError(
                f"several clips do not go into one file, {output}",
                hint=f"-o '{output}/' is a folder",
            )
    targets: dict[str, Path | None] = {}
    for clip in clips:
        target = _spare_clips(Path(output) / f"{Path(clip).stem}.{form}", clips)
        if target in targets.values():
            raise UsageError(f"two clips would be written to {target}", hint="write one at a time")
        if target.exists():
            raise UsageError(
                f"{target} is there already", hint=f"remove it, or name it: -o '{target}'"
            )
        targets[clip] = target
    return targets


def _spare_clips(target: Path, clips: tuple[str, ...]) -> Path:
    if any(target.exists() and Path(clip).exists() and target.samefile(clip) for clip in clips):
        raise UsageError(f"{target} is a clip; it would be overwritten", hint="choose another -o")
    return target


def _progress(done_s: float, end_s: float) -> str:
    whole = f" of {_clock(end_s)}" if end_s else ""
    return f"listening: {_clock(done_s)}{whole}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
