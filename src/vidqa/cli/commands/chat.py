"""Ask one clip in turns, or the clips of an index."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
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
from vidqa.cli.runs.finding import short
from vidqa.cli.runs.shelf import Shelf
from vidqa.cli.session import ModelSession
from vidqa.cli.spool import spooled
from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.system import paths
from vidqa.system.file_systems import is_there
from vidqa.tasks.index.files import index_file
from vidqa.types import NOT_ENOUGH, SCHEMA_VERSION, Answer, TextDelta
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

    video: str | None
    """The clip that is asked about; None: none yet, of an index."""
    how: ChatOptions
    reporter: StatusReporter
    shelf: Shelf | None = None
    """The clips to choose from."""
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
            self.session.check(() if self.video is None else (self.video,))
            self.model = self.session.load()
        if self.video is not None:
            self._turn_to(self.video)
        is_person = sys.stdin.isatty()
        if is_person:
            self.reporter.note("/help says what can be typed besides questions")
        for line in typed(keep=self.how.watch.load.keep) if is_person else piped():
            if line.strip() in ("/quit", "/exit"):
                break
            self._obey(line.strip())
        return ExitCode.ANSWERED if is_person else self.status

    def _turn_to(self, video: str) -> None:
        """Watch a clip, and begin to talk about it."""
        with self.reporter.stages():
            clip = self.session.watch(self.model, video)
            self.reporter.pause()
        self.video, self.clip, self.talk = video, clip, clip.converse(self.reporter.progress)
        in_windows = clip.is_asked_in_windows(self.how.generation.windows)
        unfit = clip.warnings_of_fit if in_windows else ()  # no answer is from all of it
        for warning in (one for one in clip.warnings if one not in unfit):
            self.reporter.note(f"warning: {warning}")

    def _obey(self, line: str) -> None:
        """Do what a line says; an error is said, and Ctrl-C ends that, or all lines of a pipe."""
        if not line:
            return
        try:
            if line.startswith("/"):
                self._command(*line.partition(" ")[::2])
            else:
                self._ask(line)
        except KeyboardInterrupt:
            put("\n")
            if not sys.stdin.isatty():
                raise  # nobody types the lines that are left
            self.reporter.note("stopped; this turn is forgotten")
        except VidqaError as error:
            self.status = exit_code(error)
            self.reporter.error(error)
            if self.how.as_json:
                put(failure_line(error, question=line, video=self.video or ""))

    def _ask(self, question: str) -> None:
        """Answer from the clip that a question is about; one that points to none, from the last."""
        found = None if self.shelf is None else self.shelf.clip_for(question, self.video)
        if found is not None and str(found) != self.video:
            forgotten = "; what was said of another is forgotten" if self.video else ""
            self._turn_to(str(found))
            self.reporter.note(f"about {short(found)}{forgotten}")
        if self.video is None:
            self._lack_evidence()
            self.reporter.note("nothing in the index points to a clip; say what it is about")
            record = {"schema_version": SCHEMA_VERSION, "answer": NOT_ENOUGH, "question": question}
            record |= {"video": None}
            put(json.dumps(record) + "\n" if self.how.as_json else f"{NOT_ENOUGH}\n")
            return
        if not self.clip.is_asked_in_windows(self.how.generation.windows):
            self._answer(self.talk.stream, question)
            return
        with self.reporter.stages():
            self._answer(partial(self.talk.stream, notify=self.reporter.stage), question)

    def _lack_evidence(self) -> None:
        if self.status is ExitCode.ANSWERED:  # an error counts for more
            self.status = ExitCode.NO_EVIDENCE

    def _answer(self, stream: Callable[..., Iterator[TextDelta | Answer]], question: str) -> None:
        how = self.how
        for event in stream(question, how.generation):
            if isinstance(event, Answer):
                self.answers.append(event)
                self.reporter.pause()
                if not event.has_evidence:
                    self._lack_evidence()
                put(json.dumps(event.to_record()) + "\n" if how.as_json else "\n")
                if event.stopped_by in ("context_full", "token_limit"):
                    self.reporter.note(f"note: {cut_short(event)}")
                for warning in event.warnings:
                    if warning not in self.clip.warnings:  # said at the beginning
                        self.reporter.note(f"warning: {warning}")
            elif not how.as_json:
                self.reporter.pause()
                put(printable(event.text, newlines=True))

    def _command(self, name: str, rest: str) -> None:
        if self.video is None and name not in ("/help", "/save"):
            raise UsageError("no clip is looked at yet", hint="ask about something in one first")
        match name:
            case "/frames":
                for segment in self.talk.clip.segments:
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
            assert self.video is not None, "there is a clip"
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
    viewing: Annotated[Viewing, Without("recipe", stdin_is_for=STDIN_IS_FOR)],
    load: LoadSettings,
    generation: Annotated[GenerationSettings, Without("think", "keep_thought")],
    noise: NoiseOptions,
    clip: options.VideoClip = None,
    index: options.ChatIndex = None,
    model: options.ModelName = None,
    as_json: options.Json = False,
) -> ExitCode:
    """Ask one clip in turns, or those of an index. From a terminal or a pipe; /help says more."""
    if (clip is None) == (index is None):
        raise UsageError("name a clip or an --index", hint="vidqa chat clip.mp4")
    reporter = StatusReporter(**vars(noise))
    how = ChatOptions(WatchSetup(model=model, load=load, viewing=viewing), generation, as_json)
    reporter.unused_draws(generation.temperature, generation.top_p, generation.seed)
    if clip is None:
        file = index_file(index)
        if not is_there(file):
            raise UsageError(f"there is no index {str(file)!r} yet", hint="vidqa index FOLDER")
        return ChatRun(None, how, reporter, Shelf(file, reporter, load.device)).run()
    parse.require_file_name(clip)
    refuse_stdin(clip, "the clip", STDIN_IS_FOR)
    return ChatRun(spooled(clip), how, reporter).run()
