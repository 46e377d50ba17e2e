"""Search an index, watch what is found, show it, cut it out."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidqa.cli.groups import WatchSetup
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.cli.session import ModelSession
from vidqa.errors import UsageError, VidqaError
from vidqa.system.file_systems import is_there
from vidqa.types import SCHEMA_VERSION
from vidqa.types.clock import clock
from vidqa.types.exit_codes import ExitCode
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.engine.finding.ranking import Meaning
    from vidqa.media.container.cut_out import CutOut
    from vidqa.tasks.index.entries import Place
    from vidqa.tasks.index.library import Library
    from vidqa.tasks.index.search import Hit

LONGEST = 160
"""Characters of what a hit was found by that are shown."""
SHOWN = {"said": "says", "read": "on the screen", "seen": "seen", "shown": "looks alike"}


@dataclass(frozen=True, slots=True)
class HitOptions:
    """What is done with hits."""

    check: str | None
    """A question about each, to be answered with yes."""
    threshold: float
    """How likely yes must be."""
    save: Path | None
    """A folder for what is cut out."""
    exact: bool
    force: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched, and where."""

    query: str
    where: list[str] | None
    most: int
    least: float


@dataclass(slots=True)
class FindRun:
    """One command's work: hits are found, watched where that is asked for, shown, and cut out."""

    search: Search
    file: Path
    options: HitOptions
    watch: WatchSetup
    reporter: StatusReporter
    failures: list[VidqaError] = field(default_factory=list, init=False)

    def run(self) -> ExitCode:
        """Show what is found; status 1 where nothing is."""
        with self.reporter.stages():
            hits = self._hits()
            shown = list(self._checked(hits) if self.options.check and hits else map(Found, hits))
            if self.options.save is not None and shown:
                shown = self._saved(shown, self.options.save)
            self.reporter.pause()
            for found in shown:
                if self.options.as_json:
                    put(json.dumps(found.record(self.search.query)) + "\n")
                else:
                    found.show()
        if not shown:
            self.reporter.note("nothing was found")
        if self.failures:
            return ExitCode.SOME_CLIPS_FAILED
        return ExitCode.ANSWERED if shown else ExitCode.NO

    def _hits(self) -> "list[Hit]":
        from vidqa.tasks.index.library import Library
        from vidqa.tasks.index.search import search

        asked = self.search
        with Library(self.file) as library, library.reading():
            places = library.places()
            files = files_of(asked.where, places)
            meaning = meaning_of(library, asked.query, self.reporter, self.watch.load.device)
            hits = search(
                library,
                asked.query,
                files,
                meaning=meaning,
                most=asked.most,
                least=asked.least,
            )
        known = {one.path: one for one in places}
        for path in dict.fromkeys(hit.path for hit in hits):
            if not known[path].is_same:
                state = "has changed since it was indexed" if is_there(path) else "is gone"
                self.reporter.note(f"warning: {short(path)} {state}")
        return hits

    def _checked(self, hits: "Sequence[Hit]") -> "Iterator[Found]":
        """Yield the hits of which a model says yes."""
        session = ModelSession(self.watch, self.reporter)
        session.check(())
        model = session.load()
        from vidqa.tasks.index.check import checked

        question = self.options.check
        assert question is not None, "it is asked for"
        watched = checked(
            model,
            hits,
            question,
            self.watch.viewing,
            notify=self.reporter.stage,
            progress=self.reporter.progress,
        )
        for one in watched:
            if one.error is not None:
                self._fail(one.hit, one.error)
            elif one.yes >= self.options.threshold:
                yield Found(one.hit, yes=one.yes)

    def _saved(self, shown: "Sequence[Found]", folder: Path) -> "list[Found]":
        """Cut out what is shown."""
        from vidqa.media.reader import Reader
        from vidqa.tasks.index.save import save_parts

        self.reporter.stage("decode")
        hits = [found.hit for found in shown]
        reader, options = Reader(), self.options
        saved = save_parts(hits, folder, reader, exact=options.exact, force=options.force)
        for one in saved:
            if one.error is not None:
                self._fail(one.part, one.error)
        done = sum(one.file is not None for one in saved)
        self.reporter.note(f"{counted(done, 'clip')} cut out -> {folder}")
        return [
            replace(found, file=one.file, cut=one.cut)
            for found, one in zip(shown, saved, strict=True)
        ]

    def _fail(self, hit: "Hit", error: VidqaError) -> None:
        self.failures.append(error)
        self.reporter.error(error, about=short(hit.path))


