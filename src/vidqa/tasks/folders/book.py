"""What a run has to do, and what came of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidqa.tasks.folders.journal import Journal, Record
from vidqa.tasks.folders.ledger import Errand, find_done, in_order, without_retried
from vidqa.types import Marks


@dataclass(frozen=True, slots=True)
class Tally:
    """Clips of a run: those with questions left, and those without."""

    clips: int
    left: int
    failed: int
    """Of those without, at least one question has no answer."""
    before: int
    """Of those without, nothing had to be done."""

    @property
    def done(self) -> int:
        """Clips without questions left."""
        return self.clips - self.left


class Book:
    """Every question about every clip, and its record once there is one."""

    def __init__(
        self,
        clips: Sequence[str],
        questions: Sequence[str],
        *,
        journal: Journal | None = None,
        how: Mapping[str, Any] | None = None,
        mark: Callable[[str], Marks] = lambda _: Marks(None, None),
        retry_failed: bool = False,
        anew: bool = False,
        settled: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open a book, in which is done what a journal has records of.

        Args:
            clips: each once.
            questions: about each of them.
            journal: where records are kept.
            how: the settings that earlier records must have to count.
            mark: makes the fingerprints of a clip.
            retry_failed: do again what failed before.
            anew: do all of it again.
            settled: told a clip when all its records are known, before the last is on disk: what
                is cut short in between is done again.

        """
        self.clips = tuple(clips)
        self.how = how or {}
        self._journal = journal
        self._settled = settled
        self._questions = tuple(questions)
        self._errands = [one for clip in clips for one in self._errands_of(clip)]
        self._done: dict[Errand, Record] = {}
        self._refused: dict[Errand, Record] = {}
        if journal is not None and journal.records and not anew:
            self._done = find_done(journal.records, self._errands, self.how, mark)
        if retry_failed:
            self._done = {one: it for one, it in self._done.items() if "error" not in it}
        self._left = Counter(one.video for one in self._errands if one not in self._done)
        self._failed = {one.video for one, it in self._done.items() if "error" in it}
        self._before = len(clips) - len(self._left)

    @property
    def records(self) -> list[Record]:
        """All there are, in the order of clips and questions."""
        known = {**self._done, **self._refused}
        return [known[one] for one in self._errands if one in known]

    def records_of(self, video: str) -> list[Record]:
        """Those of one clip, in the order of questions."""
        return [self._done[one] for one in self._errands_of(video) if one in self._done]

    def left(self) -> dict[str, tuple[str, ...]]:
        """The clips that are not done, and for each the questions."""
        left: dict[str, tuple[str, ...]] = {}
        for one in self._errands:
            if one not in self._done and one not in self._refused:
                left[one.video] = (*left.get(one.video, ()), one.question)
        return left

    def write(self, video: str, question: str, record: Record) -> None:
        """Count a question as done, once its record is on disk.

        Raises as `Journal.append` and `settled` do; then it is not done.
        """
        one = Errand(video, question)
        self._done[one] = record
        try:
            if self._left[video] == 1:
                self._settled(video)
            if self._journal is not None:
                self._journal.append(record)
        except BaseException:
            del self._done[one]
            raise
        if "error" in record:
            self._failed.add(video)
        self._left[video] -= 1
        if not self._left[video]:
            del self._left[video]

    def refuse(self, video: str, record: Callable[[str], Record]) -> None:
        """Do nothing about a clip; `record` says why, for each question. It is not kept."""
        self._refused |= {one: record(one.question) for one in self._errands_of(video)}
        self._failed.add(video)
        if self._left.pop(video, 0) == 0:
            self._before -= 1

    def relabel(self, video: str, change: Callable[[Record], Record]) -> None:
        """Change a clip's records, and keep what they are now. Raises as `Journal.append`."""
        for one in self._errands_of(video):
            record = self._done.get(one)
            if record is not None and (changed := change(record)) != record:
                if self._journal is not None:
                    self._journal.append(changed)
                self._done[one] = changed

    def arrange(self) -> None:
        """Put the journal's records in the order of clips. Raises as `Journal.arrange`."""
        if self._journal is not None:
            self._journal.arrange(in_order(self._journal.records, self._errands, self._done))

    def clean(self) -> None:
        """Leave the journal's order; drop failures that were tried again. Raises as `arrange`."""
        if self._journal is not None:
            last = list(self._done.values())
            self._journal.arrange(without_retried(self._journal.records, last))

    def tally(self) -> Tally:
        """How far the run has come."""
        failed = len(self._failed - self._left.keys())
        return Tally(len(self.clips), len(self._left), failed, self._before)

    def _errands_of(self, video: str) -> list[Errand]:
        return [Errand(video, question) for question in self._questions]
