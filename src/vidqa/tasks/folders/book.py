"""The book of a run: its questions, and their records."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidqa.tasks.folders.journal import Journal, Record
from vidqa.tasks.folders.ledger import Errand, find_done, in_order, without_retried
from vidqa.types import Marks


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of clips in a run, by state."""

    clips: int
    left: int
    failed: int
    """Number of done clips with at least one question that has no answer."""
    before: int
    """Number of done clips for which nothing had to be done."""

    @property
    def done(self) -> int:
        """The number of clips without questions left."""
        return self.clips - self.left


class Book:
    """All questions about all clips, with their records as they become known."""

    def __init__(
        self,
        clips: Sequence[str],
        questions: Sequence[str],
        *,
        journal: Journal | None = None,
        how: Mapping[str, Any] | None = None,
        mark: Callable[[str], Marks] = lambda _: Marks(None, None),
        glance: Callable[[str], Marks] | None = None,
        retry_failed: bool = False,
        anew: bool = False,
        settled: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open a book; questions that have records in the journal are done.

        Args:
            clips: the clips, without duplicates.
            questions: the questions about each clip.
            journal: the file of records.
            how: the settings that earlier records must have to count.
            mark: returns the fingerprints of a clip.
            glance: as in `find_done`.
            retry_failed: repeat what failed before.
            anew: repeat everything.
            settled: called with a clip when all its records are known, before the last is on
                disk: if interrupted in between, the clip is done again.

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
            self._done = find_done(journal.records, self._errands, self.how, mark, glance)
        if retry_failed:
            self._done = {one: it for one, it in self._done.items() if "error" not in it}
        self._left = Counter(one.video for one in self._errands if one not in self._done)
        self._failed = {one.video for one, it in self._done.items() if "error" in it}
        self._before = len(clips) - len(self._left)

    @property
    def records(self) -> list[Record]:
        """All records so far, in the order of clips and questions."""
        known = {**self._done, **self._refused}
        return [known[one] for one in self._errands if one in known]

    def records_of(self, video: str) -> list[Record]:
        """Return the records of one clip, in the order of questions."""
        return [self._done[one] for one in self._errands_of(video) if one in self._done]

    def left(self) -> dict[str, tuple[str, ...]]:
        """Return the clips that are not done, each with its open questions."""
        left: dict[str, tuple[str, ...]] = {}
        for one in self._errands:
            if one not in self._done and one not in self._refused:
                left[one.video] = (*left.get(one.video, ()), one.question)
        return left

    def write(self, video: str, question: str, record: Record) -> None:
        """Write a record; the question is done once it is on disk.

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
        """Skip a clip; `record` makes each question's record, which is not written to disk."""
        self._refused |= {one: record(one.question) for one in self._errands_of(video)}
        self._failed.add(video)
        if self._left.pop(video, 0) == 0:
            self._before -= 1

    def relabel(self, video: str, change: Callable[[Record], Record]) -> None:
        """Change a clip's records and write them. Raises as `Journal.append`."""
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
        """Drop failures that were retried; the journal's order stays. Raises as `arrange`."""
        if self._journal is not None:
            last = list(self._done.values())
            self._journal.arrange(without_retried(self._journal.records, last))

    def tally(self) -> Tally:
        """Count the clips by state."""
        failed = len(self._failed - self._left.keys())
        return Tally(len(self.clips), len(self._left), failed, self._before)

    def _errands_of(self, video: str) -> list[Errand]:
        return [Errand(video, question) for question in self._questions]
