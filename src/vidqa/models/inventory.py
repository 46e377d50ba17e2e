"""The models in the cache: which are complete or damaged, and where they are."""

from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelMissingError
from vidqa.models.installed import helper_folder, helper_key, model_folder, model_key, parts
from vidqa.models.registry import every, find, find_speech, is_known
from vidqa.models.resolve import (
    ADDED,
    added_again,
    added_key,
    find_local,
    hub_source,
    is_added,
)
from vidqa.models.sources.fetch import (
    download_bytes,
    source_key,
    unpacked_bytes,
)
from vidqa.models.spec import HelperSpec, ModelSpec, Spec
from vidqa.models.store.store import Store


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The state of a model in the cache."""

    name: str
    cached: bool
    """Whether it is complete, though not necessarily intact: see `damaged` and `verify`."""
    damaged: bool
    """Whether a quick check found a part changed since it was verified; a pull fixes it."""
    download_bytes: int
    """Bytes that a pull from nothing would download, including its speech model."""
    disk_bytes: int
    """Bytes that it takes, or would take, in the cache, including its parts and speech model."""


def require_complete(spec: Spec, store: Store) -> Path:
    """Return the folder of a model, if all its parts and its speech model are in the cache.

    Raises:
        ModelMissingError: a part is not in the cache.
        ModelDamagedError: a part has changed since it was verified.

    """
    if isinstance(spec, HelperSpec):
        return helper_folder(spec, store)
    folder = model_folder(spec, store)
    if spec.speech is not None:
        helper_folder(find_speech(spec.speech), store, wanted_by=spec.name)
    return folder


def is_complete(spec: ModelSpec, store: Store) -> bool:
    """Return whether a model and what it listens with were pulled; neither is looked into."""
    own = [model_key(spec)]
    word_finder = [] if spec.speech is None else [helper_key(find_speech(spec.speech))]
    return all(map(store.has, own + word_finder))


def keys_of(spec: Spec) -> list[str]:
    """Return the keys of all entries that a model consists of, its own first."""
    own = helper_key(spec) if isinstance(spec, HelperSpec) else model_key(spec)
    return list(dict.fromkeys([own, *map(source_key, parts(spec))]))


def verify(name: str, *, store: Store | None = None) -> list[Path]:
    """Read every byte of a model again and return the folders that are unchanged.

    Raises:
        ModelMissingError: not complete.
        ModelDamagedError: names the file.

    """
    store = store or Store()
    key = own_key(name, store)
    keys = _complete_keys(name, store) if key is None else [key]
    try:
        return [store.verify(one) for one in keys if store.has(one)]
    except ModelDamagedError as error:
        again = added_again(name) if is_added(name, store) else f"vidqa models pull {name}"
        raise ModelDamagedError(error.message, hint=again) from error


def own_key(name: str, store: Store) -> str | None:
    """Return the key of an added model, or of one that is only a repository; None for others."""
    if is_known(name):
        return None
    if is_added(name, store):
        return added_key(name)
    source = hub_source(name)
    return source_key(source) if source is not None and store.has(source_key(source)) else None


def _complete_keys(name: str, store: Store) -> list[str]:
    spec = find(name)
    require_complete(spec, store)
    return keys_of(spec)


def status(name: str, *, store: Store | None = None) -> ModelStatus:
    """Return the state of a model in the cache."""
    spec, store = find(name), store or Store()
    cached, damaged = True, False
    try:
        require_complete(spec, store)
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
    """Return the other cached models: added folders, and models of the Hub that are not presets."""
    store = store or Store()
    own = {source_key(one) for spec in every().values() for one in parts(spec)}
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


def _expected_bytes(spec: Spec) -> int:
    assembled = spec.disk_bytes if isinstance(spec, ModelSpec) and spec.assembly else 0
    return assembled + sum(map(unpacked_bytes, parts(spec)))


def locate(name: str, *, store: Store | None = None) -> Path:
    """Return the folder of a complete model, which may be the user's own. Raises as `verify`.

    Args:
        name: a preset, or a folder.
        store: the cache; the user's by default.

    """
    store = store or Store()
    if (local := find_local(name, store)) is not None:
        return local.folder
    return require_complete(find(name), store)
