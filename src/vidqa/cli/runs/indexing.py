"""Index every clip: first all words, then what is seen."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli.groups import WatchSetup
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.several import Several
from vidqa.cli.session import ModelSession
from vidqa.errors import VidqaError
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.types.clock import clock
from vidqa.types.exit_codes import ExitCode, exit_code
from vidqa.types.wording import count_words, counted

if TYPE_CHECKING:
    from vidqa.engine.finding.sentences import Sentences
    from vidqa.tasks.index.hear import Heard, WordIndexer
    from vidqa.tasks.index.library import Library
    from vidqa.tasks.index.see import SightIndexer

NOT_COMPARED = (
    "clips are found by their words alone, not by what they mean: vidqa models pull minilm"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """What is indexed, and where."""

    file: Path
    watch: WatchSetup
    embeddings: str | None
    """The model that compares meanings; None is the usual one if it is there, `off` none."""
    words_only: bool


@dataclass(slots=True)
class IndexRun:
    """One command's work: what listens is loaded once, and then what looks."""

    found: ClipList
    options: IndexOptions
    reporter: StatusReporter
    contents: dict[str, int] = field(default_factory=dict, init=False)
    """Of the clips whose words are in the index, in their order."""
    failures: list[VidqaError] = field(default_factory=list, init=False)

    def run(self) -> ExitCode:
        """Index all there is; one bad clip does not stop the others."""
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.tasks.index.library import Library

        watches = not self.options.words_only
        session = ModelSession(self.options.watch, self.reporter) if watches else None
        with self.reporter.stages():
            self.reporter.passed_over(self.found)
            if session is not None:
                session.check(())  # what cannot work is told before anybody listens
            with Library(self.options.file, writes=True) as library:
                sentences = self._sentences()
                self._hear(library, sentences)
                if session is not None:
                    self._see(library, sentences, session)
        if not self.failures:
            return ExitCode.ANSWERED
        are = self.found.are_several
        return ExitCode.SOME_CLIPS_FAILED if are else exit_code(self.failures[0])

    def _sentences(self) -> "Sentences | None":
        from vidqa.engine.finding.sentences import Sentences

        name = self.options.embeddings
        if name == "off":
            return None
        sentences = (
            Sentences.usual()
            if name is None
            else Sentences.named(name, device=self.options.watch.load.device)
        )
        if sentences is None:
            self.reporter.note(NOT_COMPARED)
        return sentences

    def _hear(self, library: "Library", sentences: "Sentences | None") -> None:
        """Index all words; clips that another process is at come last."""
        self.reporter.stage("load")
        from vidqa.system.cache import Cache
        from vidqa.tasks.index.hear import WordIndexer
        from vidqa.tasks.transcribe.transcriber import Transcriber

        watch, later = self.options.watch, list[str]()
        request = replace(watch.viewing.word_request, screen_text=watch.viewing.screen_text)
        load = watch.load
        cache = Cache() if load.keep else None
        transcriber = Transcriber(request, speech=load.speech, device=load.device, cache=cache)
        indexer = WordIndexer(library, transcriber, sentences, keep=load.keep)
        self._each(self.found.clips, partial(self._hear_one, indexer, later), later)

    def _each(
        self, clips: Iterable[str], do: Callable[[str], bool | None], later: Sequence[str]
    ) -> None:
        """Do something with every clip. Raises KeyboardInterrupt where Ctrl-C was pressed."""
        found = replace(self.found, clips=tuple(clips))
        several = Several(found, self.reporter, lambda *_: None)
        several.run(do, others=later)
        self.failures += several.failures
        if several.is_stopped:
            raise KeyboardInterrupt

    def _hear_one(self, indexer: "WordIndexer", later: list[str], clip: str) -> bool | None:
        begun = time.monotonic()
        waits = clip in later
        if waits:
            self.reporter.progress(f"{clip}: another process may be at it")
        heard = indexer.add(Path(clip), partial(self._listening, clip), waits=waits)
        if heard is None:
            later.append(clip)
            return None
        self.contents[clip] = heard.content
        if heard.words is not None:
            self._tell(clip, heard, time.monotonic() - begun)
        elif heard.is_compared:
            self.reporter.note(f"{clip}: its meanings were encoded")
        return heard.words is not None or heard.is_compared

    def _listening(self, clip: str, done_s: float, every_s: float) -> None:
        about = f"{clip}: " if self.found.are_several else ""
        whole = f" of {clock(every_s, hours=True)}" if every_s else ""
        self.reporter.progress(f"{about}listening: {clock(done_s, hours=True)}{whole}")

    def _tell(self, clip: str, heard: "Heard", seconds: float) -> None:
        words = heard.words
        assert words is not None, "it was heard now"
        count = sum(count_words(cue.text) for cue in words.cues)
        what = f"{count} words ({words.source})" if count else "no words"
        windows = counted(heard.windows, "window")
        self.reporter.note(f"{clip}: {what} in {windows}, {seconds:.1f} s")
        for warning in words.warnings:
            self.reporter.note(f"warning: {warning}")

    def _see(
        self, library: "Library", sentences: "Sentences | None", session: ModelSession
    ) -> None:
        """Caption what is not captioned yet."""
        from vidqa.tasks.index.entries import seen_with

        assert session.model is not None, "it was checked"
        maker, viewing = session.identify(), self.options.watch.viewing
        form = session.model.spec.summaries
        wanted = seen_with(maker.model, maker.revision, viewing, form, sentences)
        undone = [
            clip
            for clip, content in self.contents.items()
            if (known := library.known(content)) is None or known.seen != wanted
        ]
        if not undone:
            return
        from vidqa.tasks.index.see import SightIndexer

        later = list[str]()
        indexer = SightIndexer(library, session.load(), viewing, sentences, self.reporter.stage)
        self._each(undone, partial(self._see_one, indexer, later), later)

    def _see_one(self, indexer: "SightIndexer", later: list[str], clip: str) -> bool | None:
        begun = time.monotonic()
        about = f"{clip}: " if self.found.are_several else ""
        seen = indexer.add(
            Path(clip),
            self.contents[clip],
            lambda what: self.reporter.progress(f"{about}{what}"),
            waits=clip in later,
        )
        if isinstance(seen, bool):
            if not seen:
                later.append(clip)
            return False if seen else None
        seconds = time.monotonic() - begun
        windows = counted(seen.captions, "window")
        self.reporter.note(f"{clip}: {windows} captioned, {seconds:.1f} s")
        if seen.failed:
            failed = counted(seen.failed, "window")
            self.reporter.note(f"warning: {failed} could not be watched")
        return True
