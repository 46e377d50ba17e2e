"""Training examples as users write them: a clip, a question, the answer."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_lines


@dataclass(frozen=True, slots=True)
class Source:
    """A clip, or a part of one, and the source of its words."""

    video: Path
    """Path of a video or a picture."""
    subtitles: Path | None = None
    """Subtitle file; None: a file beside the clip, else a track inside it, else speech."""
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One question about a source, and its answer."""

    source: Source
    question: str
    answer: str


def read_examples(file: Path) -> list[Example]:
    """Read the lines of a JSONL file, `{"video": ..., "question": ..., "answer": ...}` each.

    `subtitles` (a file), `start` and `end` (seconds) are optional; paths are relative to the file.

    Raises:
        UsageError: names the wrong line and what is wrong in it.

    """
    examples = []
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            with errors_at(f"{file}, line {number}"):
                examples.append(_example(from_json(line), file.parent))
    return examples


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """Add the place of a record to every error in it.

    Raises:
        UsageError: names the place and what is wrong there.

    """
    try:
        yield
    except KeyError as error:
        raise UsageError(f"{where}: {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{where}: {error}") from error


def filled(record: Mapping[str, Any], name: str) -> str:
    """Return a text field of a record that must not be empty.

    Raises:
        ValueError: it is not a text, or it is empty.
        KeyError: it is missing.

    """
    text = record[name]
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be a text")
    return text.strip()


def by_source(examples: Iterable[Example]) -> dict[Source, list[Example]]:
    """Group examples by clip, clips and questions in their order."""
    groups: dict[Source, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.source, []).append(example)
    return groups


def _example(record: Mapping[str, Any], folder: Path) -> Example:
    if not isinstance(record, dict):
        raise TypeError("no JSON object")
    subtitles = None if record.get("subtitles") is None else folder / filled(record, "subtitles")
    start_s, end_s = (_seconds(record, name) for name in ("start", "end"))
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise ValueError("end must come after start")
    source = Source(folder / filled(record, "video"), subtitles, start_s, end_s)
    return Example(source, filled(record, "question"), filled(record, "answer"))


def _seconds(record: Mapping[str, Any], name: str) -> float | None:
    """Return a time in seconds; None if the record has none."""
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a number of seconds, not {json.dumps(value)}")
    return float(value)
