"""Choose the clip of an index that a question is about."""

from dataclasses import dataclass
from pathlib import Path

from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.finding import files_of, meaning_of
from vidqa.system.file_systems import is_there

MOST_HITS = 10
"""Of which the first is taken whose file is there."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clips of an index."""

    file: Path
    """The index."""
    reporter: StatusReporter
    device: str
    """What looks at pictures computes on it."""

    def clip_for(self, question: str, now: str | None) -> Path | None:
        """Return the clip that a question is about; None if nothing in the index points to one.

        Args:
            question: plain text.
            now: the clip that was asked about last; it stays where a question refers to that.

        Raises:
            UsageError: there is no such index, or it cannot be read.

        """
        from vidqa.engine.asking.question.kinds import asked_for, is_about_all, refers
        from vidqa.engine.finding.terms import terms_of
        from vidqa.tasks.index.library import Library
        from vidqa.tasks.index.search import search

        query = asked_for(question)
        with Library(self.file) as library, library.reading():
            is_open = is_about_all(question) or not terms_of(query)
            if is_open or (now is not None and refers(question)):
                return None
            meaning = meaning_of(library, question, self.reporter, self.device)
            files = files_of(None, library.places())
            hits = search(library, query, files, meaning=meaning, most=MOST_HITS)
        return next((hit.path for hit in hits if is_there(hit.path)), None)
