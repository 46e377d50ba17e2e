"""What a command and its server say to each other, as JSON; nothing slow is imported for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vidqa import errors
from vidqa.errors import VidqaError
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.viewing import Viewing
from vidqa.types import (
    Answer,
    Choice,
    Claim,
    Grounding,
    PromptSegment,
    PromptView,
    Stage,
    TextDelta,
)
from vidqa.types.generation import Scored, Written
from vidqa.types.options import options_of

JSON = Mapping[str, Any]


END: JSON = {"end": True}
"""The last line: without it, whoever wrote the lines has died."""
GONE = "gone"
"""The key of a line in place of the rest: the server ends, and says why."""


@dataclass(frozen=True, slots=True)
class StageBegun:
    """A stage of the work began."""

    name: Stage


@dataclass(frozen=True, slots=True)
class Told:
    """How far the work is, in words."""

    progress: str


@dataclass(frozen=True, slots=True)
class Watched:
    """How a clip was watched."""

    decoder: str
    detail: str
    """Where its words come from."""
    subtitles: str | None
    """The fingerprint of subtitles beside it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that is whole."""

    value: JSON


Event = StageBegun | Told | Watched | TextDelta | Answer | PromptView | Record | Written | Scored
"""What comes of a question, in order; an error may come in place of the rest."""


def written(event: Event) -> JSON:
    """Return the JSON object of an event."""
    match event:
        case StageBegun(name):
            return {"stage": name}
        case Told(progress):
            return {"progress": progress}
        case Watched():
            return {"watched": asdict(event)}
        case TextDelta(text):
            return {"text": text}
        case Answer():
            return {"answer": asdict(event)}
        case PromptView():
            return {"prompt": asdict(event)}
        case Record(value):
            return {"record": value}
        case Written():
            return {"written": asdict(event)}
        case Scored():
            return {"scored": asdict(event)}


def read(line: JSON) -> Event:
    """Return the event of a JSON object. Raises the error that it is."""
    ((kind, value),) = line.items()
    match kind:
        case "stage":
            return StageBegun(value)
        case "progress":
            return Told(value)
        case "watched":
            return Watched(**value)
        case "text":
            return TextDelta(value)
        case "answer":
            return answer_of(value)
        case "prompt":
            segments = tuple(PromptSegment(**one) for one in value["segments"])
            return PromptView(**{**value, "segments": segments})
        case "record":
            return Record(value)
        case "written":
            return Written(**value)
    raise error_of(value)


def written_error(error: VidqaError) -> JSON:
    """Return the JSON object of an error."""
    kind = type(error).__name__
    return {"error": {"kind": kind, "message": error.message, "hint": error.hint}}


def error_of(value: JSON) -> VidqaError:
    """Return the error of a JSON object."""
    kind = getattr(errors, value["kind"], VidqaError)
    error: VidqaError = kind(value["message"], hint=value["hint"])
    return error


def answer_of(value: JSON) -> Answer:
    """Return the answer of a JSON object."""
    grounding, claims = value["grounding"], value["claims"]
    return Answer(
        **{
            **value,
            "frame_times_s": tuple(value["frame_times_s"]),
            "warnings": tuple(value["warnings"]),
            "choices": tuple(Choice(**one) for one in value["choices"]),
            "grounding": grounding and Grounding(**grounding),
            "looked_at": tuple(map(tuple, value["looked_at"])),
            "claims": None if claims is None else tuple(map(_claim, claims)),
        }
    )


def _claim(value: JSON) -> Claim:
    spans, grounding = value["spans"], value["grounding"]
    return Claim(value["text"], tuple(map(tuple, spans)), grounding and Grounding(**grounding))


def written_viewing(viewing: Viewing) -> JSON:
    """Return the JSON object of how a clip is watched; a file of subtitles by its whole path."""
    given = {name: getattr(viewing, name) for name in options_of(Viewing)}
    sampling, subtitles = viewing.sampling, viewing.subtitles
    if isinstance(subtitles, Path):
        given["subtitles"] = {"file": str(subtitles.absolute())}
    return {**given, "sampling": sampling and asdict(sampling)}


def viewing_of(value: JSON) -> Viewing:
    """Return how a clip is watched, of a JSON object. Raises UsageError."""
    sampling, subtitles = value["sampling"], value["subtitles"]
    if not isinstance(subtitles, str):
        subtitles = Path(subtitles["file"])
    sampled = sampling and Sampling(**sampling)
    return Viewing(**{**value, "sampling": sampled, "subtitles": subtitles})


def of_fields(group: Any) -> JSON:
    """Return the fields of a dataclass object of plain values."""
    return {one.name: getattr(group, one.name) for one in fields(group)}
