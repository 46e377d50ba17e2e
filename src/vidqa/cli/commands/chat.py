"""Ask one clip in turns."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from vidqa.cli import options, parse
from vidqa.cli.command import Without, grouped, refuse_stdin
from vidqa.cli.groups import NoiseOptions, WatchSetup
from vidqa.cli.render.answers import failure_line
from vidqa.cli.render.escape import printable
from vidqa.cli.render.output_file import opened
from vidqa.cli.render.status import StatusReporter, cut_short
from vidqa.cli.render.stdout import put
from vidqa.cli.session import ModelSession
from vidqa.cli.spool import spooled
from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.system import paths
from vidqa.system.file_systems import is_there
from vidqa.types import Answer, TextDelta
from vidqa.types.exit_codes import ExitCode, exit_code
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model
    from vidqa.engine.conversation import Conversation

HELP = """\
/frames            the frames that are seen, and the words beside them
/words             what is said, with times
/at TIME QUESTION  ask about the ten seconds around a time only, such as 0:42
/new               forget what was asked and answered
/save FILE         write questions and answers there; FILE.jsonl gets records
/quit              end it; so does Ctrl-D, and Ctrl-C stops an answer
"""
AROUND_S = 5.0
"""How far `/at` looks to each side."""
HISTORY = "chat-history"
"""In the cache directory: the lines typed, unless --no-cache is given."""
HISTORY_LINES = 1000
STDIN_IS_FOR = "chat takes its questions from stdin"


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How to watch and to answer."""

    watch: WatchSetup
    generation: GenerationSettings
    as_json: bool


@dataclass(slots=True)
class ChatRun:
    """One conversation, until nobody has anything to say."""

    video: str
    how: ChatOptions
    reporter: StatusReporter
    session: ModelSession = field(init=False)
    model: "Model" = field(init=False)
    clip: "Clip" = field(init=False)
    talk: "Conversation" = field(init=False)
    status: ExitCode = ExitCode.ANSWERED
    answers: list[Answer] = field(default_factory=list, init=False)
    """All since the beginning, or since /new."""

    def __post_init__(self) -> None:
        self.session = ModelSession(self.how.watch, self.reporter)

    def run(self) -> ExitCode:
        """Watch the clip, then answer line by line; a line that fails does not end it."""
        with self.reporter.stages():
            self.session.check((self.video,))
            self.model = self.session.load()
            self.clip = self.session.watch(self.model, self.video)
            self.reporter.pause()
        self.talk = self.clip.converse()
        for warning in self.clip.warnings:
            self.reporter.note(f"warning: {warning}")
        is_person = sys.stdin.isatty()
        if is_person:
            self.reporter.note("/help says what can be typed besides questions")
        for line in typed(keep=self.how.watch.load.keep) if is_person else piped():
            if line.strip() in ("/quit", "/exit"):
                break
            self._obey(line.strip())
        return ExitCode.ANSWERED if is_person else self.status

    def _obey(self, line: str) -> None:
        """Do what a line says; an error is said, and Ctrl-C ends that, or all lines of a pipe."""
        if not line:
            return
        try:
            if line.startswith("/"):
                self._command(*line.partition(" ")[::2])
            else:
                self._answer(self.talk.stream, line)
        except KeyboardInterrupt:
            put("\n")
            if not sys.stdin.isatty():
                raise  # nobody types the lines that are left
            self.reporter.note("stopped; this turn is forgotten")
        except VidqaError as error:
            self.status = exit_code(error)
            self.reporter.error(error)
            if self.how.as_json:
                put(failure_line(error, question=line, video=self.video))

    def _answer(self, stream: Callable[..., Iterator[TextDelta | Answer]], question: str) -> None:
        how = self.how
        for event in stream(question, how.generation):
            if isinstance(event, Answer):
                self.answers.append(event)
                put(json.dumps(event.to_record()) + "\n" if how.as_json else "\n")
                if event.stopped_by in ("context_full", "token_limit"):
                    self.reporter.note(f"note: {cut_short(event)}")
                for warning in event.warnings:
                    if warning not in self.clip.warnings:  # said at the beginning
                        self.reporter.note(f"warning: {warning}")
            elif not how.as_json:
                put(printable(event.text, newlines=True))

    def _command(self, name: str, rest: str) -> None:
        match name:
            case "/frames":
                for segment in self.clip.segments:
                    put(f"{segment.time_s:.3f}\t{printable(segment.every_text) or '-'}\n")
            case "/words":
                for cue in self.clip.words.cues:
                    put(f"{cue.start_s:.3f}\t{cue.end_s:.3f}\t{printable(cue.shown_text)}\n")
                if not self.clip.words.cues:
                    self.reporter.note("no words")
            case "/at":
                self._ask_at(*rest.strip().partition(" ")[::2])
            case "/new":
                self.talk.forget()
                self.answers.clear()
            case "/save":
                self._save(rest.strip())
            case "/help":
                put(HELP)
            case _:
                raise UsageError(f"there is no {name}", hint="/help")

    def _ask_at(self, time: str, question: str) -> None:
        """Look again, closely, at the seconds around a time."""
        middle = parse.read_time(time or None, "/at")
        if middle is None or not question.strip():
            raise UsageError("a time and a question are needed", hint="/at 0:42 what is that?")
        if middle >= self.clip.info.duration_s > 0:
            raise UsageError(f"/at {time}: the clip lasts {self.clip.info.duration_s:.1f} s")
        span = (max(0.0, middle - AROUND_S), middle + AROUND_S)
        with self.reporter.stages():
            close = self.session.watch(self.model, self.video, span)
        self._answer(close.stream, question.strip())

    def _save(self, name: str) -> None:
        """Write the turns into a new file."""
        if not name:
            raise UsageError("a file is needed", hint="/save talk.md")
        answers = self.answers
        if not answers:
            raise UsageError("nothing was answered yet, so nothing is saved")
        if name.endswith((".json", ".jsonl")):
            lines = [json.dumps(answer.to_record()) + "\n" for answer in answers]
        else:
            lines = [f"> {answer.question}\n\n{answer.text}\n\n" for answer in answers]
        if is_there(Path(name)):
            raise UsageError(f"{name!r} is there already", hint="choose another name")
        with opened(Path(name), replace=False) as write:
            write("".join(lines))
        self.reporter.note(f"{counted(len(answers), 'answer')} in {name}")


