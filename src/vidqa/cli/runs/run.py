"""Answer every question about every clip: load the model once, watch each clip once."""

from collections.abc import Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from vidqa.cli.groups import RecordOptions, WatchSetup
from vidqa.cli.parse import Request
from vidqa.cli.render.answers import AnswerView
from vidqa.cli.render.output_file import STDOUT
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.batches import Watched, in_batches
from vidqa.cli.runs.brake import Brake
from vidqa.cli.runs.outlet import JSON, Leaf, Outlet, TargetError, open_outlet
from vidqa.cli.runs.way import Way
from vidqa.cli.session import ModelSession
from vidqa.errors import EngineGoneError, NoSpaceError, UsageError, VidqaError
from vidqa.system.footprint import CACHES
from vidqa.tasks.folders.book import Book
from vidqa.tasks.folders.journal import Journal
from vidqa.types import Answer, Maker, TextDelta
from vidqa.types.records import Records

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model


@dataclass(frozen=True, kw_only=True)
class RunOptions(RecordOptions):
    """Options for where answers go, and how clips are taken and watched."""

    watch: WatchSetup
    caches: int = CACHES
    """KV caches of a clip held in memory at once; see `engine.load`."""
    batch: int = 1
    timings: bool = False
    asks_server: bool = False
    """Whether a server may answer about a single clip."""
    replaces_files: bool = False
    """Whether files beside the records may be written over."""

    def __post_init__(self) -> None:
        is_forced = self.force and not self.replaces_files
        for name, given in (("--retry-failed", self.retry_failed), ("--force", is_forced)):
            if given and not self.is_kept:
                raise UsageError(f"{name} is for -o", hint="-o answers.jsonl")

    @property
    def is_kept(self) -> bool:
        """Whether records are stored on disk."""
        return self.output not in (None, STDOUT)


