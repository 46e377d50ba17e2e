"""Bring models into the cache, check them there, and throw them away."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelError, ModelMissingError, UsageError
from vidqa.models.gate import require_plain
from vidqa.models.installed import model_folder, model_key, parts, speech_folder, speech_key
from vidqa.models.registry import MODELS, SPEECH, find, find_speech, is_known
from vidqa.models.resolve import (
    ADDED,
    LocalModel,
    added_again,
    added_key,
    find_local,
    hub_source,
    is_added,
)
from vidqa.models.sources.fetch import (
    WAITING,
    download_bytes,
    fetch,
    silent,
    source_key,
    source_name,
    unpacked_bytes,
)
from vidqa.models.sources.hub import require_access
from vidqa.models.sources.hub_files import fetch_config
from vidqa.models.sources.wheel import Progress
from vidqa.models.spec import HubSource, ModelSpec, SpeechSpec
from vidqa.models.store.disk import require_space
from vidqa.models.store.store import Store


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What the cache holds of a model."""

    name: str
    cached: bool
    """Complete; not necessarily intact, see `damaged` and `verify`."""
    damaged: bool
    """A quick look found a part that is not what was verified; a pull mends it."""
    download_bytes: int
    """What a pull from nothing would download, its speech model included."""
    disk_bytes: int
    """What it takes in the cache, or would, its parts and speech model included."""


def pull(
    name: str,
    *,
    store: Store | None = None,
    progress: Progress = silent,
    offline: bool = False,
) -> Path:
    """Make a model complete in the cache and return its folder; what is there is not fetched again.

    Args:
        name: a preset, a speech model, or a repository of the Hub (`owner/name`).
        store: the cache; the user's by default.
        progress: told how far it is.
        offline: download nothing.

    Raises:
        UsageError: no such model.
        ModelUnsupportedError: a repository whose model vidqa cannot drive.
        OfflineError: something is missing and must not be, or cannot be, downloaded.
        DownloadError: a download failed; what was finished is kept.
        NoSpaceError: the disk cannot hold it.

    """
    store = store or Store()
    store.sweep()
    if not is_known(name) and (source := hub_source(name)) is not None:
        return _pull_repository(name, source, store, progress, offline=offline)
    spec = find(name)
    if (folder := _complete_folder(spec, store)) is not None:
        return folder
    if isinstance(spec, SpeechSpec):
        return fetch(spec.source, store, progress=progress, offline=offline)
    _require_access(spec, store, offline=offline)
    if spec.speech is not None:
        pull(spec.speech, store=store, progress=progress, offline=offline)
    folders = {
        source_name(source): fetch(source, store, progress=progress, offline=offline)
        for source in spec.sources
    }
    if spec.assembly is not None:
        _put_together(spec, folders, store, progress)
    return model_folder(spec, store)


def _pull_repository(
    name: str, source: HubSource, store: Store, progress: Progress, *, offline: bool
) -> Path:
    """Fetch any model of the Hub; what cannot be driven is refused before its weights come."""
    if not offline and not store.usable(source_key(source)):
        from vidqa.network.measure import measure
        from vidqa.network.supported import require_class

        config = fetch_config(source)
        require_plain(config)
        require_class(config)
        measure(config.parent)  # builds the class without its weights
    fetch(source, store, progress=progress, offline=offline)
    local = find_local(name, store)
    assert local is not None, "it was just fetched"
    if local.spec.speech is not None:
        pull(local.spec.speech, store=store, progress=progress, offline=offline)
    return local.folder


def _require_access(spec: ModelSpec, store: Store, *, offline: bool) -> None:
    """Find out what the Hub refuses before gigabytes of the rest are fetched."""
    wanted = [source for source in parts(spec) if isinstance(source, HubSource)]
    missing = [] if offline else [one for one in wanted if not store.usable(source_key(one))]
    for source in missing:
        require_access(source)


def _complete(spec: ModelSpec | SpeechSpec, store: Store) -> Path:
    if isinstance(spec, SpeechSpec):
        return speech_folder(spec, store)
    folder = model_folder(spec, store)
    if spec.speech is not None:
        speech_folder(find_speech(spec.speech), store, wanted_by=spec.name)
    return folder


def _complete_folder(spec: ModelSpec | SpeechSpec, store: Store) -> Path | None:
    """None when something is missing or damaged: what a pull is for."""
    try:
        return _complete(spec, store)
    except ModelError:
        return None


def _put_together(
    spec: ModelSpec, folders: dict[str, Path], store: Store, progress: Progress
) -> None:
    """Assemble a model from its parts, and drop what older versions of vidqa made of them."""
    key = model_key(spec)
    with store.lock(key, partial(progress, f"{WAITING} ({spec.name})", 0, None)):
        if store.usable(key):
            return
        from vidqa.models.conversion.assemble import assemble

        require_space(store.root, spec.disk_bytes)
        progress(f"putting {spec.name} together", 0, None)
        with store.publish(key, f"{spec.assembly}: {', '.join(folders)}") as draft:
            assemble(spec, folders, draft)
    for old in store.keys(f"models/{spec.name}"):
        if old != key:
            store.remove(old)


