"""Find a model in the cache and load it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from vidqa.engine.local.memory import Memory, plan_for
from vidqa.engine.model import Model
from vidqa.engine.speech import recognizer_for
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import VidqaError
from vidqa.media.reader import Reader
from vidqa.media.speech.recognizer import Recognizer
from vidqa.models.resolve import LocalModel, resolve
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.models.template_runner import TemplateRunner
from vidqa.network.inference.kv_caches import require_kv_cache
from vidqa.network.inference.prompt_ids import require_template
from vidqa.network.opening import chosen_dtype, open_network, open_processor
from vidqa.network.text.chat_template import ChatTemplate
from vidqa.system.cache import Cache
from vidqa.system.devices import choose_device
from vidqa.system.footprint import CACHES, MemoryPlan
from vidqa.system.number_formats import FULL
from vidqa.types import Maker, Notify
from vidqa.types.loading import LoadSettings
from vidqa.types.options import with_options

OnPlan = Callable[[MemoryPlan, str], object]
"""Called with a plan and the device it is for."""


def load(
    name: str | LocalModel = "starter",
    settings: LoadSettings | None = None,
    *,
    frames: int | None = None,
    caches: int = CACHES,
    on_plan: OnPlan | None = None,
    store: Store | None = None,
    reader: Reader | None = None,
    trainable: bool = False,
    notify: Notify | None = None,
    **given: Any,
) -> Model:
    """Load a model from the cache.

    Args:
        name: as in `vidqa models list`, a folder, a repository of the Hub, or what was found.
        settings: where it computes, and with what.
        frames: how many memory is planned for; the model's default if None.
        caches: how often memory holds a clip: once more for choices, once for `grounded`.
        on_plan: called with what memory is planned, before anything is loaded.
        store: the cache to look in; the user's by default.
        reader: reads the clips; one of the model's own by default.
        trainable: load transformers' classes, though vidqa's own would start faster.
        notify: called when the stage `load` begins.
        **given: fields of `LoadSettings` by name: `device`, `dtype`, `keep` and so on.

    Raises:
        ModelMissingError, ModelDamagedError: not pulled yet, or not as it was verified.
        NotEnoughMemoryError: the device is too small.
        UsageError: no such model, device or dtype.

    """
    how, store = with_options(LoadSettings, settings, given), store or Store()
    local, device = resolve(name, store), choose_device(how.device)
    recognizer, missing = recognizer_for(local.spec, how.speech, device=device, store=store)
    opened = partial(open_folder, local.spec, local.folder, how, revision=local.revision)
    return opened(
        frames=frames,
        caches=caches,
        on_plan=on_plan,
        recognizer=recognizer,
        missing=missing,
        reader=reader,
        cache=Cache() if how.keep else None,
        trainable=trainable,
        notify=notify,
    )


def identify(
    name: str | LocalModel,
    *,
    device: str = "auto",
    dtype: str = "auto",
    kv_cache: str = FULL,
    store: Store | None = None,
) -> Maker:
    """Return what `load` with the same arguments will say of itself, unless it has to `fit`.

    Raises:
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.
        UsageError: no such model, device or dtype, or not for this model.

    """
    local = resolve(name, store or Store())
    chosen = choose_device(device)
    require_kv_cache(local.folder, kv_cache)
    number_format = chosen_dtype(local.folder, dtype, chosen, by_transformers=kv_cache != FULL)
    return Maker(local.spec.name, local.revision, chosen, number_format)


def open_folder(
    spec: ModelSpec,
    folder: Path,
    settings: LoadSettings | None = None,
    *,
    revision: str,
    frames: int | None = None,
    caches: int = CACHES,
    on_plan: OnPlan | None = None,
    recognizer: Recognizer | None = None,
    missing: VidqaError | None = None,
    reader: Reader | None = None,
    cache: Cache | None = None,
    trainable: bool = False,
    notify: Notify | None = None,
    **given: Any,
) -> Model:
    """Load a `save_pretrained` folder that the caller vouches for. See `load`.

    Without sources in its `spec`, its chat template is run apart. Without a recognizer `missing`
    is raised at the first clip that has to be listened to.
    """
    how = with_options(LoadSettings, settings, given)
    reader, timer = reader or Reader(), StageTimer(notify)
    reader.warm()
    with timer.stage("load"):
        device, kv_cache = choose_device(how.device), how.kv_cache
        by_transformers = trainable or kv_cache != FULL
        require_kv_cache(folder, kv_cache)
        dtype = chosen_dtype(folder, how.dtype, device, by_transformers=by_transformers)
        processor, run_apart = _processor(spec, folder, by_transformers=by_transformers)
        planned = partial(plan_for, spec, folder, processor, by_transformers=by_transformers)
        held = partial(planned, device=device, dtype=dtype, kv_cache=kv_cache, caches=caches)
        memory = _held(held(frames=frames), spec, device=device, fit=how.fit, on_plan=on_plan)
        with memory.errors(spec.name):
            opened = partial(open_network, folder, processor=processor, run_apart=run_apart)
            onto = partial(opened, device=device, dtype=memory.plan.dtype)
            loaded = onto(by_transformers=by_transformers, kv_cache=kv_cache)
    return Model(
        spec,
        loaded,
        revision=revision,
        device=device,
        memory=memory,
        recognizer=recognizer,
        missing=missing,
        reader=reader,
        cache=cache,
        load_s=timer.seconds["load"],
    )


def _processor(
    spec: ModelSpec, folder: Path, *, by_transformers: bool
) -> tuple[Any, TemplateRunner | None]:
    """Return a folder's processor and what runs its chat template apart, which makes prompts."""
    processor = open_processor(folder, by_transformers=by_transformers)
    run_apart = None if spec.sources else TemplateRunner(folder)
    require_template(ChatTemplate(processor, run_apart), folder)
    return processor, run_apart


def _held(
    memory: Memory, spec: ModelSpec, *, device: str, fit: bool, on_plan: OnPlan | None
) -> Memory:
    """Return the plan that a device holds. Raises NotEnoughMemoryError."""
    memory = memory.fitted(device) if fit else memory
    if on_plan is not None:
        on_plan(memory.plan, device)
    memory.require(device=device, model=spec.name)
    return memory
