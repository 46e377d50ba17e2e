"""Ask the questions of a benchmark, and write down all that it takes to run it again."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidqa.cli.commands.evaluation.asked_model import asked_model
from vidqa.cli.commands.evaluation.choices import BenchmarkOptions
from vidqa.cli.commands.evaluation.judges import reach_judge
from vidqa.cli.commands.evaluation.report import remarks, table
from vidqa.cli.groups import EngineOptions
from vidqa.cli.parse import read_shard
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.output_file import STDOUT, opened, require_new, require_writable
from vidqa.cli.render.scores import show_table
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.errors import ClipNotFoundError, UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.types.exit_codes import ExitCode
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings

if TYPE_CHECKING:
    from vidqa.tasks.evaluate.answers import Book
    from vidqa.tasks.evaluate.benchmarks.benchmark import Benchmark
    from vidqa.tasks.evaluate.benchmarks.question import Question, Questions
    from vidqa.tasks.evaluate.judging.judging import Judging, Verdicts
    from vidqa.tasks.evaluate.protocol import Protocol
    from vidqa.tasks.evaluate.result import Result
    from vidqa.tasks.evaluate.scoring.score import Scorer
    from vidqa.tasks.evaluate.selection import Selection

RECORDS = ".jsonl"
"""Ending of the file of answers beside a result."""
MOST_NAMED = 5
"""Clips that are named one by one, of those that are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What to ask, and how."""

    options: BenchmarkOptions
    model: str | None
    load: LoadSettings
    viewing: Viewing
    generation: GenerationSettings
    output: Path | None
    """The result; the answers are beside it, each on disk before it counts."""
    force: bool
    as_json: bool
    engine: EngineOptions = field(default_factory=EngineOptions)
    """The server that answers, if one does."""


@dataclass(slots=True)
class BenchmarkRun:
    """One run of a benchmark."""

    setup: Setup
    reporter: StatusReporter

    def run(self) -> ExitCode:
        """Ask what is not answered yet, then score everything."""
        keep_libraries_off_the_network()
        silence_libraries()
        benchmark, protocol, selection = self._read()
        options = self.setup.options
        assert options.data is not None, "it was checked"
        from vidqa.tasks.evaluate.answers import asked
        from vidqa.tasks.evaluate.result import Result

        every = benchmark.questions(
            options.data, protocol.split, by_place=options.scorer == "official"
        )
        questions = asked(every, selection.of(every.items))
        if protocol.words == "given" and all(one.words is None for one in questions.items):
            self.reporter.note(f"no subtitles of its own are in {options.data}")
        scorer = self._scorer(benchmark)
        judging = reach_judge(options, self.setup.load, benchmark)
        settings = {**protocol.settings(questions), **self.setup.load.settings}
        with self._book() as book:
            answered = book.answers().records
            self._tell_missing([one for one in questions.items if one.id not in answered])
            self._ask(book, questions, protocol, settings)
            verdicts = self._judge(judging, book, questions)
            answers = book.answers()
            result = Result(protocol, questions, selection, answers, scorer, settings, verdicts)
        self._write(result)
        return ExitCode.SOME_CLIPS_FAILED if result.missing or result.failed else ExitCode.ANSWERED

    def _read(self) -> "tuple[Benchmark, Protocol, Selection]":
        """Read what was typed. Raises UsageError."""
        from vidqa.tasks.evaluate.benchmarks.benchmark import find_benchmark
        from vidqa.tasks.evaluate.benchmarks.prompts import read_wording
        from vidqa.tasks.evaluate.protocol import ANSWER_BY, WORDS_OF, Protocol
        from vidqa.tasks.evaluate.scoring.score import SCORERS
        from vidqa.tasks.evaluate.selection import Selection, Subset

        options = self.setup.options
        assert options.benchmark is not None, "it was checked"
        if options.html is not None:
            if not self.setup.force:
                require_new(options.html)
            require_writable(options.html)
            if options.html == self.setup.output:
                raise UsageError("--html and -o name the same file")
        if self.setup.as_json and str(self.setup.output) == STDOUT:
            raise UsageError("--json and -o - would both write to stdout", hint="-o FILE.json")
        benchmark = find_benchmark(options.benchmark)
        _one_of("--scorer", options.scorer, SCORERS)
        answer_by = _one_of("--answer-by", options.answer_by, ANSWER_BY)
        words = _one_of("--words", options.words or benchmark.words, WORDS_OF)
        if "choice" not in benchmark.wordings and (answer_by != "text" or options.permute):
            raise UsageError(f"{benchmark.title} has no options", hint="leave --answer-by out")
        usual = benchmark.wordings
        wordings = usual if options.prompt is None else read_wording(options.prompt, usual)
        protocol = Protocol(
            benchmark=benchmark,
            wordings=wordings,
            split=options.split or benchmark.split,
            answer_by=answer_by,
            is_permuted=options.permute,
            words=words,
            viewing=self.setup.viewing,
            generation=self.setup.generation,
        )
        selection = Selection(
            limit=options.limit,
            subset=None if options.subset is None else Subset.read(options.subset),
            shard=None if options.shard is None else read_shard(options.shard),
        )
        return benchmark, protocol, selection

    def _scorer(self, benchmark: "Benchmark") -> "Scorer":
        from vidqa.tasks.evaluate.scoring.score import Scorer
        from vidqa.tasks.evaluate.scoring.wups import find_wordnet

        options = self.setup.options
        net = None
        if benchmark.official == "wups":
            assert options.data is not None, "it was checked"
            own = next(iter(sorted(options.data.rglob("stopwords.txt"))), None)
            net = find_wordnet(options.wordnet, own)
        name: Any = options.scorer
        return Scorer(name, benchmark.official, net)

    def _tell_missing(self, questions: "list[Question]") -> None:
        """Name the clips that are not there, of questions to ask. Raises: there is none."""
        missing = list(dict.fromkeys(one.video for one in questions if one.clip is None))
        folder = self.setup.options.data
        for video in missing[:MOST_NAMED]:
            self.reporter.error(ClipNotFoundError(f"there is no clip {video!r} in {folder}"))
        if (more := len(missing) - MOST_NAMED) > 0:
            self.reporter.note(f"{more} more clips are not there; the result names them all")
        if questions and all(one.clip is None for one in questions):
            raise ClipNotFoundError(
                f"not one clip that is asked about is in {folder}",
                hint="clips are found by the names that the benchmark gives them",
            )

    @contextmanager
    def _book(self) -> "Iterator[Book]":
        """Open the answers that there are, or begin."""
        from vidqa.tasks.evaluate.answers import Book
        from vidqa.tasks.folders.journal import Journal

        output = self.setup.output
        if output is None or str(output) == STDOUT:
            yield Book.open(None)
            return
        if output.is_dir() or not output.name:
            raise UsageError(f"{output} is a folder", hint=f"-o {output / 'result.json'}")
        answers = output.with_name(output.name.removesuffix(".json") + RECORDS)
        if output.suffix == RECORDS:
            raise UsageError(
                f"{output} is what its answers would be called",
                hint=f"-o {output.with_suffix('.json')}",
            )
        require_writable(output)
        if not (self.setup.force or answers.exists()):
            require_new(output)
        with closing(Journal(answers)) as journal:
            if self.setup.force:
                journal.arrange([])
            yield Book.open(journal)

    def _ask(
        self,
        book: "Book",
        questions: "Questions",
        protocol: "Protocol",
        settings: dict[str, Any],
    ) -> None:
        from vidqa.tasks.evaluate.answers import maker_of, require_alike
        from vidqa.tasks.evaluate.run import answer_all

        name = "memory" if book.journal is None else book.journal.path.name
        require_alike(book.records, settings, name)
        before = maker_of(book.records, name)
        self._require_model(before, name)
        left = book.answers().left(questions.items)
        if not left:
            return
        done = len(questions.items) - len(left)
        if book.records:
            self.reporter.note(f"{done} of {len(questions.items)} questions are done already")
        with self.reporter.stages():
            model = self._load()
            protocol.require_able(model)
            if before and before != asdict(model.maker):
                raise UsageError(
                    f"{name} holds answers of {' '.join(before.values())}",
                    hint="choose another name, or add --force to begin anew",
                )
            try:
                for place, record in enumerate(
                    answer_all(model, left, protocol, settings, on_error=self._tell_error), 1
                ):
                    book.write(record)
                    self.reporter.progress(f"{place} of {len(left)} questions")
            except KeyboardInterrupt:
                if book.journal is not None:
                    self.reporter.note("the same command goes on from here")
                raise

    def _require_model(self, before: dict[str, str], name: str) -> None:
        """Refuse to count the answers of another model than the one that was named."""
        typed = self.setup.model
        if typed and before and not Path(typed).is_dir() and typed != before["model"]:
            raise UsageError(
                f"{name} holds answers of {before['model']}, not of {typed}",
                hint="choose another name, or add --force to begin anew",
            )

    def _judge(
        self, judging: "Judging | None", book: "Book", questions: "Questions"
    ) -> "Verdicts | None":
        """Have the answers judged that are not yet. Raises VidqaError: the judge fails."""
        from vidqa.tasks.evaluate.judging.judging import Verdicts

        if judging is None:
            return None
        cases = judging.cases(questions.items, book.answers().records)
        done = judging.verdicts(book.records, cases)
        left = [one for one in cases if one.key not in done]
        with self.reporter.stages():
            for place, record in enumerate(judging.judged(left), 1):
                book.write(record)
                self.reporter.progress(f"{place} of {len(left)} answers judged")
        is_official = self.setup.options.scorer == "official"
        return Verdicts(judging.record, judging.verdicts(book.records, cases), is_official)

    def _load(self) -> Any:
        setup, frames = self.setup, self.setup.viewing.frames
        return asked_model(setup.model, setup.load, setup.engine, self.reporter, frames=frames)

    def _tell_error(self, error: VidqaError, video: str) -> None:
        self.reporter.error(error, about=video)

    def _write(self, result: "Result") -> None:
        """Write the result, and show its scores."""
        record, output = result.to_record(), self.setup.output
        is_on_stdout = str(output) == STDOUT
        if output is not None:
            with opened(output) as write:
                write(json.dumps(record, indent=1) + "\n")
        if (html := self.setup.options.html) is not None:
            from vidqa.tasks.evaluate.page import page

            with opened(html) as write:
                for part in page(record, result.questions.items):
                    write(part)
        for fault in record["known_faults"]:
            self.reporter.note(f"a known fault of the official rule: {fault}")
        if self.setup.as_json:
            shown = {key: value for key, value in record.items() if key != "questions"}
            put(json.dumps(shown) + "\n")
        else:
            show_table(table(record), sys.stderr if is_on_stdout else sys.stdout)
            for line in remarks(record):
                self.reporter.note(line)


def _one_of(option: str, value: str, known: tuple[Any, ...]) -> Any:
    if value not in known:
        raise UsageError(f"{option} {value!r}: no such thing", hint=f"use {', '.join(known)}")
    return value
