"""Find a finished model in the store, in the revision that this vidqa requires."""

import hashlib
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelMissingError
from vidqa.models.registry import find_speech
from vidqa.models.sources.fetch import download_bytes, source_key
from vidqa.models.spec import (
    HelperSpec,
    HubSource,
    ModelSpec,
    PackagedSource,
    Source,
    Spec,
    WheelSource,
)
from vidqa.models.store.store import Store
from vidqa.system import paths

ASSEMBLY_VERSION = 1
"""The version of the assembly: grows when the same parts are assembled differently."""


def model_revision(spec: ModelSpec, store: Store | None = None) -> str:
    """Return a Hub model's commit, or 12 hexadecimal digits over all parts of an assembled one.

    Args:
        spec: the model.
        store: the cache that holds it, where the commit of a model of the Hub is recorded.

    """
    if spec.assembly is None:
        (source,) = spec.sources
        assert isinstance(source, HubSource)
        return hub_commit(source, store or Store())
    digest = hashlib.sha256(f"{spec.assembly} {ASSEMBLY_VERSION}".encode())
    for source in spec.sources:
        digest.update(_pin(source))
    return digest.hexdigest()[:12]


def hub_commit(source: HubSource, store: Store) -> str:
    """Return the commit that was fetched; if none was, the revision that would be requested."""
    return store.origin(source_key(source)).rpartition("@")[2] or source.revision


def _pin(source: Source) -> bytes:
    """Return bytes that change when the content of a source changes."""
    if isinstance(source, PackagedSource):
        folder = paths.data_dir() / source.folder
        files = sorted(f for f in folder.iterdir() if f.suffix in (".json", ".safetensors"))
        return b"".join(
            file.name.encode() + hashlib.sha256(file.read_bytes()).digest() for file in files
        )
    # files of the Hub need not be pinned by hash; then the revision identifies them
    origin = f"{source.repo}@{source.revision};" if isinstance(source, HubSource) else ""
    return (origin + "".join(f"{file.path}:{file.sha256};" for file in source.files)).encode()


def model_key(spec: ModelSpec) -> str:
    """Return the key of a finished model's entry in the store."""
    if spec.assembly is None:
        (source,) = spec.sources
        assert isinstance(source, HubSource)
        return source_key(source)
    return f"models/{spec.name}/{model_revision(spec)}"


def helper_key(spec: HelperSpec) -> str:
    """Return the key of a helper's entry in the store."""
    return source_key(spec.source)


def parts(spec: Spec) -> list[WheelSource | HubSource]:
    """Return all sources downloaded for a model, including its speech model's."""
    if isinstance(spec, HelperSpec):
        return [spec.source]
    word_finder = [] if spec.speech is None else [find_speech(spec.speech).source]
    return [*(one for one in spec.sources if not isinstance(one, PackagedSource)), *word_finder]


def model_folder(spec: ModelSpec, store: Store) -> Path:
    """Return the verified `save_pretrained` folder of a model.

    Raises:
        ModelMissingError: not pulled; gives the size of the download.
        ModelDamagedError: a file has changed since it was verified.

    """
    return _found(store, model_key(spec), spec.name, parts(spec))


def helper_folder(spec: HelperSpec, store: Store, *, wanted_by: str | None = None) -> Path:
    """Return the verified folder of a helper. Raises as `model_folder` does.

    Args:
        spec: that model.
        store: the cache.
        wanted_by: the model that uses it; pulling that one also fixes this one.

    """
    return _found(store, helper_key(spec), wanted_by or spec.name, parts(spec))


def _found(store: Store, key: str, name: str, wanted: list[WheelSource | HubSource]) -> Path:
    mend = f"vidqa models pull {name}"
    try:
        return store.folder(key)
    except ModelMissingError as error:
        missing = [one for one in wanted if not store.has(source_key(one))]
        state = "not" if len(missing) == len(wanted) else "only partly"
        raise ModelMissingError(
            f"the model {name} is {state} in the cache ({store.root}); "
            f"pulling it downloads {sum(map(download_bytes, missing)) / 1e6:.0f} MB",
            hint=mend,
        ) from error
    except ModelDamagedError as error:
        raise ModelDamagedError(error.message, hint=mend) from error
