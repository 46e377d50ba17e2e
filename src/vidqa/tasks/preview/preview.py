"""Preview the frames and words that a model would see of a clip, without loading the model."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from pathlib import Path

from vidqa.engine.speech import StoredVoices, load_speech
from vidqa.errors import NoVideoStreamError
from vidqa.media.container.open_media import quoted
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.frames.alike import without_alike
from vidqa.media.frames.read import FrameReport
from vidqa.media.reader import Reader
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.sampling.select import choose_sampling, stretch
from vidqa.media.speech.recognizer import Recognizer
from vidqa.media.stretches import among_frames, for_words
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.models.registry import find_model
from vidqa.models.resolve import find_local
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.prompt.interleave import FittedWords
from vidqa.system.cache import Cache
from vidqa.types import Frame, Words
from vidqa.types.media_info import VideoInfo

HEARD = ("auto", "speech")
"""Values of `--subtitles` that may recognize speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOptions(Viewing):
    """The options of a preview, as for `Model.watch`; the same options give the same frames."""

    model: str = "starter"
    speech: str | None = None
    """Name of the recogniser; the model's own if None."""
    keep: bool = True
    """Whether to use the cache for the words heard."""

    @classmethod
    def of(
        cls, viewing: Viewing, *, model: str, speech: str | None, keep: bool
    ) -> "PreviewOptions":
        """Return the same viewing for a model."""
        same = {one.name: getattr(viewing, one.name) for one in fields(viewing)}
        return cls(model=model, speech=speech, keep=keep, **same)


@dataclass(frozen=True, slots=True)
class Preview:
    """The words and metadata that a model would see, without the frames."""

    info: VideoInfo
    sampling: Sampling
    fingerprint: str
    words: Words
    """Words within the window."""
    fitted: FittedWords
    """Words assigned to the frames, one segment each, as many as the model reads. Control tokens in
    them are not broken up yet."""
    report: FrameReport
    """Report of how the frames were read."""
    warnings: tuple[str, ...]


def preview(
    path: Path, options: PreviewOptions, *, reader: Reader, store: Store | None = None
) -> Iterator[Frame | Preview]:
    """Yield the frames that a model would see, in full size, and then the preview.

    Words are read before the first frame is yielded; a recogniser is only loaded if there is sound
    and no subtitles.

    Args:
        path: the clip.
        options: the same as for watching it.
        reader: the reader of the clip.
        store: the model cache with the recogniser; the user's by default.

    Raises:
        VideoError: the clip cannot be watched.
        UsageError: a setting is not valid for this clip.
        ModelMissingError: speech has to be recognized, and the recogniser is not in the cache.

    """
    local = find_local(options.model, store)
    spec = find_model(options.model) if local is None else local.spec
    info = reader.probe(path)
    if info.kind == "sound":
        raise NoVideoStreamError(f"{quoted(path)} has sound but no video: there is nothing to see")
    window = stretch(info, options.start_s, options.end_s)
    recipe = options.recipe_for(spec)
    sampling = choose_sampling(recipe, options.sampling)
    moments = reader.moments(info, sampling, window, sampling.most(options.frames, spec.frames))
    words = _words(info, window, spec, options, reader, store)
    frames = reader.frames(info, moments.times_s, decoder=options.decoder)
    if options.skip_alike:
        frames = without_alike(frames)
    times_s, report = yield from _show(frames)
    fitted = recipe.place(times_s, words.cues, moments.shown(times_s), recipe.max_words)
    yield Preview(
        info=info,
        sampling=sampling,
        fingerprint=(known_fingerprint if options.keep else fingerprint)(path),
        words=words,
        fitted=fitted,
        report=report,
        warnings=(
            *moments.all_warnings(len(times_s)),
            *report.warnings,
            *words.warnings,
            *fitted.warnings,
        ),
    )


def _show(
    frames: Iterator[Frame | FrameReport],
) -> Generator[Frame, None, tuple[list[float], FrameReport]]:
    """Yield the frames; return when each is shown, and how they were read."""
    times_s, report = list[float](), None
    for item in frames:
        if isinstance(item, FrameReport):
            report = item
        else:
            times_s.append(item.time_s)
            yield item
    assert report is not None, "the report comes last"
    return times_s, report


def _words(
    info: VideoInfo,
    window: tuple[float, float],
    spec: ModelSpec,
    options: PreviewOptions,
    reader: Reader,
    store: Store | None,
) -> Words:
    """Find the words within the window, in subtitles first, then with a recogniser."""
    name = options.speech or spec.speech
    listens = options.subtitles in HEARD and name is not None and info.has_audio
    wanted_by = spec.name if name == spec.speech else None
    root = (store or Store()).root
    find = partial(_held, name, root, wanted_by) if name and listens else None
    cache = Cache() if options.keep else None
    voices = StoredVoices(store)
    word_finder = WordFinder(reader, None, find=find, cache=cache, voices=voices)
    span = for_words(window, info)
    return among_frames(word_finder.words(info.path, options.words_for(spec), span), info)


@lru_cache(maxsize=1)
def _held(name: str, root: Path, wanted_by: str | None) -> Recognizer:
    """Return the same recognizer for clip after clip: it is loaded once."""
    return load_speech(name, device="auto", store=Store(root), wanted_by=wanted_by)
