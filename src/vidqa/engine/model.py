"""Load a model and watch clips with it."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from vidqa import plan
from vidqa.cache import Cache
from vidqa.engine.background import Background
from vidqa.engine.clip import Clip
from vidqa.engine.hear import hear
from vidqa.engine.kept import Sight, keep_sight, kept_sight, sight_key
from vidqa.engine.look import Looking, look
from vidqa.engine.memory import Memory, plan_for
from vidqa.engine.showing import Seen
from vidqa.engine.stopwatch import Stopwatch
from vidqa.errors import ModelMissingError, VidqaError
from vidqa.footprint import MemoryPlan
from vidqa.media.fingerprint import fingerprint
from vidqa.media.frames import Decoder
from vidqa.media.memo import known_fingerprint
from vidqa.media.moments import choose_sampling, stretch
from vidqa.media.placement import place_speech, probe_machine
from vidqa.media.reader import Reader
from vidqa.media.sampling import Sampling
from vidqa.media.transcribe import Recogniser, Task
from vidqa.media.words import Ears, Subtitles, Wanted, Window
from vidqa.model.inputs import FrameEncoder, require_template
from vidqa.model.loading import Loaded, load_folder, load_processor
from vidqa.recipe import Recipe, choose_recipe
from vidqa.registry import SPEECH, find_model, find_speech
from vidqa.spec import ModelSpec
from vidqa.types import Notify, VideoInfo, Words
from vidqa.weights.local import LocalModel, find_local
from vidqa.weights.locate import model_folder, model_revision, speech_folder, speech_key
from vidqa.weights.store import Store

OnPlan = Callable[[MemoryPlan, str], object]
"""Told a plan and the device it is for."""


def load(
    name: str = "starter",
    *,
    device: str = "auto",
    dtype: str = "auto",
    frames: int | None = None,
    fit: bool = False,
    on_plan: OnPlan | None = None,
    speech: str | None = None,
    store: Store | None = None,
    reader: Reader | None = None,
    keep: bool = True,
    notify: Notify | None = None,
) -> "Model":
    """Load a model from the cache; nothing is downloaded.

    Args:
        name: as in `vidqa models list`, a folder that `save_pretrained` wrote, or a repository of
            the Hub that was pulled.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        dtype: `auto`, `float32`, `bfloat16` or `float16`; `int8` or `int4` store the decoder's
            blocks so, and need bitsandbytes.
        frames: how many will be looked at, to plan memory for; the model's default if None.
        fit: take fewer frames or a quantized decoder where memory is short, instead of refusing;
            every answer says so.
        on_plan: told what memory is planned, before anything is loaded.
        speech: the model that listens, by name; the one that `name` has by default.
        store: the cache to look in; the user's by default.
        reader: reads the clips; one of the model's own by default.
        keep: keep what is seen and heard of clips on disk, and use what was kept before.
        notify: called when the stage `load` begins.

    Raises:
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.
        NotEnoughMemoryError: the device is too small.
        UsageError: no such model, device or dtype.

    """
    store = store or Store()
    local = find_local(name, store) or _preset(name, store)
    spec = local.spec
    recogniser, missing = _recogniser(spec, speech, device=device, store=store)
    return open_folder(
        spec,
        local.folder,
        revision=local.revision,
        device=device,
        dtype=dtype,
        frames=frames,
        fit=fit,
        on_plan=on_plan,
        recogniser=recogniser,
        missing=missing,
        reader=reader,
        cache=Cache() if keep else None,
        notify=notify,
    )


def _recogniser(
    spec: ModelSpec, speech: str | None, *, device: str, store: Store
) -> tuple[Recogniser | None, ModelMissingError | None]:
    """The recogniser named, which must be there; else the model's own, or why it is not."""
    if speech is not None:
        return load_speech(speech, device=device, store=store), None
    if spec.speech is None:
        return None, None
    wanted_by = spec.name if spec.sources else None  # a folder of the user's is not pulled
    try:
        return load_speech(spec.speech, device=device, store=store, wanted_by=wanted_by), None
    except ModelMissingError as error:  # not every clip has to be listened to
        return None, _deaf(error, store)


def _deaf(error: ModelMissingError, store: Store) -> ModelMissingError:
    """What to do where a clip speaks and the model's own recogniser is not there."""
    there = [name for name, spec in SPEECH.items() if store.has(speech_key(spec))]
    others = [f"--speech {there[0]}"] if there else []
    ways = " or ".join([*others, "--subtitles off"])
    return ModelMissingError(error.message, hint=f"{error.hint}; or add {ways}")


