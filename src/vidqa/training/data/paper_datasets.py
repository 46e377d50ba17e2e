"""The annotation files of the paper's training, in their published layouts.

| layout | records | clip | words | question |
|---|---|---|---|---|
| `cmd` | `image_id`, `caption` | `{image_id}.mp4` | `{image_id}.en.vtt` | for a caption |
| `webvid` | `videoid`, `page_dir`, `name` | `{page_dir}/{videoid}.mp4` | none | for a caption |
| `videoinstruct` | `video_id`, `q`, `a` | `{video_id}.mp4` | `{video_id}.vtt` | the question |
| `pairs` | `image_id`, `caption` under `annotations` | `{image_id}.jpg` | none | for a caption |

The first three are CondensedMovies and WebVid for captioning and VideoInstruct-100K for
instruction tuning; `pairs` is what MiniGPT-4's image stage was aligned with (cc_sbu_align).
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_text
from vidqa.training.data.examples import Example, Source, errors_at, filled, read_examples

FOR_A_CAPTION = (
    "Describe this video.",
    "What happens in this clip?",
    "Tell what can be seen and heard here.",
    "Give a short description of the video.",
    "Summarize what is going on.",
)
"""Questions for a caption, taken in turn; the authors drew from their own wordings."""
FOR_A_PICTURE = (
    "Describe this picture.",
    "What is shown here?",
    "Tell what can be seen.",
    "Give a description of the image.",
)
DELIMITERS = ",;\t"
"""Delimiters of CSV files; with a decimal comma, programs write a semicolon."""
VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of an annotation file's clips and subtitles."""

    videos: Path
    subtitles: Path | None = None
    """Folder of subtitle files; None: only words beside or inside the clips."""


def read_layout(layout: str, file: Path, folders: Folders | None) -> list[Example]:
    """Read the examples of an annotation file.

    Args:
        layout: `jsonl`, or one of the published ones.
        file: JSON; for `webvid` also CSV.
        folders: the clips' folders; not needed for `jsonl`, whose paths are in the file.

    Raises:
        UsageError: there is no such layout, or the file does not have it.

    """
    if layout == "jsonl":
        return read_examples(file)
    if layout not in LAYOUTS:
        known = ", ".join(["jsonl", *LAYOUTS])
        raise UsageError(f"--layout {layout!r}: no such layout", hint=f"use one of {known}")
    if folders is None:
        raise UsageError(f"--layout {layout} needs --videos", hint="name the folder of the clips")
    examples = []
    for number, record in enumerate(_records(file), 1):
        with errors_at(f"{file}, record {number}"):
            examples.append(LAYOUTS[layout](record, number, folders))
    return examples


def _records(file: Path) -> Iterator[Mapping[str, Any]]:
    text = read_text(file)
    if file.suffix.lower() == ".csv":
        head = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=head.count)
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        return
    try:
        found = from_json(text)
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}") from error
    if isinstance(found, dict):
        found = found.get("annotations")
    if not isinstance(found, list):
        raise UsageError(f"{file} holds no list of annotations")
    yield from found


def _cmd(record: Mapping[str, Any], number: int, folders: Folders) -> Example:
    name = str(record["image_id"])
    source = Source(_clip(folders.videos / name), _words(folders, f"{name}.en.vtt"))
    return Example(source, _turn(FOR_A_CAPTION, number), filled(record, "caption"))


def _webvid(record: Mapping[str, Any], number: int, folders: Folders) -> Example:
    clip = folders.videos / str(record["page_dir"]) / str(record["videoid"])
    return Example(Source(_clip(clip)), _turn(FOR_A_CAPTION, number), filled(record, "name"))


def _videoinstruct(record: Mapping[str, Any], _: int, folders: Folders) -> Example:
    name = str(record["video_id"])
    source = Source(_clip(folders.videos / name), _words(folders, f"{name}.vtt"))
    return Example(source, filled(record, "q"), filled(record, "a"))


def _pairs(record: Mapping[str, Any], number: int, folders: Folders) -> Example:
    picture = folders.videos / f"{record['image_id']}.jpg"
    return Example(Source(picture), _turn(FOR_A_PICTURE, number), filled(record, "caption"))


LAYOUTS: Mapping[str, Callable[[Mapping[str, Any], int, Folders], Example]] = {
    "cmd": _cmd,
    "webvid": _webvid,
    "videoinstruct": _videoinstruct,
    "pairs": _pairs,
}
"""Reader of a record, by published layout."""


def _clip(stem: Path) -> Path:
    """Find the clip of that name with any suffix; return it with `.mp4` if none exists."""
    names = (stem.with_name(stem.name + suffix) for suffix in VIDEO_SUFFIXES)
    return next((name for name in names if name.is_file()), stem.with_name(f"{stem.name}.mp4"))


def _words(folders: Folders, name: str) -> Path | None:
    """Return a clip's subtitle file if it exists: many clips of these sets have none."""
    file = None if folders.subtitles is None else folders.subtitles / name
    return file if file is not None and file.is_file() else None


def _turn(questions: tuple[str, ...], number: int) -> str:
    return questions[number % len(questions)]