def piped() -> Iterator[str]:
    """Yield what comes through a pipe, line by line.

    Raises:
        UsageError: it is not text.

    """
    try:
        yield from sys.stdin
    except UnicodeDecodeError as error:
        raise UsageError(f"stdin is not {error.encoding} text", hint="write it in UTF-8") from error


def prompted() -> str:
    """Read one line that a person types; the prompt never goes where answers are piped."""
    if sys.stdout.isatty():
        return input("> ")
    sys.stderr.write("> ")
    sys.stderr.flush()
    return input()


def typed(*, keep: bool) -> Iterator[str]:
    """Yield what a person types, line by line, with editing and a history; Ctrl-C drops a line."""
    import readline  # input() edits with it from now on

    history = paths.cache_dir() / HISTORY
    if keep:
        with suppress(OSError):  # there is none yet
            readline.read_history_file(history)
    readline.set_history_length(HISTORY_LINES)
    try:
        while True:
            try:
                yield prompted()
            except KeyboardInterrupt:
                sys.stderr.write("\n")
            except EOFError:
                sys.stderr.write("\n")
                return
    finally:
        if keep:
            with suppress(OSError):  # a full or read-only disk: the next one begins without
                history.parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(history)


@grouped
def chat(
    clip: options.VideoClip,
    viewing: Annotated[Viewing, Without("recipe", stdin_is_for=STDIN_IS_FOR)],
    load: LoadSettings,
    generation: Annotated[GenerationSettings, Without("windows", "strict")],
    noise: NoiseOptions,
    model: options.ModelName = None,
    as_json: options.Json = False,
) -> ExitCode:
    """Ask one clip in turns. From a terminal or a pipe; /help says what else can be typed."""
    parse.require_file_name(clip)
    refuse_stdin(clip, "the clip", STDIN_IS_FOR)
    reporter = StatusReporter(**vars(noise))
    reporter.unused_draws(generation.temperature, generation.top_p, generation.seed)
    setup = WatchSetup(model=model, load=load, viewing=viewing)
    return ChatRun(spooled(clip), ChatOptions(setup, generation, as_json), reporter).run()