def _preset(name: str, store: Store) -> LocalModel:
    """A model of the registry, verified in the cache."""
    spec = find_model(name)
    return LocalModel(spec, model_folder(spec, store), model_revision(spec, store))


def load_speech(
    name: str, *, device: str, store: Store, wanted_by: str | None = None
) -> Recogniser:
    """A recogniser from the cache, where the model that it listens for computes."""
    spec = find_speech(name)
    folder = speech_folder(spec, store, wanted_by=wanted_by)
    chosen = plan.choose_device(device)
    return Recogniser(spec, folder, place_speech(chosen, probe_machine(chosen)))


def open_folder(
    spec: ModelSpec,
    folder: Path,
    *,
    revision: str,
    device: str = "auto",
    dtype: str = "auto",
    frames: int | None = None,
    fit: bool = False,
    on_plan: OnPlan | None = None,
    recogniser: Recogniser | None = None,
    missing: VidqaError | None = None,
    reader: Reader | None = None,
    cache: Cache | None = None,
    notify: Notify | None = None,
) -> "Model":
    """Load a `save_pretrained` folder that the caller vouches for. See `load` for the rest.

    Without a recogniser `missing` is raised at the first clip that has to be listened to.
    """
    reader = reader or Reader()
    reader.warm()
    watch = Stopwatch(notify)
    with watch.stage("load"):
        chosen_device = plan.choose_device(device)
        chosen_dtype = plan.choose_dtype(dtype, chosen_device)
        processor = load_processor(folder)
        require_template(processor, folder)
        memory = plan_for(spec, folder, processor, dtype=chosen_dtype, frames=frames)
        memory = memory.fitted(chosen_device) if fit else memory
        if on_plan is not None:
            on_plan(memory.plan, chosen_device)
        memory.require(device=chosen_device, model=spec.name)
        with memory.errors(spec.name):
            loaded = load_folder(
                folder, device=chosen_device, dtype=memory.plan.dtype, processor=processor
            )
    return Model(
        spec,
        loaded,
        revision=revision,
        device=chosen_device,
        dtype=memory.plan.dtype,
        memory=memory,
        recogniser=recogniser,
        missing=missing,
        reader=reader,
        cache=cache,
        load_s=watch.seconds["load"],
    )


