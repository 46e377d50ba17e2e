"""Ask the questions of a benchmark: each answer is a record, on disk before the next is begun."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from vidqa.engine import Clip, Model
from vidqa.errors import EngineGoneError, NoSpaceError, NotEnoughMemoryError, VidqaError
from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.viewing import Viewing
from vidqa.system.version import __version__
from vidqa.tasks.evaluate.answers import about
from vidqa.tasks.evaluate.asking import ask
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.frame_folders import FrameFolders, frame_folders
from vidqa.tasks.evaluate.protocol import Protocol
from vidqa.tasks.evaluate.scoring.score import Reply
from vidqa.tasks.folders.journal import Record
from vidqa.types import Maker
from vidqa.types.exit_codes import exit_code

OF_THE_MACHINE = (EngineGoneError, NoSpaceError, NotEnoughMemoryError)
"""Errors that are no fault of a clip, and end a run."""


def answer_all(
    model: Model,
    questions: Sequence[Question],
    protocol: Protocol,
    settings: Mapping[str, Any],
    *,
    on_error: Callable[[VidqaError, str], None],
) -> Iterator[Record]:
    """Ask questions, and yield the record of each; each clip is watched once.

    The next clips are read and heard meanwhile.

    Args:
        model: the model.
        questions: those to ask, clips of which are there.
        protocol: how they are asked.
        settings: of the records.
        on_error: called with why a question has no answer, and with its clip.

    Raises:
        NoSpaceError: the disk is full.
        NotEnoughMemoryError: there is too little memory.

    """
    ordered = sorted(questions, key=_watched_as)
    groups = deque(list(group) for _, group in groupby(ordered, key=_watched_as))
    yield from _Asking(model, protocol, settings, on_error, groups).records()


@dataclass(slots=True)
class _Asking:
    model: Model
    protocol: Protocol
    settings: Mapping[str, Any]
    on_error: Callable[[VidqaError, str], None]
    groups: deque[list[Question]]
    """Questions about one view each, whose clips are not yet read."""
    waiting: deque[list[Question]] = field(default_factory=deque)
    """Those whose clips are being read."""
    failures: deque[Record] = field(default_factory=deque)
    """Of clips that cannot be read at all."""

    def records(self) -> Iterator[Record]:
        """Yield the record of each question."""
        with (
            frame_folders() as folders,
            closing(self.model.watch_all(self._views(folders))) as watched,
        ):
            for path, clip in watched:
                if isinstance(clip, OF_THE_MACHINE):
                    raise clip
                group = self.waiting.popleft()
                for question in group:
                    yield self._record(path, clip, question)
                if not self.waiting or self.waiting[0][0].clip != group[0].clip:
                    folders.forget(group[0].clip)
            yield from self.failures

    def _views(self, folders: FrameFolders) -> Iterator[tuple[str, Viewing]]:
        while self.groups:
            group = self.groups.popleft()
            try:
                view = _view(group[0], self.protocol, folders)
            except OF_THE_MACHINE:
                raise
            except VidqaError as error:
                self.failures.extend(self._failed(error, one) for one in group)
                continue
            self.waiting.append(group)
            yield view

    def _record(self, path: str, clip: Clip | VidqaError, question: Question) -> Record:
        try:
            return _answered(clip, question, self.protocol, self.settings)
        except OF_THE_MACHINE:
            raise
        except VidqaError as error:
            return self._failed(error, question, path)

    def _failed(self, error: VidqaError, question: Question, path: str = "") -> Record:
        self.on_error(error, question.video)
        message = error.message
        for place in filter(None, (path, str(question.clip))):  # of this machine
            message = message.replace(place, question.video)
        return _failed(error, message, question, self.model.maker, self.settings)


def _watched_as(question: Question) -> tuple[Any, ...]:
    """Return what questions about one view of one clip have in common."""
    start_s, end_s = question.start_s, question.end_s
    return (
        str(question.clip),
        -1.0 if start_s is None else start_s,
        -1.0 if end_s is None else end_s,
    )


def _view(question: Question, protocol: Protocol, folders: FrameFolders) -> tuple[str, Viewing]:
    assert question.clip is not None, "only clips that are there are asked about"
    return str(folders.as_file(question.clip)), protocol.viewing_of(question)


def _answered(
    clip: Clip | VidqaError, question: Question, protocol: Protocol, settings: Mapping[str, Any]
) -> Record:
    if isinstance(clip, VidqaError):
        raise clip
    replies = ask(clip, question, protocol)
    return {
        **about(question),
        "fingerprint": clip.fingerprint,
        "replies": [_reply(one) for one in replies],
        "frame_times_s": [round(one.time_s, CLOCK_DIGITS) for one in clip.segments],
        "words_source": clip.words.source,
        "words": [one.every_text for one in clip.segments],
        "warnings": list(clip.warnings),
        **asdict(clip.model.maker),
        "vidqa": __version__,
        "settings": dict(settings),
    }


def _reply(reply: Reply) -> Record:
    record: Record = {"text": reply.text}
    if reply.order:
        record["order"] = list(reply.order)
    if reply.letter is not None:
        record["letter"] = reply.letter
    if reply.thought_tokens is not None:
        record["thought_tokens"] = reply.thought_tokens
    if reply.thought is not None:
        record["thought"] = reply.thought
    if reply.option_mass is not None:
        record["option_mass"] = float(f"{reply.option_mass:.6g}")
    return record


def _failed(
    error: VidqaError, message: str, question: Question, maker: Maker, settings: Mapping[str, Any]
) -> Record:
    code = exit_code(error)
    return {
        **about(question),
        "error": {"code": int(code), "kind": code.name.lower(), "message": message},
        **asdict(maker),
        "vidqa": __version__,
        "settings": dict(settings),
    }
