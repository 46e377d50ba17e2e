"""Write down what is said in every clip: the recognizer is loaded once."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.answers import failure_line
from vidqa.cli.render.escape import printable
from vidqa.cli.render.output_file import STDOUT, Sink, opened, require_new
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.cli.runs.outlet import is_folder
from vidqa.cli.runs.several import Several
from vidqa.cli.runs.targets import FileTarget, FolderTargets, Targets, making
from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.media.words.request import WordRequest
from vidqa.system.remote.addresses import scheme_of
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.tasks.folders.shelf import Shelf
from vidqa.tasks.transcribe.caption_formats import Captions, Format
from vidqa.tasks.transcribe.readable import Readable
from vidqa.types import Cue, Words
from vidqa.types.clock import clock
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.wording import count_words, counted

if TYPE_CHECKING:
    from vidqa.media.places import Places
    from vidqa.media.speech.audio import SoundInfo
    from vidqa.tasks.transcribe.transcriber import Transcriber

OF_WORDS = ("subtitles", "language", "task", "text_track", "audio_track", "start_s", "end_s")
"""What of a viewing changes a transcript."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions:
    """What to listen to, how, and where to write it."""

    form: Format
    clocked: bool
    """Begin each line with its time, for a person who named no format."""
    readable: Readable | None
    """What cues for players may be like; None for other formats."""
    output: str | None
    """A file, or a folder when it is one or ends in a slash."""
    viewing: Viewing
    """Which words of which part; nothing else of it matters."""
    load: LoadSettings
    """What listens, and where."""
    force: bool
    """Write anew what exists already."""

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change what is written, as it was given, for JSON."""
        return {
            "format": self.form,
            "max_line_width": self.readable and self.readable.width,
            "max_cue_seconds": self.readable and self.readable.most_s,
            **{name: self.viewing.settings[name] for name in OF_WORDS},
            **({"speakers": True} if self.viewing.speakers else {}),
            **({} if (screen := self.viewing.screen_text) == "off" else {"screen_text": screen}),
        }


@dataclass(slots=True)
class TranscribeRun:
    """One command's work: the recogniser is loaded once."""

    found: ClipList
    options: TranscribeOptions
    reporter: StatusReporter
    places: "Places" = field(init=False)
    targets: Targets = field(init=False)
    several: Several = field(init=False)

    def __post_init__(self) -> None:
        from vidqa.media.places import Places

        self.targets = choose_targets(self.found, self.options)
        self.places = Places(self.found.addresses, self.request, keep=self.options.load.keep)
        self.several = Several(self.found, self.reporter, self._show_failure, self.options.force)

    def run(self) -> ExitCode:
        """Write all there is to write; one bad clip does not stop the others."""
        with self.places, closing(self.targets), self.reporter.stages():
            self.reporter.passed_over(self.found)
            try:
                transcriber = self._load()
            except VidqaError as error:
                self.reporter.pause()
                for clip in self.found.clips:
                    self._show_failure(clip, error)
                raise
            return self.several.run(partial(self._transcribe, transcriber))

    @property
    def request(self) -> WordRequest:
        """Which words are written down."""
        asked = self.options.viewing.word_request
        word_times = self.options.readable is not None or asked.word_times
        screen_text = self.options.viewing.screen_text
        return replace(asked, word_times=word_times, screen_text=screen_text)

    def _load(self) -> "Transcriber":
        self.reporter.stage("load")
        if not any(scheme_of(one) == "hf" for one in self.found.addresses.values()):
            keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.system.cache import Cache
        from vidqa.tasks.transcribe.transcriber import Transcriber

        load = self.options.load
        return Transcriber(
            self.request,
            speech=load.speech,
            device=load.device,
            cache=Cache() if load.keep else None,
        )

    def _transcribe(self, transcriber: "Transcriber", clip: str) -> bool:
        """Write down what is said in one clip; whether that was to do."""
        try:
            with self.places.naming(clip):
                target = self.targets.of(clip)
                if clip in self.found.addresses and not (target and target.exists()):
                    self._brought(clip)  # it is to be done: its fingerprint is that of the copy
                making = self._making(transcriber, clip)
                if self.targets.is_made(clip, making):
                    return False
                self._write_down(transcriber, clip, making)
        finally:
            self.places.release(clip)
        return True

    def _brought(self, clip: str) -> Path:
        """Return the file of a clip, which may have to be copied first."""
        if clip in self.found.addresses:
            self.reporter.progress(f"copying {clip}")
        place = self.places.place(clip)
        place.need()
        return place.path()

    def _write_down(self, transcriber: "Transcriber", clip: str, making: dict[str, Any]) -> None:
        begun = time.monotonic()
        path = self._brought(clip)
        sound = transcriber.probe(path)
        self.targets.begin(clip, making)
        target = self.targets.of(clip)
        several = target is None and self.several.are
        captions = Captions(
            self.options.form,
            clip,
            titled=several,
            clocked=self.options.clocked,
            readable=self.options.readable,
        )
        words = Words("none")
        replaces = self.options.force or not isinstance(self.targets, FileTarget)
        with opened(target, replace=replaces) as sink:
            write = self._shown(sink) if target is None and sys.stdout.isatty() else sink
            write(captions.begin())
            for event in self._events(transcriber, path, sound):
                if isinstance(event, Cue):
                    self._clear_the_way(target)
                    write(captions.cue(event))
                else:
                    words = self.places.told_words(event, clip)
            self._clear_the_way(target)
            write(captions.end(words))
        self.targets.note(clip, making)
        self._report(clip, words, sound, time.monotonic() - begun)

    @staticmethod
    def _shown(sink: Sink) -> Sink:
        """Writes what a terminal can be shown."""
        return lambda text: sink(printable(text, newlines=True))

    def _making(self, transcriber: "Transcriber", clip: str) -> dict[str, Any]:
        """Return what a transcript is known by, once it is in a folder."""
        if not self.targets.are_known:
            return {}
        mark = self.places.marks(clip)
        made_by = {**transcriber.made_by, "settings": self.options.settings}
        return making(mark, made_by)

    def _events(
        self, transcriber: "Transcriber", path: Path, sound: "SoundInfo"
    ) -> Iterator[Cue | Words]:
        """Yield the cues and the words, and show progress meanwhile."""
        from vidqa.media.screen.look import Looked

        start_s, end_s = self.options.viewing.start_s, self.options.viewing.end_s
        end_s = sound.duration_s if end_s is None else end_s
        self.reporter.progress(_progress(start_s or 0.0, end_s))
        stream = transcriber.stream(path, sound, start_s=start_s, end_s=self.options.viewing.end_s)
        for event in stream:
            if isinstance(event, Words):
                yield event
                return
            if isinstance(event, Cue):
                yield event
                self.reporter.progress(_progress(event.end_s, end_s))
            else:
                doing = "looking for text" if isinstance(event, Looked) else "listening"
                self.reporter.progress(_progress(event.until_s, end_s, doing))

    def _clear_the_way(self, target: Path | None) -> None:
        """Remove the wheel from the terminal, where the words are about to stand."""
        if target is None and sys.stdout.isatty():
            self.reporter.pause()

    def _report(self, clip: str, words: Words, sound: "SoundInfo", seconds: float) -> None:
        count = sum(count_words(cue.text) for cue in words.cues)
        if not words.cues:
            found = "no speech was found" if sound.tracks else "there is no sound in it"
            if self.options.viewing.screen_text != "off":
                found = f"{found}, and no text in its pictures"
            if self.options.viewing.subtitles == "off":
                found = "no text was found in its pictures"
        else:
            parts = [words.source, words.detail, words.language]
            cues = counted(len(words.cues), "cue")
            if self.options.viewing.speakers:
                count_of = len({cue.speaker for cue in words.said} - {None})
                cues += f" by {counted(count_of, 'speaker')}"
            found = f"{count} words in {cues} ({', '.join(filter(None, parts))})"
        about = f"{clip}: " if self.several.are else ""
        target = self.targets.of(clip)
        place = f" -> {target}" if target else ""
        self.reporter.note(f"{about}{found}, {seconds:.1f} s{place}")
        for warning in words.warnings:
            self.reporter.note(f"warning: {warning}")

    def _show_failure(self, clip: str, error: VidqaError) -> None:
        if self.options.form == "json" and self.targets.of(clip) is None:
            put(failure_line(error, video=clip))


