"""From clips and questions to lessons: every clip is watched once, and kept on disk."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vidqa.engine import Model
from vidqa.engine.showing import Seen, Showing, Shown
from vidqa.engine.stopwatch import Stopwatch
from vidqa.errors import VideoError
from vidqa.media.words import Wanted
from vidqa.model.inputs import tokenize_prompt
from vidqa.paper.frames import padded
from vidqa.paper.prompts import training_template
from vidqa.recipe import choose_recipe
from vidqa.training.examples import Example, Source
from vidqa.training.lessons import Exchange, Lesson

PLACES = "places"
PREFIX = "prefix_ids"
EXCHANGES = "exchanges"


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip is ready to be learned from."""

    source: Source
    file: Path


@dataclass(frozen=True, slots=True)
class Unwatchable:
    """A clip cannot be learned from; the others can."""

    source: Source
    error: VideoError


@dataclass(frozen=True, slots=True)
class Watching:
    """How clips are shown while training; the same as when they are asked about."""

    model: Model
    cache: Path
    """Where lessons are kept: whoever changes a clip, a question or a setting gets a new file."""
    recipe: str = "vidqa"
    frames: int | None = None

    def lessons(
        self, examples: Mapping[Source, Sequence[Example]]
    ) -> Iterator[Watched | Unwatchable]:
        """Watch every clip that was not watched before."""
        self.cache.mkdir(parents=True, exist_ok=True)
        for source, asked in examples.items():
            try:
                file = self.cache / f"{self._key(source, asked)}.safetensors"
                if not _is_whole(file):
                    _write(self.lesson(source, asked), file)
            except VideoError as error:
                yield Unwatchable(source, error)
            else:
                yield Watched(source, file)

    def lesson(self, source: Source, asked: Sequence[Example]) -> Lesson:
        """Watch one clip.

        Raises:
            VideoError: it cannot be watched.

        """
        model = self.model
        recipe = replace(choose_recipe(self.recipe, model.spec), is_training=True)
        wanted = Wanted.parse(source.subtitles or "auto", None, "transcribe")
        seen = model.see(
            source.video,
            wanted,
            Stopwatch(None),
            name=str(source.video),
            recipe=recipe,
            frames=self.frames,
            span=(source.start_s, source.end_s),
            keep_places=True,
        )
        showing = Showing(model.loaded, model.spec, recipe, seen)
        return _lesson(model, seen, showing, asked)

    def _key(self, source: Source, asked: Sequence[Example]) -> str:
        """A mark of everything that makes a lesson what it is."""
        files = [path for path in (source.video, source.subtitles) if path is not None]
        told = {
            "model": self.model.revision,
            "dtype": self.model.dtype,
            "recipe": self.recipe,
            "frames": self.frames or self.model.spec.frames,
            "span": [source.start_s, source.end_s],
            "files": [_stamp(path) for path in files],
            "asked": [[one.question, one.answer] for one in asked],
        }
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _lesson(model: Model, seen: Seen, showing: Showing, asked: Sequence[Example]) -> Lesson:
    shown, template, paper = showing.choose(), None, showing.recipe.paper
    if paper is not None:
        shown, template = _padded(shown, paper.max_frames), training_template()
    turn = showing.turn(shown, template=template)
    ids = seen.looked.frames.ids(turn.prefix_text, shown.frames)
    exchanges = []
    for one in asked:
        prompt = tokenize_prompt(model.loaded, turn, showing.harmless(one.question), ids[None])
        question = prompt.question_ids[0].tolist()
        exchanges.append(Exchange(question, showing.answer_ids(one.answer)))
    places = seen.looked.frames.places(shown.frames)
    return Lesson(places.cpu().contiguous(), ids.tolist(), exchanges)


def _padded(shown: Shown, frames: int) -> Shown:
    """The last frame again and again, without words, as the authors' training fills short clips."""
    missing = frames - len(shown.frames)
    last = replace(shown.fitted.segments[-1], text="")
    fitted = replace(shown.fitted, segments=(*shown.fitted.segments, *[last] * missing))
    return replace(shown, frames=tuple(padded(list(shown.frames), frames)), fitted=fitted)


class KeptLessons:
    """Lessons on disk, by number."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Lesson:
        with safe_open(self._files[index], framework="pt") as opened:
            told = opened.metadata()
            exchanges = [Exchange(**one) for one in json.loads(told[EXCHANGES])]
            return Lesson(opened.get_tensor(PLACES), json.loads(told[PREFIX]), exchanges)


def _write(lesson: Lesson, file: Path) -> None:
    draft = file.with_suffix(f".{os.getpid()}.part")
    told = {
        PREFIX: json.dumps(list(lesson.prefix_ids)),
        EXCHANGES: json.dumps([asdict(one) for one in lesson.exchanges]),
    }
    save_file({PLACES: lesson.places}, draft, metadata=told)
    draft.replace(file)


def _is_whole(file: Path) -> bool:
    try:
        with safe_open(file, framework="pt") as opened:
            return EXCHANGES in (opened.metadata() or {})
    except (SafetensorError, OSError):
        return False


def _stamp(path: Path) -> list[object]:
    try:
        status = path.stat()
    except OSError:
        return [str(path)]
    return [str(path.resolve()), status.st_size, status.st_mtime_ns]
