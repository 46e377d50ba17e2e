"""Parse the arguments of a command line into clips, questions and times."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from vidqa.cli.spool import is_stdin, spooled
from vidqa.errors import UsageError
from vidqa.media.endings import VIDEO
from vidqa.media.viewing import Viewing
from vidqa.system.file_systems import is_there
from vidqa.system.footprint import CACHES
from vidqa.system.remote.addresses import is_address, shown
from vidqa.system.texts import STDIN, decoded, marked_encoding, read_lines
from vidqa.tasks.folders.clip_list import ClipList, find_clips, read_list
from vidqa.types.generation import checked_choices
from vidqa.types.options import options_of

EXAMPLE = 'vidqa ask clip.mp4 "what happens?"'


@dataclass(frozen=True, slots=True)
class Request:
    """Clips and questions; every question is asked about every clip."""

    found: ClipList
    questions: tuple[str, ...]

    @property
    def clips(self) -> tuple[str, ...]:
        """The clips, each once."""
        return self.found.clips

    @property
    def is_run(self) -> bool:
        """Whether some clips were not named one by one."""
        return self.found.is_run

    @property
    def single(self) -> bool:
        """Whether there is one clip and one question, whose answer can be streamed alone."""
        return len(self.clips) == len(self.questions) == 1 and not self.is_run


@dataclass(frozen=True, slots=True)
class Selection:
    """The sources of clips and questions beside the positional arguments."""

    questions: list[str] | None = None
    """Questions as typed; `-` is stdin."""
    question_file: Path | None = None
    files_from: str | None = None
    recursive: bool = False
    shard: str | None = None


def read_request(
    words: list[str], selection: Selection, stdin: TextIO, *, offline: bool = False
) -> Request:
    """Separate clips from questions; if `offline`, no clip may lie elsewhere.

    Raises:
        UsageError: no question, no clip, a clip that is not a file name, or a list that cannot be
            read.

    """
    if STDIN in (selection.questions or ()) and any(map(is_stdin, words)):
        raise UsageError("stdin cannot be a question and a clip at once")
    if str(selection.question_file) == STDIN and any(map(is_stdin, words)):
        raise UsageError("stdin cannot be a list of questions and a clip at once")
    asked = _questions(selection, stdin)
    named = list(words)
    if not asked and named:
        asked = [_last_word(named.pop(), named, selection, stdin)]
    if not all(one.strip() for one in asked):
        raise UsageError("the question is empty", hint=EXAMPLE)
    for question in asked:
        require_text(question)
    if not asked or not (named or selection.files_from):
        raise UsageError("a clip and a question are needed", hint=EXAMPLE)
    questions_once = tuple(dict.fromkeys(one.strip() for one in asked))
    found = read_clips(named, selection, stdin, elsewhere=True, offline=offline)
    return Request(found, questions_once)


def require_text(question: str) -> None:
    """Refuse bytes that are not valid text. Raises UsageError."""
    if any("\ud800" <= one <= "\udfff" for one in question):
        raise UsageError("the question is not text", hint="write it in UTF-8")


def _last_word(word: str, named: Sequence[str], selection: Selection, stdin: TextIO) -> str:
    """Return the question behind the clips."""
    if word == STDIN:
        if selection.files_from == STDIN or any(map(is_stdin, named)):
            raise UsageError("stdin cannot be the question and a clip at once")
        return _read(stdin)
    if is_address(word) or (word.strip() and is_there(Path(word))):
        name, kind = (shown(word), "an address") if is_address(word) else (word, "a file")
        raise UsageError(
            f"the last word, {name!r}, is {kind} and no question",
            hint=f"put a question behind it: {EXAMPLE}; -q asks even that",
        )
    return word


def read_clips(
    named: Sequence[str],
    selection: Selection,
    stdin: TextIO,
    *,
    suffixes: frozenset[str] = VIDEO,
    elsewhere: bool = False,
    offline: bool = False,
) -> ClipList:
    """Find the clips of a selection.

    Args:
        named: the words of the command.
        selection: what else names clips.
        stdin: where `-` is read.
        suffixes: those of files that are taken from folders.
        elsewhere: whether clips may lie elsewhere.
        offline: whether they may not, as the network is not to be touched.

    Raises:
        UsageError: no clips, a clip that is not a file name, or a list that cannot be read.
        ClipNotFoundError: a folder or a pattern without clips.
        ClipUnreachableError: a folder elsewhere cannot be listed.

    """
    listed = [] if selection.files_from is None else _listed(selection.files_from, stdin)
    if not named and not listed:
        raise UsageError("the list of clips is empty" if selection.files_from else "no clip given")
    if selection.files_from == STDIN and any(map(is_stdin, named)):
        raise UsageError("stdin cannot be a clip and a list of clips at once")
    for clip in (*named, *listed):
        if not (elsewhere and is_address(clip)):
            require_file_name(clip)
        elif offline:
            raise UsageError(f"--offline, but {shown(clip)} lies elsewhere", hint="copy it first")
    found = find_clips(
        list(map(spooled, named)), listed=listed, recursive=selection.recursive, suffixes=suffixes
    )
    if selection.files_from is not None:
        found = replace(found, is_run=True)
    return found if selection.shard is None else found.shard(*read_shard(selection.shard))


def _questions(selection: Selection, stdin: TextIO) -> list[str]:
    typed = selection.questions or []
    if STDIN in typed and selection.files_from == STDIN:
        raise UsageError("stdin cannot be a question and a list of clips at once")
    questions = [_read(stdin) if one == STDIN else one for one in typed]
    if selection.question_file is None:
        return questions
    listed = [line for line in read_lines(selection.question_file) if line.strip()]
    if not listed:
        raise UsageError(f"{selection.question_file} holds no question")
    return questions + listed


def _listed(source: str, stdin: TextIO) -> list[str]:
    if source != STDIN:
        return read_list(_names(_read_file(Path(source))))
    raw = getattr(stdin, "buffer", None)
    return read_list(stdin.read() if raw is None else _names(raw.read()))


def _names(content: bytes) -> str:
    """Decode file names; bytes that are not valid text survive unchanged."""
    if marked_encoding(content) is None:
        return os.fsdecode(content)
    try:
        return decoded(content)
    except UnicodeDecodeError:
        return os.fsdecode(content)


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def read_shard(text: str) -> tuple[int, int]:
    """Read which part of how many is meant. Raises UsageError."""
    part, slash, parts = text.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal()):
        raise UsageError(
            f"--shard {text!r} is not a part", hint="--shard 3/8 is the third of eight"
        )
    return int(part), int(parts)


def _read(stdin: TextIO) -> str:
    try:
        return stdin.read()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the question on stdin is not {error.encoding} text", hint="write it in UTF-8"
        ) from error


def require_file_name(clip: str) -> None:
    """Refuse a clip that is not a file name.

    Raises:
        UsageError: it is empty, or a URL.

    """
    if not clip:
        raise UsageError("the name of a clip is empty")
    if is_address(clip):
        raise UsageError(
            f"{shown(clip)} is an address; files are read here",
            hint="copy it first; ask, summarize and transcribe do that by themselves",
        )


def read_time(text: str | None, option: str) -> float | None:
    """Read a time as `--start` does. Raises UsageError, which names `option`."""
    if text is None:
        return None
    return float(options_of(Viewing)["start_s"].value_of(option, text))


def read_choices(text: str | None, threshold: float | None) -> tuple[str, ...]:
    """Parse the answers to choose among; empty if the answer is free.

    Raises:
        UsageError: fewer than two, more than `MOST_CHOICES`, an empty or a repeated one, or a
            threshold without any.

    """
    if text is None:
        if threshold is not None:
            raise UsageError("--threshold is for --choices", hint="--choices yes,no")
        return ()
    try:
        return checked_choices(text.split(","))
    except UsageError as error:
        message = f"--choices {text!r:.200}: {error.message}"
        raise UsageError(message, hint="--choices yes,no") from error


def caches_held(
    *, has_choices: bool, grounding: bool, sentences: bool = False, recipe: str = "vidqa"
) -> int:
    """Return how many KV caches of a clip memory holds at once; see `engine.load`.

    Args:
        has_choices: each choice is scored behind a copy of the question.
        grounding: the clip is held once more, with less shown.
        sentences: several texts are scored, each behind a copy of the question.
        recipe: with the recipe `paper`, choices have a prompt of their own.

    """
    of_choices = has_choices * (2 if recipe == "paper" else 1)
    return CACHES + max(of_choices, sentences and grounding) + grounding
