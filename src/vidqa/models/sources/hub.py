"""Fetch files of a Hugging Face Hub repository; they stay in the Hub's own cache.

An entry in our store links to them, and to nothing else in the repository, so that only verified
files can be loaded. `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and a login are huggingface_hub's.
"""

import hashlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vidqa.errors import DownloadError, OfflineError
from vidqa.models.sources.wheel import Progress
from vidqa.models.spec import File, HubSource
from vidqa.models.store.disk import full_disk_errors, require_space
from vidqa.models.store.manifest import BLOCK_BYTES, Stamp, stamp, write_marker
from vidqa.system.file_systems import FULL, link_or_copy

HUB_ROOM = "free some space, or set HF_HUB_CACHE to a folder on a larger disk"

OFFLINE = "check the network, HF_ENDPOINT and HF_HUB_OFFLINE, then run the command again"

PAUSES_S = (1, 4)
"""Seconds between tries when the Hub's server itself fails."""

FIRST_SERVER_ERROR = 500
"""The first HTTP status that means a fault of the server."""

SHA256_DIGITS, GIT_BLOB_DIGITS = 64, 40
"""Digits in the Hub's two kinds of ETag: a large file's sha256, a small file's git blob id."""


def fetch_hub(source: HubSource, destination: Path, progress: Progress) -> None:
    """Download the files of one revision and link to them from the folder `destination`.

    Files in the Hub's cache are not downloaded again. Every file is checked on arrival: against
    its pinned hash, or else against the one that the Hub announced.

    Raises:
        OfflineError: the Hub cannot be reached, or is not allowed to be.
        DownloadError: not found, not permitted, or not the right bytes.
        NoSpaceError: the disk of the Hub's cache is too small.

    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    missing = [file for file in source.files if not _is_there(source, file)]
    require_space(cache, sum(file.size_bytes for file in missing), hint=HUB_ROOM)
    with full_disk_errors(cache):
        stamps = [_fetch_file(source, file, destination, progress) for file in source.files]
    write_marker(destination, source.repo, stamps)


def require_access(source: HubSource) -> None:
    """Ask the Hub about one missing file, so that a refusal comes before any download.

    Raises:
        OfflineError: the Hub cannot be reached, or is not allowed to be.
        DownloadError: not found, or not permitted.

    """
    from huggingface_hub import hf_hub_download

    missing = [one.path for one in source.files if not _is_there(source, one)]
    for path in missing[:1] if source.files else ["config.json"]:  # every model has this file
        with hub_errors(source, path):
            hf_hub_download(source.repo, path, revision=source.revision, dry_run=True)


def _is_there(source: HubSource, file: File) -> bool:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repo, file.path, revision=source.revision)
    return isinstance(found, str)


def _fetch_file(source: HubSource, file: File, destination: Path, progress: Progress) -> Stamp:
    """Download one file; a wrong copy in the Hub's cache is fetched again."""
    attempts = 2 if _is_there(source, file) else 1
    for _ in range(attempts):
        local = _download(source, file, progress)
        if digest := _verified(local, file):
            link = destination / file.path
            link.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(local.resolve(), link)
            return stamp(destination, file.path, digest)
        local.resolve().unlink(missing_ok=True)
        local.unlink(missing_ok=True)
    raise DownloadError(
        f"{source.repo}/{file.path} is not the file it should be: "
        f"wanted sha256 {file.sha256 or 'as the Hub announced'}",
        hint="nothing of it was kept; run the command again",
    )


def _download(source: HubSource, file: File, progress: Progress) -> Path:
    from huggingface_hub import hf_hub_download

    label = f"{source.repo}/{file.path}"
    progress(label, 0, file.size_bytes)
    bar = _bar(label, progress)
    for pause_s in (*PAUSES_S, None):
        try:
            with hub_errors(source, file.path):
                return Path(
                    hf_hub_download(
                        source.repo, file.path, revision=source.revision, tqdm_class=bar
                    )
                )
        except DownloadError as error:
            if pause_s is None or not _is_passing(error):
                raise
        time.sleep(pause_s)
    raise AssertionError("the last try returns or raises")


