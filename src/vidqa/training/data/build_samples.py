"""Build lessons from clips and questions: every clip is watched once, then cached on disk."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vidqa.engine import Model
from vidqa.engine.local.shown_clip import PromptFitter, answer_ids, neutralized
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import ClipNotFoundError, NotAVideoError, VideoError
from vidqa.media.viewing import Viewing
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.inference.prompt_ids import Turn, tokenize_prompt
from vidqa.prompt.interleave import user_content
from vidqa.prompt.paper.limits import padded
from vidqa.prompt.paper.templates import training_template
from vidqa.prompt.recipe import Recipe, choose_recipe
from vidqa.system.file_systems import drafted
from vidqa.system.file_systems import is_there as is_reachable
from vidqa.system.texts import from_json
from vidqa.training.data.examples import Example, Source
from vidqa.training.data.samples import Exchange, Lesson
from vidqa.types import Segment

PromptFit = tuple[FrameEncoder, tuple[Segment, ...], tuple[int, ...]]
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
PLACES = "places"
PREFIX = "prefix_ids"
EXCHANGES = "exchanges"


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip whose lesson is on disk."""

    source: Source
    file: Path


@dataclass(frozen=True, slots=True)
class Unwatchable:
    """A clip that cannot be used; the others can."""

    source: Source
    error: VideoError


@dataclass(frozen=True, slots=True)
class Watching:
    """The way clips are shown in training, the same as when answering questions."""

    model: Model
    cache: Path
    """Folder of cached lessons; a changed clip, question or setting gets a new file."""
    recipe: str = "vidqa"
    frames: int | None = None

    def lessons(
        self, examples: Mapping[Source, Sequence[Example]]
    ) -> Iterator[Watched | Unwatchable]:
        """Watch every clip whose lesson is not cached yet; yield one result per clip."""
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
        """Build the lesson of one clip or one picture.

        Raises:
            VideoError: it cannot be watched.

        """
        recipe = replace(choose_recipe(self.recipe, self.model.spec), is_training=True)
        template = None if recipe.paper is None else training_template()
        is_picture = source.video.suffix.lower() in PICTURES
        frames, segments, shown = (
            self._picture(source.video) if is_picture else self._clip(source, recipe)
        )
        loaded, spec = self.model.loaded, self.model.spec
        turn = Turn(
            loaded.chat_template,
            lambda question: user_content(segments, question, spec.prompt),
            template=template,
            template_kwargs=spec.family.template_kwargs,
        )
        ids = frames.ids(turn.prefix_text, shown)
        exchanges = []
        for one in asked:
            question = neutralized(loaded, spec, one.question)
            prompt = tokenize_prompt(loaded, turn, question, ids[None])
            answer = answer_ids(loaded, spec, one.answer)
            exchanges.append(Exchange(prompt.question_ids[0].tolist(), answer))
        return Lesson(frames.places(shown).cpu().contiguous(), ids.tolist(), exchanges)

    def _clip(self, source: Source, recipe: Recipe) -> PromptFit:
        """Read the frames and the words beside them; choose which frames are shown."""
        viewing = Viewing(
            frames=self.frames,
            recipe=self.recipe,
            start_s=source.start_s,
            end_s=source.end_s,
            subtitles=source.subtitles or "auto",
            screen_text="off",
            keep_places=True,
        )
        fetch = self.model.fetch(source.video, viewing)
        seen = self.model.see(str(source.video), fetch, viewing, StageTimer(None))
        fitter = PromptFitter(self.model.loaded, self.model.spec, recipe, seen)
        chosen = fitter.choose()
        segments, shown = chosen.fitted.segments, chosen.frames
        if recipe.paper is not None:
            # the authors' training repeats the last frame, without words, up to the full number
            missing = recipe.paper.max_frames - len(shown)
            segments = (*segments, *[replace(segments[-1], text="")] * missing)
            shown = tuple(padded(list(shown), recipe.paper.max_frames))
        return fitter.frames, segments, shown

    def _picture(self, file: Path) -> PromptFit:
        """Show a picture as a clip of one frame."""
        if not file.is_file():
            raise ClipNotFoundError(f"there is no file {str(file)!r}")
        try:
            with Image.open(file) as opened:
                pixels = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
        except (OSError, SyntaxError) as error:  # Pillow's words for a damaged file
            raise NotAVideoError(f"{str(file)!r} is not a readable picture: {error}") from error
        encoder = FrameEncoder(
            self.model.loaded, self.model.spec.family.image_kwargs, keep_places=True
        )
        encoder.push(pixels)
        encoder.flush()
        return encoder, (Segment(0.0, ""),), (0,)

    def _key(self, source: Source, asked: Sequence[Example]) -> str:
        """Hash everything that a lesson depends on."""
        files = [path for path in (source.video, source.subtitles) if path is not None]
        content = {
            "model": self.model.revision,
            "dtype": self.model.dtype,
            "recipe": self.recipe,
            "frames": self.frames or self.model.spec.frames,
            "span": [source.start_s, source.end_s],
            "files": [_stamp(path) for path in files],
            "asked": [[one.question, one.answer] for one in asked],
        }
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


class KeptLessons:
    """The lessons on disk, by number."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Lesson:
        with safe_open(self._files[index], framework="pt") as opened:
            content = opened.metadata()
            exchanges = [Exchange(**one) for one in from_json(content[EXCHANGES])]
            return Lesson(opened.get_tensor(PLACES), from_json(content[PREFIX]), exchanges)


def is_there(source: Source) -> bool:
    """Return True if the clip and the subtitles named for it exist."""
    files = (source.video, source.subtitles)
    return all(is_reachable(one) for one in files if one is not None)


def missing(sources: Iterable[Source]) -> Iterator[Unwatchable]:
    """Yield the sources that do not exist, before hours are spent on the others."""
    for source in sources:
        if not is_reachable(source.video):
            yield Unwatchable(source, ClipNotFoundError(f"there is no file {str(source.video)!r}"))
        elif not is_there(source):
            name = str(source.subtitles)
            yield Unwatchable(source, ClipNotFoundError(f"there are no subtitles {name!r}"))


def _write(lesson: Lesson, file: Path) -> None:
    content = {
        PREFIX: json.dumps(list(lesson.prefix_ids)),
        EXCHANGES: json.dumps([asdict(one) for one in lesson.exchanges]),
    }
    with drafted(file) as draft:
        save_file({PLACES: lesson.places}, draft, metadata=content)


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