@dataclass(slots=True)
class Run:
    """The work of one command over many clips."""

    request: Request
    options: RunOptions
    reporter: StatusReporter
    view: AnswerView
    records: Records
    way: Way
    by: str
    """Name of the command."""
    leaf: Leaf = JSON
    """The form of a clip's file if `-o` is a folder."""
    session: ModelSession = field(init=False)
    outlet: Outlet = field(default_factory=Outlet, init=False)
    brake: Brake = field(default_factory=Brake, init=False)
    maker: Maker | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        elsewhere = self.request.found.addresses
        is_single = len(self.request.clips) == 1 and not self._has_board
        self.session = ModelSession(
            self.options.watch,
            self.reporter,
            self.options.caches,
            asks_server=self.options.asks_server and is_single and not elsewhere,
            addresses=elsewhere,
        )

    def run(self) -> Book:
        """Do what is left to do; one bad clip does not stop the others."""
        with ExitStack() as stack:
            options = self.options
            self.outlet = open_outlet(
                options.output, self.request.found, self.leaf, by=self.by, force=options.force
            )
            stack.enter_context(closing(self.outlet))
            stack.enter_context(closing(self.session.places))
            self._tell_torn(self.outlet.journal)
            self.reporter.passed_over(self.request.found)
            stack.enter_context(self.reporter.stages(is_run=self._has_board))
            stack.enter_context(closing(self.view))
            book = self._run(self.outlet.journal)
            self.reporter.pause()
            if self._has_board:
                self.reporter.tally(book.tally())
        if self.brake.is_pulled and book.tally().left:
            self._tell_how_to_go_on(book)
            raise KeyboardInterrupt
        return book

    @property
    def _has_board(self) -> bool:
        return self.request.is_run or self.options.is_kept

    def _run(self, journal: Journal | None) -> Book:
        """Determine what is left to do, and do it."""
        try:
            self.session.check(() if self._has_board else self.request.clips)
            fits = self.options.watch.load.fit
            model = self.session.load() if fits or journal is None else None
            self.maker = self.session.identify() if model is None else model.maker
            book = self._book(journal, self.maker)
            for video, refusal in self.outlet.begin(book).items():
                self._refuse(book, video, refusal)
            if left := book.left():
                model = model or self.session.load()
                self.way.check(model)
                self._answer_all(model, book, left)
        except VidqaError as error:
            self.reporter.pause()
            if self.maker is None:  # else it concerns some clips only
                for video in self.request.clips:
                    for question in self.request.questions:
                        self.view.failed(self.records.failed(error, video=video, question=question))
            raise
        (book.clean if self.options.unordered else book.arrange)()
        return book

    def _book(self, journal: Journal | None, maker: Maker) -> Book:
        book = Book(
            self.request.clips,
            self.request.questions,
            journal=journal,
            how=self.records.made_by(maker),
            mark=self.session.marks,
            glance=self.session.known_marks,
            retry_failed=self.options.retry_failed,
            anew=self.options.force,
            settled=lambda video: self.outlet.settled(book, video),
        )
        return book

    def _answer_all(self, model: "Model", book: Book, left: dict[str, tuple[str, ...]]) -> None:
        """Answer clip after clip, or as many at once as `--batch` says."""
        self.reporter.run(book.tally)
        viewing = self.options.watch.viewing
        # a group that is full of copies waits for no other one that happens to be ready first
        is_grouped = self.options.batch > 1 and bool(self.request.found.addresses)
        watched = model.watch_all(
            ((video, viewing) for video in left),
            in_order=is_grouped or not self.options.unordered,
            notify=self.reporter.stage,
            place=self.session.places.place,
        )
        several = self._has_board or len(self.request.clips) > 1
        with self.brake.armed() if several else nullcontext(), closing(watched):
            for some in in_batches(
                watched, self.options.batch, partial(self._watched_alone, model)
            ):
                try:
                    self._answer_group(book, some, left)
                finally:
                    for video, _ in some:
                        self.session.places.release(video)
                if self.brake.is_pulled:
                    return

    def _watched_alone(self, model: "Model", video: str) -> "Clip | VidqaError":
        try:
            return self.session.watch(model, video)
        except VidqaError as error:
            return error

    def _answer_group(
        self, book: Book, some: Sequence[Watched], left: dict[str, tuple[str, ...]]
    ) -> None:
        clips = [(video, clip) for video, clip in some if not isinstance(clip, VidqaError)]
        together = self._together(clips, left) if len(clips) > 1 else {}
        gone: EngineGoneError | None = None
        for video, clip in some:
            for question in left[video]:
                answer = together.get((video, question))
                failed = clip if isinstance(clip, VidqaError) else answer
                if gone is not None and failed is None:
                    continue  # what was answered beside it is still written
                try:
                    self._settle(book, video, question, clip, failed)
                except TargetError as error:
                    self._refuse(book, video, error)
                    break
                except EngineGoneError as error:
                    gone = error
        if gone is not None:
            raise gone

    def _together(
        self, clips: Sequence[tuple[str, "Clip"]], left: dict[str, tuple[str, ...]]
    ) -> dict[tuple[str, str], Answer | VidqaError | None]:
        """Ask each question about all clips that still need it, together."""
        answers = dict[tuple[str, str], Answer | VidqaError | None]()
        for question in self.request.questions:
            asked = [(video, clip) for video, clip in clips if question in left[video]]
            if not asked:
                continue
            results = self.way.together([clip for _, clip in asked], question)
            for (video, _), result in zip(asked, results, strict=True):
                answers[video, question] = result
        return answers

    def _settle(
        self,
        book: Book,
        video: str,
        question: str,
        clip: "Clip | VidqaError",
        answer: Answer | VidqaError | None,
    ) -> None:
        """Answer one question, unless that was done, then write, count and show the answer."""
        try:
            if isinstance(answer, VidqaError):
                raise answer
            assert not isinstance(clip, VidqaError)
            if answer is None:
                answer = self.way.answer(clip, question)
            else:
                self.reporter.pause()
                self.view.begin(video, question)
                self.view.piece(TextDelta(answer.text))
        except NoSpaceError:  # of stdout: not the fault of a clip
            raise
        except VidqaError as error:
            if isinstance(error, EngineGoneError) and self._title(video) is not None:
                raise  # it would be so of every other clip
            self._fail(book, video, question, error)
            return
        subtitles = self.session.subtitles_mark(video)
        answer = self.session.places.told_answer(answer, video)
        record = self.records.answered(answer, subtitles=subtitles)
        book.write(video, question, self.outlet.labelled(video, record))
        self.reporter.pause()
        self.view.whole(answer, record)
        if not self.options.is_kept:
            self.reporter.coverage(
                answer,
                decoder=clip.decoder,
                detail=self.session.places.told(clip.words.detail, video),
                timings=self.options.timings,
                about=self._title(video),
            )

    def _fail(self, book: Book, video: str, question: str, error: VidqaError) -> None:
        """Record and report that a clip or question has no answer; others may have one."""
        self.view.close()
        error = self.session.places.told_error(error, video)
        record = self.records.failed(
            error,
            video=video,
            question=question,
            marks=self.session.known_marks(video),
            maker=self.maker,
        )
        book.write(video, question, self.outlet.labelled(video, record))
        self.reporter.error(error, about=self._title(video))
        self.view.failed(record)

    def _refuse(self, book: Book, video: str, error: UsageError) -> None:
        """Leave a clip's existing file as it is, and report it; others may be written."""
        book.refuse(
            video, lambda question: self.records.failed(error, video=video, question=question)
        )
        self.reporter.error(error, about=self._title(video))

    def _tell_how_to_go_on(self, book: Book) -> None:
        """Report after Ctrl-C how to resume."""
        left = book.tally().left
        how = "give the same command again: it goes on where it stopped"
        if self.options.force:
            how = "without --force the same command goes on where it stopped"
        if not self.options.is_kept:
            how = "with -o answers.jsonl the same command would go on where it stopped"
        self.reporter.note(f"stopped, {left} left; {how}")

    def _tell_torn(self, journal: Journal | None) -> None:
        if journal is not None and journal.torn_bytes:
            self.reporter.note(
                f"the last line of {journal.path} was torn; its {journal.torn_bytes} bytes were cut"
            )

    def _title(self, video: str) -> str | None:
        """Return the clip's name for messages; None if there is only one clip."""
        return video if len(self.request.clips) > 1 or self._has_board else None