@dataclass(frozen=True, slots=True)
class Found:
    """A hit, and what became of it."""

    hit: "Hit"
    yes: float | None = None
    """Probability of yes to the question of `--check`."""
    file: Path | None = None
    """Where it was cut out to."""
    cut: "CutOut | None" = None

    def show(self) -> None:
        """Print a line."""
        hit = self.hit
        place = f"{short(hit.path)}@{clock(hit.start_s)}-{clock(hit.end_s)}"
        when = f" at {clock(hit.at_s)}" if hit.kind in ("said", "read") else ""
        end = "\N{HORIZONTAL ELLIPSIS}" if len(hit.text) > LONGEST else ""
        checked = "" if self.yes is None else f"yes {self.yes:.2f}; "
        text = f": {hit.text[:LONGEST]}{end}" if hit.text else ""
        why = f"{checked}{SHOWN[hit.kind]}{when}{text}"
        if sys.stdout.isatty():
            put(f"{printable(place)}  {hit.score:.2f}  {printable(why)}\n")
        else:
            put_columns((place, f"{hit.score:.2f}", why))

    def record(self, query: str) -> dict[str, Any]:
        """Return the JSON object, keys in their documented order."""
        hit, cut = self.hit, self.cut
        return {
            "schema_version": SCHEMA_VERSION,
            "query": query,
            "video": str(hit.path),
            "start_s": round(hit.start_s, 3),
            "end_s": round(hit.end_s, 3),
            "score": round(hit.score, 4),
            "by_words": round(hit.by_words, 4),
            "by_meaning": round(hit.by_meaning, 4),
            "found": hit.kind,
            "text": hit.text,
            "at_s": round(hit.at_s, 3),
            "copies": [str(path) for path in hit.copies],
            **({} if self.yes is None else {"yes": round(self.yes, 4)}),
            **({} if self.file is None else {"file": str(self.file)}),
            **({} if cut is None else {"cut_s": [round(cut.start_s, 3), round(cut.end_s, 3)]}),
        }


def meaning_of(library: "Library", query: str, reporter: StatusReporter, device: str) -> "Meaning":
    """Return how near windows are to what a query means, and say what cannot be compared."""
    from vidqa.engine.finding.ranking import Meaning
    from vidqa.engine.finding.sentences import Sentences
    from vidqa.tasks.index import lookup

    meaning = Meaning()
    for key, clips in lookup.encoders(library).items():
        if key is None:
            continue
        sentences = Sentences.by_key(key, device=device)
        if sentences is None:
            why = f"{key} is not in the cache"
        elif not sentences.reads(query):
            why = f"{sentences.spec.name} reads English alone"
        else:
            encoded, unlike = sentences.query(query), sentences.spec.unlike
            stored = lookup.meanings(library, key, len(encoded))
            meaning = meaning.with_those_of(*stored, encoded, unlike)
            continue
        reporter.note(f"meanings are not compared (of {counted(clips, 'clip')}): {why}")
    return meaning


def files_of(where: Iterable[str] | None, places: Sequence["Place"]) -> dict[int, list[Path]]:
    """Return the files that are searched, by their contents; those that are there first.

    Raises:
        UsageError: one that is named is not in the index.

    """
    chosen = list(places)
    if where:
        chosen = []
        for name in where:
            whole = Path(os.path.abspath(name))  # noqa: PTH100  (links stay as they are)
            here = [one for one in places if one.path.is_relative_to(whole)]
            if not here:
                raise UsageError(f"{name!r} is not in the index", hint=f"vidqa index {name!r}")
            chosen += here
    files = dict[int, list[Path]]()
    for one in chosen:
        files.setdefault(one.content, []).append(one.path)
    return {
        content: sorted(dict.fromkeys(paths), key=lambda path: not is_there(path))
        if len(paths) > 1
        else paths
        for content, paths in files.items()
    }


def short(path: Path) -> str:
    """Return a path as it is typed in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
