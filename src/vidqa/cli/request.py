"""From the words of a command line to clips, questions and times."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from vidqa.errors import UsageError

if TYPE_CHECKING:
    from vidqa.media.frames import Decoder
    from vidqa.media.sampling import Sampling
    from vidqa.media.transcribe import Task

URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
CLOCK = re.compile(r"^(?:(?:(\d+):)?([0-5]?\d):(?=[0-5]?\d(?:\.|$)))?(\d+(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class Request:
    """Every question is asked about every clip; a clip is watched once."""

    clips: tuple[str, ...]
    questions: tuple[str, ...]

    @property
    def single(self) -> bool:
        """One clip and one question: the answer can be streamed alone."""
        return len(self.clips) == len(self.questions) == 1


def read_request(words: list[str], questions: list[str] | None, stdin: TextIO) -> Request:
    """Tell clips from questions.

    Raises:
        UsageError: nothing to ask, nothing to ask about, or a clip that is no file name.

    """
    if questions:
        clips, asked = words, [_read(stdin) if one == "-" else one for one in questions]
    else:
        *clips, asked_last = words
        asked = [asked_last]
    if not clips:
        raise UsageError(
            "a clip and a question are needed", hint='vidqa ask clip.mp4 "what happens?"'
        )
    if not all(one.strip() for one in asked):
        raise UsageError("the question is empty", hint='vidqa ask clip.mp4 "what happens?"')
    for clip in clips:
        require_file_name(clip)
    return Request(tuple(clips), tuple(one.strip() for one in asked))


def _read(stdin: TextIO) -> str:
    try:
        return stdin.read()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the question on stdin is no {error.encoding} text", hint="write it in UTF-8"
        ) from error


def require_file_name(clip: str) -> None:
    """Refuse what is no name of a file.

    Raises:
        UsageError: it is an address, or stdin.

    """
    if URL.match(clip):
        raise UsageError(
            f"{clip} is an address; vidqa reads files", hint="download it first, then ask the file"
        )
    if clip == "-":
        raise UsageError(
            "a clip cannot be read from stdin", hint="write it to a file first, then ask the file"
        )


def read_time(text: str | None, option: str) -> float | None:
    """Seconds from `90`, `1:30`, `0:01:30` or `90.5`.

    Raises:
        UsageError: it is no time.

    """
    if text is None:
        return None
    match = CLOCK.match(text)
    if not match:
        raise UsageError(f"{option} {text!r} is no time", hint="write seconds, mm:ss or hh:mm:ss")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def read_subtitles(text: str) -> str | Path:
    """`auto`, `speech`, `off`, or the path of a file that is there.

    Raises:
        UsageError: there is no such file.

    """
    if text in ("auto", "speech", "off"):
        return text
    if not Path(text).is_file():
        raise UsageError(
            f"--subtitles {text!r}: no such file", hint="use a file, auto, speech or off"
        )
    return Path(text)


def read_decoder(text: str) -> "Decoder":
    """The name of a decoder.

    Raises:
        UsageError: there is none of that name.

    """
    if text in ("auto", "pyav", "decord"):
        return cast("Decoder", text)
    raise UsageError(f"--decoder {text!r}: no such decoder", hint="use auto, pyav or decord")


def read_sampling(text: str | None) -> "Sampling | None":
    """A sampling strategy, such as `uniform` or `fps:2`; None where none was named.

    Raises:
        UsageError: there is no such strategy.

    """
    from vidqa.media.sampling import Sampling

    if text is None:
        return None
    try:
        return Sampling.parse(text)
    except ValueError as error:
        raise UsageError(
            f"--sample {text!r} is no way to choose frames",
            hint="use uniform, scene, keyframes, fps:N or paper",
        ) from error


def read_choices(text: str | None, threshold: float | None) -> tuple[str, ...]:
    """The answers to choose among; none where the answer is free.

    Raises:
        UsageError: fewer than two, an empty or a repeated one, or a threshold without any.

    """
    if text is None:
        if threshold is not None:
            raise UsageError("--threshold is for --choices", hint="--choices yes,no")
        return ()
    choices = tuple(one.strip() for one in text.split(","))
    if len(choices) < 2 or not all(choices) or len(set(choices)) < len(choices):
        raise UsageError(
            f"--choices {text!r}: at least two different answers are needed",
            hint="--choices yes,no",
        )
    return choices


def read_task(text: str) -> "Task":
    """What to do with speech.

    Raises:
        UsageError: there is no such task.

    """
    if text in ("transcribe", "translate"):
        return cast("Task", text)
    raise UsageError(f"--task {text!r}: no such task", hint="use transcribe or translate")