class Model:
    """A loaded model: watch clips with it."""

    def __init__(
        self,
        spec: ModelSpec,
        loaded: Loaded,
        *,
        revision: str,
        device: str,
        dtype: str,
        memory: Memory,
        recogniser: Recogniser | None,
        missing: VidqaError | None,
        reader: Reader,
        cache: Cache | None,
        load_s: float,
    ) -> None:
        self.spec = spec
        self.loaded = loaded
        self.revision = revision
        self.device = device
        self.dtype = dtype
        self.memory = memory
        self.ears = Ears(reader, recogniser, missing=missing, cache=cache)
        self.cache = cache
        self.load_s = load_s
        self.reader = reader

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.spec.name

    def watch(
        self,
        video: str | Path,
        *,
        frames: int | None = None,
        recipe: str = "vidqa",
        sampling: Sampling | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        subtitles: Subtitles = "auto",
        language: str | None = None,
        task: Task = "transcribe",
        decoder: Decoder = "auto",
        blank: bool = False,
        notify: Notify | None = None,
    ) -> "Clip":
        """Look at a clip and listen to it, once.

        Args:
            video: path of a video file.
            frames: how many frames to look at; the model's default if None.
            recipe: `vidqa`, or for the paper's models `paper`: what the authors showed them.
            sampling: how they are chosen; as the recipe says if None.
            start_s: where to begin, in seconds.
            end_s: where to end, in seconds.
            subtitles: `auto` (sidecar file, else text track, else speech), `off`, `speech` (listen
                in any case), or a file.
            language: of the speech and the subtitles, such as `en`; detected if None.
            task: `transcribe`, or `translate` for English words whatever is spoken.
            decoder: `auto`, `pyav` or `decord`.
            blank: show grey pictures in place of the frames: what is answered rests on the words.
            notify: called when each of the stages decode, speech, vision and prefill begins.

        Raises:
            VideoError: the clip cannot be watched.
            UsageError: a setting makes no sense for this clip.

        """
        chosen = choose_recipe(recipe, self.spec)
        stopwatch = Stopwatch(notify, {"load": self.load_s})
        seen = self.see(
            Path(video),
            Wanted.parse(subtitles, language, task),
            stopwatch,
            name=str(video),
            recipe=chosen,
            frames=frames,
            sampling=sampling,
            span=(start_s, end_s),
            decoder=decoder,
            blank=blank,
        )
        with self.memory.errors(self.name):
            return Clip(self, seen, chosen, stopwatch)

    def see(
        self,
        path: Path,
        wanted: Wanted,
        stopwatch: Stopwatch,
        *,
        name: str,
        recipe: Recipe,
        frames: int | None = None,
        sampling: Sampling | None = None,
        span: tuple[float | None, float | None] = (None, None),
        decoder: Decoder = "auto",
        blank: bool = False,
        keep_places: bool = False,
    ) -> Seen:
        """Look and listen, but do not read it into the decoder yet. See `watch`.

        Args:
            path: of the file.
            wanted: which words.
            stopwatch: told of every stage.
            name: what the clip is called in answers.
            recipe: how it will be shown.
            frames: as in `watch`.
            sampling: as in `watch`.
            span: where to begin and to end, in seconds.
            decoder: as in `watch`.
            blank: as in `watch`.
            keep_places: keep what the tower says before it is projected, for training.

        """
        sampling = choose_sampling(recipe, sampling)
        with stopwatch.stage("decode"):
            info = self.reader.probe(path)
            window = stretch(info, *span)
        mark = known_fingerprint(path) if self.cache is not None else fingerprint(path)
        listening = Background(partial(self._hear, path, wanted, window, stopwatch))
        try:
            with self.memory.errors(self.name):
                looking = Looking(
                    str(sampling),
                    window,
                    self._most(sampling, frames),
                    None if recipe.exact_pixels else self.loaded.picture_size,
                    decoder,
                    blank,
                )
                if keep_places:
                    sight = self._look(info, looking, stopwatch, keep_places=True)
                else:
                    sight = self._seen_before(info, mark, looking, stopwatch)
                stopwatch.tell("speech")
                return Seen(name, info, mark, *sight, listening.result())
        finally:
            listening.cancel()

    def _seen_before(
        self, info: VideoInfo, mark: str, looking: Looking, stopwatch: Stopwatch
    ) -> Sight:
        """What was kept of an earlier look; else look, and keep it."""
        if self.cache is None:
            return self._look(info, looking, stopwatch)
        key = sight_key(
            fingerprint=mark,
            model=self.revision,
            family=asdict(self.spec.family),
            device=self.device,
            dtype=self.dtype,
            **asdict(looking),
        )
        sight = kept_sight(self.cache, key, self._encoder())
        if sight is None:
            sight = self._look(info, looking, stopwatch)
            keep_sight(self.cache, key, sight, about=info.path.name)
        return sight

    def _look(
        self,
        info: VideoInfo,
        looking: Looking,
        stopwatch: Stopwatch,
        *,
        keep_places: bool = False,
    ) -> Sight:
        """Find the moments, read the frames there, encode them."""
        sampling = Sampling.parse(looking.sampling)
        with stopwatch.more("decode"):
            moments = self.reader.moments(info, sampling, looking.window, looking.count)
        frames = self.reader.frames(
            info, moments.times_s, size=looking.size, decoder=looking.decoder
        )
        encoder = self._encoder(keep_places=keep_places)
        return moments, look(encoder, frames, stopwatch, blank=looking.blank)

    def _encoder(self, *, keep_places: bool = False) -> FrameEncoder:
        family = self.spec.family
        return FrameEncoder(
            self.loaded,
            family.image_kwargs,
            processor_kwargs=family.processor_kwargs,
            keep_places=keep_places,
        )

    def _most(self, sampling: Sampling, frames: int | None) -> int:
        """How many frames to look at; no more than what was made to fit the memory."""
        count = sampling.most(frames, self.spec.frames)
        return min(count, self.memory.plan.frames) if self.memory.warnings else count

    def _hear(
        self,
        path: Path,
        wanted: Wanted,
        window: Window,
        stopwatch: Stopwatch,
        work: Background[Words],
    ) -> Words:
        with stopwatch.more("speech"):
            return hear(self.ears, path, wanted, window, work)