def keys_of(spec: ModelSpec | SpeechSpec) -> list[str]:
    """The keys of all entries that a model is made of, itself first."""
    own = speech_key(spec) if isinstance(spec, SpeechSpec) else model_key(spec)
    return list(dict.fromkeys([own, *map(source_key, parts(spec))]))


def verify(name: str, *, store: Store | None = None) -> list[Path]:
    """Read every byte of a model again and return the folders that are as verified.

    Raises:
        ModelMissingError: not complete.
        ModelDamagedError: names the file.

    """
    store = store or Store()
    key = _own_key(name, store)
    keys = _complete_keys(name, store) if key is None else [key]
    try:
        return [store.verify(one) for one in keys if store.has(one)]
    except ModelDamagedError as error:
        again = added_again(name) if is_added(name, store) else f"vidqa models pull {name}"
        raise ModelDamagedError(error.message, hint=again) from error


def _own_key(name: str, store: Store) -> str | None:
    """The entry of an added model, or of one that is only a repository; None for the others."""
    if is_known(name):
        return None
    if is_added(name, store):
        return added_key(name)
    source = hub_source(name)
    return source_key(source) if source is not None and store.has(source_key(source)) else None


def _complete_keys(name: str, store: Store) -> list[str]:
    spec = find(name)
    _complete(spec, store)
    return keys_of(spec)


def remove(name: str, *, store: Store | None = None) -> int:
    """Delete a model, but nothing that another cached model needs; return the bytes freed.

    Files of the Hub stay in the Hub's own cache: `hf cache rm` removes them.

    Raises:
        UsageError: no such model, or another one listens with it.
        ModelMissingError: it is not there.

    """
    store = store or Store()
    if (key := _own_key(name, store)) is not None:
        return _remove_entry(key, store)
    spec = find(name)
    presets = [one for one in MODELS.values() if one.name != name and store.has(model_key(one))]
    own = [local.spec for one in others(store) if (local := _local(one.name, store))]
    listeners = [one.name for one in (*presets, *own) if one.speech == name]
    if listeners:
        raise UsageError(
            f"{listeners[0]} listens with {name}", hint=f"vidqa models rm {listeners[0]}"
        )
    needed = {key for one in presets for key in keys_of(one)}
    needed |= {speech_key(find_speech(one.speech)) for one in own if one.speech is not None}
    mine = [key for key in keys_of(spec) if key not in needed]
    if isinstance(spec, ModelSpec):
        mine += store.keys(f"models/{spec.name}")
    if not any(store.path(key).exists() for key in mine):
        raise ModelMissingError(f"{name} is not in the cache; there is nothing to remove")
    return sum(_remove_entry(key, store) for key in dict.fromkeys(mine))


def _local(name: str, store: Store) -> LocalModel | None:
    """An added model, or one of the Hub; None where it is damaged, and so nothing listens."""
    try:
        return find_local(name, store)
    except ModelError:
        return None


def _remove_entry(key: str, store: Store) -> int:
    with store.lock(key):
        freed = 0 if key.startswith("hub/") else store.size_bytes(key)
        store.remove(key)
    return freed


def status(name: str, *, store: Store | None = None) -> ModelStatus:
    """What the cache holds of a model."""
    spec, store = find(name), store or Store()
    cached, damaged = True, False
    try:
        _complete(spec, store)
    except ModelMissingError:
        cached = False
    except ModelDamagedError:
        damaged = True
    held = sum(map(store.size_bytes, keys_of(spec)))
    return ModelStatus(
        name=name,
        cached=cached,
        damaged=damaged,
        download_bytes=sum(map(download_bytes, parts(spec))),
        disk_bytes=held if cached else _expected_bytes(spec),
    )


def others(store: Store | None = None) -> list[ModelStatus]:
    """What else the cache holds: added folders, and models of the Hub that are no presets."""
    store = store or Store()
    known: list[ModelSpec | SpeechSpec] = [*MODELS.values(), *SPEECH.values()]
    own = {source_key(one) for spec in known for one in parts(spec)}
    keys = [*store.keys(ADDED), *(key for repo in store.folders("hub") for key in store.keys(repo))]
    return [_other(key, store) for key in keys if key not in own]


def _other(key: str, store: Store) -> ModelStatus:
    size = store.size_bytes(key)
    *_, first, last = key.split("/")
    name = last if first == ADDED else first.replace("--", "/", 1)
    name += f"@{last}" if first != ADDED and last != "main" else ""
    return ModelStatus(
        name, cached=True, damaged=not store.usable(key), download_bytes=0, disk_bytes=size
    )


def _expected_bytes(spec: ModelSpec | SpeechSpec) -> int:
    assembled = spec.disk_bytes if isinstance(spec, ModelSpec) and spec.assembly else 0
    return assembled + sum(map(unpacked_bytes, parts(spec)))


def locate(name: str, *, listens: bool = True, store: Store | None = None) -> Path:
    """The folder of a complete model, which may be the user's own. Raises as `verify` does.

    Args:
        name: a preset, or a folder.
        listens: its speech model must be there, too.
        store: the cache; the user's by default.

    """
    store = store or Store()
    if (local := find_local(name, store)) is not None:
        return local.folder
    spec = find(name)
    if isinstance(spec, ModelSpec) and not listens:
        return model_folder(spec, store)
    return _complete(spec, store)
