"""Where a finished model is, and which revision this vidqa wants."""

import hashlib
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelMissingError
from vidqa.models.registry import find_speech
from vidqa.models.sources.fetch import download_bytes, source_key
from vidqa.models.spec import HubSource, ModelSpec, PackagedSource, Source, SpeechSpec, WheelSource
from vidqa.models.store.store import Store
from vidqa.system import paths

ASSEMBLY_VERSION = 1
"""Grows when the same parts are put together in another way."""


def model_revision(spec: ModelSpec, store: Store | None = None) -> str:
    """The commit of a Hub model, or 12 hexadecimal digits over all parts of an assembled one.

    Args:
        spec: the model.
        store: where it lies: only there a model of the Hub says of which commit it is.

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
    """The commit that was fetched; where none was, the revision that would be asked for."""
    return store.origin(source_key(source)).rpartition("@")[2] or source.revision


def _pin(source: Source) -> bytes:
    """Bytes that change when the content of a source changes."""
    if isinstance(source, PackagedSource):
        folder = paths.data_dir() / source.folder
        files = sorted(f for f in folder.iterdir() if f.suffix in (".json", ".safetensors"))
        return b"".join(
            file.name.encode() + hashlib.sha256(file.read_bytes()).digest() for file in files
        )
    # files of the Hub need not be pinned by hash; then the revision says which they are
    origin = f"{source.repo}@{source.revision};" if isinstance(source, HubSource) else ""
    return (origin + "".join(f"{file.path}:{file.sha256};" for file in source.files)).encode()


def model_key(spec: ModelSpec) -> str:
    """The key of a finished model's entry in the store."""
    if spec.assembly is None:
        (source,) = spec.sources
        assert isinstance(source, HubSource)
        return source_key(source)
    return f"models/{spec.name}/{model_revision(spec)}"


def speech_key(spec: SpeechSpec) -> str:
    """The key of a speech model's entry in the store."""
    return source_key(spec.source)


def parts(spec: ModelSpec | SpeechSpec) -> list[WheelSource | HubSource]:
    """All that is downloaded for a model, the speech model it listens with included."""
    if isinstance(spec, SpeechSpec):
        return [spec.source]
    ears = [] if spec.speech is None else [find_speech(spec.speech).source]
    return [*(one for one in spec.sources if not isinstance(one, PackagedSource)), *ears]


def model_folder(spec: ModelSpec, store: Store) -> Path:
    """The verified `save_pretrained` folder of a model.

    Raises:
        ModelMissingError: not pulled; says how much a pull would download.
        ModelDamagedError: a file is not what was verified.

    """
    return _found(store, model_key(spec), spec.name, parts(spec))


def speech_folder(spec: SpeechSpec, store: Store, *, wanted_by: str | None = None) -> Path:
    """The verified folder of a speech model. Raises as `model_folder` does.

    Args:
        spec: the speech model.
        store: the cache.
        wanted_by: the model that listens with it; pulling that one mends it, too.

    """
    return _found(store, speech_key(spec), wanted_by or spec.name, parts(spec))


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
