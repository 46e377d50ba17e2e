"""Find a model in the cache and load it."""

from collections.abc import Callable
from pathlib import Path

from vidqa.engine.memory import plan_for
from vidqa.engine.model import Model
from vidqa.engine.stage_timer import Stopwatch
from vidqa.errors import ModelMissingError, VidqaError
from vidqa.media.reader import Reader
from vidqa.media.speech.device import place_speech, probe_machine
from vidqa.media.speech.recognizer import Recogniser
from vidqa.models.gate import require_safe
from vidqa.models.installed import model_folder, model_revision, speech_folder, speech_key
from vidqa.models.registry import SPEECH, find_model, find_speech
from vidqa.models.resolve import LocalModel, find_local
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.models.template_runner import TemplateRunner
from vidqa.network.inference.prompt_ids import require_template
from vidqa.network.loading import load_folder, load_processor
from vidqa.network.text.chat_template import ChatTemplate
from vidqa.system.cache import Cache
from vidqa.system.devices import choose_device, choose_dtype
from vidqa.system.footprint import CACHES, MemoryPlan
from vidqa.types import Maker, Notify

OnPlan = Callable[[MemoryPlan, str], object]
"""Told a plan and the device it is for."""


def load(
    name: str = "starter",
    *,
    device: str = "auto",
    dtype: str = "auto",
    frames: int | None = None,
    caches: int = CACHES,
    fit: bool = False,
    on_plan: OnPlan | None = None,
    speech: str | None = None,
    store: Store | None = None,
    reader: Reader | None = None,
    keep: bool = True,
    notify: Notify | None = None,
) -> Model:
    """Load a model from the cache; nothing is downloaded.

    Args:
        name: as in `vidqa models list`, a folder of a model, or a repository of the Hub.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        dtype: `auto`, `float32`, `bfloat16` or `float16`; `int8` or `int4` store the decoder's
            blocks so, and need bitsandbytes.
        frames: how many will be looked at, to plan memory for; the model's default if None.
        caches: how often memory holds a clip: once more for choices, once more for `grounded`.
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
        caches=caches,
        fit=fit,
        on_plan=on_plan,
        recogniser=recogniser,
        missing=missing,
        reader=reader,
        cache=Cache() if keep else None,
        notify=notify,
    )


def identify(
    name: str, *, device: str = "auto", dtype: str = "auto", store: Store | None = None
) -> Maker:
    """What `load` with the same arguments will say of itself, unless it has to `fit`.

    Raises:
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.
        UsageError: no such model, device or dtype.

    """
    store = store or Store()
    local = find_local(name, store) or _preset(name, store)
    chosen = choose_device(device)
    return Maker(local.spec.name, local.revision, chosen, choose_dtype(dtype, chosen))


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
    folder = model_folder(spec, store)
    require_safe(folder, is_verified=True)
    return LocalModel(spec, folder, model_revision(spec, store))


def load_speech(
    name: str, *, device: str, store: Store, wanted_by: str | None = None
) -> Recogniser:
    """A recogniser from the cache, where the model that it listens for computes."""
    spec = find_speech(name)
    folder = speech_folder(spec, store, wanted_by=wanted_by)
    chosen = choose_device(device)
    return Recogniser(spec, folder, place_speech(chosen, probe_machine(chosen)))


def open_folder(
    spec: ModelSpec,
    folder: Path,
    *,
    revision: str,
    device: str = "auto",
    dtype: str = "auto",
    frames: int | None = None,
    caches: int = CACHES,
    fit: bool = False,
    on_plan: OnPlan | None = None,
    recogniser: Recogniser | None = None,
    missing: VidqaError | None = None,
    reader: Reader | None = None,
    cache: Cache | None = None,
    notify: Notify | None = None,
) -> Model:
    """Load a `save_pretrained` folder that the caller vouches for. See `load` for the rest.

    Without sources in its `spec`, anybody may have made it, and its chat template is run apart.
    Without a recogniser `missing` is raised at the first clip that has to be listened to.
    """
    reader = reader or Reader()
    reader.warm()
    watch = Stopwatch(notify)
    with watch.stage("load"):
        chosen_device = choose_device(device)
        chosen_dtype = choose_dtype(dtype, chosen_device)
        processor = load_processor(folder)
        run_apart = None if spec.sources else TemplateRunner(folder)
        require_template(ChatTemplate(processor, run_apart), folder)
        memory = plan_for(spec, folder, processor, dtype=chosen_dtype, frames=frames, caches=caches)
        memory = memory.fitted(chosen_device) if fit else memory
        if on_plan is not None:
            on_plan(memory.plan, chosen_device)
        memory.require(device=chosen_device, model=spec.name)
        with memory.errors(spec.name):
            loaded = load_folder(
                folder,
                device=chosen_device,
                dtype=memory.plan.dtype,
                processor=processor,
                run_apart=run_apart,
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