def choose_targets(found: ClipList, options: TranscribeOptions) -> Targets:
    """Choose where each clip's words go.

    Raises:
        UsageError: several clips would go to one place where that makes no sense, or a clip would
            be overwritten.

    """
    form, output = options.form, options.output
    if output is None or output == STDOUT:
        if found.are_several and form in ("srt", "vtt"):
            raise UsageError(
                f"several clips do not make one {form} file", hint="name a folder with -o FOLDER/"
            )
        return Targets()
    if is_folder(output) or (found.are_several and not Path(output).suffix):
        shelf = Shelf(Path(output), found, f".{form}", by="transcribe", force=options.force)
        return FolderTargets(shelf, copy=form != "json")  # JSON names the clip
    if found.are_several:
        raise UsageError(
            f"several clips do not go into one file, {output}",
            hint=f"-o '{output}/' is a folder",
        )
    target = _spare_clips(Path(output), found.clips)
    if not options.force:
        require_new(target)
    return FileTarget(target)


def _spare_clips(target: Path, clips: tuple[str, ...]) -> Path:
    if any(target.exists() and Path(clip).exists() and target.samefile(clip) for clip in clips):
        raise UsageError(f"{target} is a clip; it would be overwritten", hint="choose another -o")
    return target


def _progress(done_s: float, end_s: float, doing: str = "listening") -> str:
    whole = f" of {clock(end_s, hours=True)}" if end_s else ""
    return f"{doing}: {clock(done_s, hours=True)}{whole}"
