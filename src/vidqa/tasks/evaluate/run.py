"""Ask the questions of a benchmark: each answer is a record, on disk before the next is begun."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Any

from vidqa.engine import Clip, Model
from vidqa.errors import NoSpaceError, NotEnoughMemoryError, UsageError, VidqaError
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.viewing import Viewing
from vidqa.system.version import __version__
from vidqa.tasks.evaluate.asking import ask
from vidqa.tasks.evaluate.benchmarks.question import Question, Questions
from vidqa.tasks.evaluate.frame_folders import FrameFolders, frame_folders
from vidqa.tasks.evaluate.protocol import Protocol
from vidqa.tasks.evaluate.scoring.score import Reply
from vidqa.tasks.folders.journal import Journal, Record
from vidqa.types import SCHEMA_VERSION, Maker
from vidqa.types.exit_codes import exit_code

OF_THE_MACHINE = (NoSpaceError, NotEnoughMemoryError)
"""Errors that are no fault of a clip, and end a run."""
MADE_BY = ("model", "revision", "device", "dtype")
"""Keys of what answers that are counted together have in common, beside the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Records of answers, by question."""

    records: Mapping[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Answers":
        """Take the answers among some records; of one question the last counts."""
        return cls(
            records={one["id"]: one for one in records if "replies" in one or "error" in one}
        )

    def left(self, questions: Sequence[Question]) -> list[Question]:
        """Return those questions that are not answered, failed, or whose clip has changed."""
        return [
            one
            for one in questions
            if one.clip is not None
            and ("replies" not in (record := self.records.get(one.id, {})) or _differs(one, record))
        ]


def _differs(question: Question, record: Record) -> bool:
    """Return whether the clip of an answered question is another file than it was."""
    if question.clip is None or not question.clip.is_file():
        return False  # it is gone, or a folder of frames
    return bool(known_fingerprint(question.clip) != record["fingerprint"])


def require_alike(records: Sequence[Record], settings: Mapping[str, Any], name: str) -> None:
    """Refuse to count answers together that were not made alike.

    Args:
        records: answers that there are already.
        settings: how others will be made.
        name: of the file that holds them.

    Raises:
        UsageError: names what differs.

    """
    for one in records:
        if "settings" not in one:
            continue
        for key in one["settings"].keys() | settings.keys():
            before, now = one["settings"].get(key), settings.get(key)
            if before != now:
                raise UsageError(
                    f"{name} holds answers that were made otherwise: {key} was {before}, is {now}",
                    hint="choose another name, or add --force to begin anew",
                )


def maker_of(records: Sequence[Record], name: str) -> dict[str, str]:
    """Return what made all of some answers. Raises UsageError: not all were made by one."""
    made = {tuple(one[key] for key in MADE_BY) for one in records if "model" in one}
    if len(made) > 1:
        first, second = sorted(made)[:2]
        raise UsageError(
            f"{name} holds answers of two models: {' '.join(first)}, and {' '.join(second)}",
            hint="choose another name, or add --force to begin anew",
        )
    return dict(zip(MADE_BY, made.pop(), strict=True)) if made else {}


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
        message = error.message.replace(path, question.video) if path else error.message
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
        "frame_times_s": [round(one.time_s, 3) for one in clip.segments],
        "words_source": clip.words.source,
        "words": [one.every_text for one in clip.segments],
        "warnings": list(clip.warnings),
        **asdict(clip.model.maker),
        "vidqa": __version__,
        "settings": dict(settings),
    }


def about(question: Question) -> Record:
    """Return what a record says of a question."""
    record: Record = {"schema_version": SCHEMA_VERSION, "id": question.id, "video": question.video}
    record |= {"kind": question.kind, "question": question.text}
    if question.second is not None:
        record["second_question"] = question.second
    if question.options:
        record |= {"options": list(question.options), "right": question.right_letter}
    record["answers"] = list(question.answers)
    if question.categories:
        record["categories"] = dict(question.categories)
    return record


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
        record["option_mass"] = round(reply.option_mass, 6)
    return record


def replies_of(record: Record) -> tuple[Reply, ...]:
    """Return the answers that a record holds."""
    return tuple(
        Reply(
            text=one["text"],
            order=tuple(one.get("order", ())),
            letter=one.get("letter"),
            option_mass=one.get("option_mass"),
            thought_tokens=one.get("thought_tokens"),
            thought=one.get("thought"),
        )
        for one in record["replies"]
    )


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


@dataclass(slots=True)
class Book:
    """The records of a benchmark: in a file that grows, or in memory."""

    journal: Journal | None
    records: list[Record]

    @classmethod
    def open(cls, journal: Journal | None) -> "Book":
        """Open a file's records, or none."""
        return cls(journal, [] if journal is None else list(journal.records))

    def write(self, record: Record) -> None:
        """Add a record; it is on disk when this returns. Raises as `Journal.append`."""
        if self.journal is not None:
            self.journal.append(record)
        self.records.append(record)

    def answers(self) -> Answers:
        """Return the answers among them."""
        return Answers.of(self.records)


def asked(questions: Questions, chosen: Sequence[Question]) -> Questions:
    """Return only the questions that were chosen."""
    return replace(questions, items=tuple(chosen))