def _is_passing(error: DownloadError) -> bool:
    """Return whether a server failed, perhaps briefly; the Hub's client does not try again."""
    response = getattr(error.__cause__, "response", None)
    return int(getattr(response, "status_code", 0)) >= FIRST_SERVER_ERROR


@contextmanager
def hub_errors(source: HubSource, wanted: str) -> Iterator[None]:
    """Translate the errors of the Hub's client into ours, except a full disk.

    Args:
        source: the repository.
        wanted: the requested part of it.

    Raises:
        OfflineError: the Hub cannot be reached, or is not allowed to be.
        DownloadError: not found, not permitted, or broken off.

    """
    from huggingface_hub import errors

    require_sound_token()
    try:
        yield
    except errors.LocalEntryNotFoundError as error:
        cause = error.__cause__ or error
        if isinstance(cause, errors.HfHubHTTPError):
            raise _refusal(source, wanted, cause) from error
        raise OfflineError(
            f"the Hub cannot be reached to fetch {source.repo}: {first_line(cause)}",
            hint=OFFLINE,
        ) from error
    except OSError as error:
        if error.errno in FULL:
            raise
        raise _refusal(source, wanted, error) from error
    except transport_error() as error:
        raise _refusal(source, wanted, error) from error


def transport_error() -> type[Exception]:
    """Return the exception of the Hub client's HTTP library if connections keep breaking."""
    from huggingface_hub import get_session

    library = sys.modules[type(get_session()).__module__.partition(".")[0]]
    error: type[Exception] = library.HTTPError
    return error


def _bar(label: str, progress: Progress) -> type[Any]:
    """Return a progress bar class for huggingface_hub that draws nothing and reports instead."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    class Reporter(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            progress(label, int(self.n), None if self.total is None else int(self.total))

    return Reporter


def _refusal(source: HubSource, wanted: str, error: BaseException) -> DownloadError:
    """Explain why the Hub refused a file, and what a person can do about it."""
    from huggingface_hub import constants, errors

    if isinstance(error, errors.GatedRepoError):
        return DownloadError(
            f"{source.repo} is gated and you are not logged in with an account that has access",
            hint=f"accept the terms on {constants.ENDPOINT}/{source.repo}, then `hf auth login`",
        )
    if isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        return DownloadError(
            f"the Hub has no {source.repo} at revision {source.revision}, or it is private",
            hint="if it is private, run `hf auth login`",
        )
    if isinstance(error, errors.EntryNotFoundError):
        return DownloadError(f"{source.repo} has no file {wanted} at {source.revision}")
    return DownloadError(
        f"{source.repo}/{wanted} could not be fetched: {first_line(error)}",
        hint="run the command again; finished files are kept",
    )


def require_sound_token() -> None:
    """Refuse a malformed login without showing any of it.

    Raises:
        DownloadError: it holds characters that cannot be sent.

    """
    from huggingface_hub import get_token

    token = get_token()
    if token is None or (token.isascii() and token.isprintable() and " " not in token):
        return
    raise DownloadError(
        "the token of the Hub holds a character that no token has (a quotation mark, a dash or a "
        "blank of a text program?)",
        hint="set HF_TOKEN again, or run `hf auth login`",
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an exception, or its type if it is empty; never a login."""
    from huggingface_hub import get_token

    lines = str(error).strip().splitlines()
    message = lines[0] if lines else type(error).__name__
    token = get_token()
    return message.replace(token, "***") if token else message


def _verified(local: Path, file: File) -> str | None:
    """Return the sha256 of a fetched file; None if it is not the one pinned or announced.

    The Hub's cache links a file's name to a blob named by the ETag. If that is not a hash
    (a mirror may send anything), the hash of the file as it came counts from then on.
    """
    sha256, git = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    git.update(b"blob %d\0" % local.stat().st_size)
    with local.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            sha256.update(block)
            git.update(block)
    etag = local.readlink().name if local.is_symlink() else ""
    announced = {SHA256_DIGITS: sha256, GIT_BLOB_DIGITS: git}.get(len(etag))
    wanted, found = (etag, announced) if file.sha256 is None else (file.sha256, sha256)
    return None if found is not None and found.hexdigest() != wanted else sha256.hexdigest()
