"""Ask own questions whose answers are known, and say how many are answered right."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vidqa.cli.commands.evaluation.asked_model import asked_model
from vidqa.cli.groups import EngineOptions
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.output_file import STDOUT, Sink, growing, require_new
from vidqa.cli.render.scores import Table, show_table
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

if TYPE_CHECKING:
    from vidqa.tasks.evaluate.bootstrap import Share
    from vidqa.tasks.evaluate.evaluation import Item, Result, Without


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one skill."""

    skill: str
    right: "Share | None"
    """Of the questions that were answered; None if none was."""
    failed: int
    """Questions that were not, because of their clips."""
    more: "Share | None" = None
    """By how much it is more than another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """What to ask, and how."""

    model: str | None
    """None: the best in the cache for this machine."""
    load: LoadSettings
    frames: int | None
    skip_alike: bool
    compress: int
    without: "frozenset[Without]"
    output: Path | None
    """Gets a record a question, each on disk before it counts."""
    force: bool
    """Write anew what is there already."""
    against: Path | None
    as_json: bool
    engine: EngineOptions = field(default_factory=EngineOptions)
    """The server that answers, if one does."""


@dataclass(slots=True)
class EvaluateRun:
    """One evaluation."""

    questions: Path
    options: EvaluateOptions
    reporter: StatusReporter
    results: "list[Result]" = field(default_factory=list)

    def run(self) -> ExitCode:
        """Ask everything, then show the shares."""
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.tasks.evaluate import evaluation

        if self.options.as_json and self._is_stdout_taken:
            raise UsageError("--json and -o - would both write to stdout", hint="-o FILE.jsonl")
        if self.options.output is not None and not self.options.force:
            require_new(self.options.output)
        items = evaluation.read_items(self.questions)
        missing = self._missing(items)
        against = self.options.against
        others = None if against is None else evaluation.read_marks(against)
        with self.reporter.stages():
            if self.options.output is None:
                self._ask(items, missing, lambda _: None)
            else:
                with growing(self.options.output, force=self.options.force) as write:
                    self._ask(items, missing, write)
        marks = evaluation.marks_of(self.results)
        more = {} if others is None or not marks else evaluation.differences(marks, others)
        shares = evaluation.shares(marks)
        failed = Counter(one.item.skill for one in self.results if one.error is not None)
        skills = dict.fromkeys(one.item.skill for one in self.results)
        rows = [Row(skill, shares.get(skill), failed[skill], more.get(skill)) for skill in skills]
        if self.options.as_json:
            _show_json(rows)
        else:  # records on stdout leave no place there for people's tables
            stream = sys.stderr if self._is_stdout_taken else sys.stdout
            show_table(_table(rows), stream, left=1)
        return ExitCode.SOME_CLIPS_FAILED if failed else ExitCode.ANSWERED

    @property
    def _is_stdout_taken(self) -> bool:
        """Whether the records go there."""
        return str(self.options.output) == STDOUT

    def _missing(self, items: "list[Item]") -> frozenset[str]:
        """Return the clips that do not exist, all reported before anything is loaded.

        Raises:
            ClipNotFoundError: none is there.

        """
        from vidqa.tasks.evaluate.evaluation import missing_clips

        folder = self.questions.parent
        missing = missing_clips(items, folder)
        for video in missing:
            self.reporter.error(ClipNotFoundError(f"there is no file {str(folder / video)!r}"))
        if {item.video for item in items} <= set(missing):
            raise ClipNotFoundError(
                f"not one clip of {self.questions} is there",
                hint="clips are looked for beside the file that names them",
            )
        return frozenset(missing)

    def _ask(self, items: "list[Item]", missing: frozenset[str], write: Sink) -> None:
        from vidqa.tasks.evaluate.evaluation import Settings, evaluate

        options, frames = self.options, self.options.frames
        model = asked_model(
            options.model, options.load, options.engine, self.reporter, frames=frames
        )
        settings = Settings(options.frames, options.without, options.skip_alike, options.compress)
        for result in evaluate(model, items, settings, folder=self.questions.parent):
            if result.error is not None and result.item.video not in missing:
                self.reporter.error(result.error, about=result.item.video)
            write(json.dumps(result.to_record()) + "\n")
            self.results.append(result)
            self.reporter.progress(f"{len(self.results)} of {len(items)} questions")


def read_without(names: list[str] | None) -> "frozenset[Without]":
    """Read what is hidden from the model.

    Raises:
        UsageError: it is neither pictures nor words.

    """
    for name in names or ():
        if name not in ("pictures", "words"):
            raise UsageError(f"--without {name!r}: no such thing", hint="use pictures or words")
    return cast("frozenset[Without]", frozenset(names or ()))


def _show_json(rows: list[Row]) -> None:
    for row in rows:
        count = 0 if row.right is None else row.right.count
        record: dict[str, object] = {
            "skill": row.skill,
            "questions": count,
            **_numbers(row.right),
            "failed": row.failed,
        }
        if row.more is not None:
            record["more_than_the_other"] = _numbers(row.more)
        put(json.dumps(record) + "\n")


def _numbers(one: "Share | None") -> dict[str, float | None]:
    if one is None:
        return dict.fromkeys(("right", "low", "high"))
    return {"right": round(one.mean, 4), "low": round(one.low, 4), "high": round(one.high, 4)}


def _table(rows: list[Row]) -> Table:
    """Return the shares, with columns for what there is."""
    titles = ["skill", "questions", "right", "95 % interval"]
    if has_more := any(row.more is not None for row in rows):
        titles += ["more than the other", "95 % interval"]
    if has_failed := any(row.failed for row in rows):
        titles.append("failed")
    cells = [
        [*_cells(row, with_more=has_more), *([str(row.failed)] if has_failed else [])]
        for row in rows
    ]
    return Table(titles, cells)


def _cells(row: Row, *, with_more: bool) -> list[str]:
    one, more = row.right, row.more
    cells = [row.skill]
    if one is None:
        cells += ["0", "-", "-"]
    else:
        cells += [str(one.count), f"{one.mean:.1%}", f"{one.low:.1%} to {one.high:.1%}"]
    if with_more:
        cells += (
            ["", ""]
            if more is None
            else [f"{more.mean:+.1%}", f"{more.low:+.1%} to {more.high:+.1%}"]
        )
    return cells
