"""Fetch files of a Hugging Face Hub repository; they stay in the Hub's own cache."""

from pathlib import Path

from vidqa.errors import DownloadError, OfflineError
from vidqa.registry import HubSource
from vidqa.weights.marker import Stamp, sha256_of, stamp
from vidqa.weights.wheel import Progress


def fetch_hub(source: HubSource, progress: Progress) -> list[Stamp]:
    """Download the files of one revision with huggingface_hub and check those whose hash is known.

    `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and a login are huggingface_hub's and respected.

    Raises:
        OfflineError: the Hub cannot be reached, or is not allowed to be.
        DownloadError: not found, not permitted, or not the pinned bytes.

    """
    return [_fetch_file(source, index, progress) for index in range(len(source.files))]


def _fetch_file(source: HubSource, index: int, progress: Progress) -> Stamp:
    from huggingface_hub import errors, hf_hub_download

    file = source.files[index]
    progress(f"{source.repo}/{file.path}", 0, file.size_bytes)
    page = f"https://huggingface.co/{source.repo}"
    try:
        local = Path(hf_hub_download(source.repo, file.path, revision=source.revision))
    except errors.GatedRepoError as error:
        raise DownloadError(
            f"{source.repo} is gated and this account has no access",
            hint=f"accept its terms on {page}, then run `hf auth login`",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise DownloadError(
            f"the Hub has no {source.repo} at {source.revision}, or it is private",
            hint="check the name, or run `hf auth login`",
        ) from error
    except errors.EntryNotFoundError as error:
        if isinstance(error, errors.LocalEntryNotFoundError):
            raise OfflineError(f"the Hub cannot be reached to fetch {source.repo}") from error
        raise DownloadError(f"{source.repo} has no file {file.path}") from error
    except errors.OfflineModeIsEnabled as error:
        raise OfflineError(f"HF_HUB_OFFLINE is set and {source.repo} is not cached") from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise DownloadError(f"{source.repo}/{file.path} could not be fetched: {error}") from error
    return _checked(local, file.sha256, f"{source.repo}/{file.path}")


def _checked(local: Path, sha256: str | None, label: str) -> Stamp:
    """Hash a fetched file; where no hash is pinned, the one found now holds from here on."""
    target = local.resolve()
    digest = sha256_of(target)
    if sha256 is not None and digest != sha256:
        target.unlink()
        raise DownloadError(f"{label} is not the pinned file: wanted sha256 {sha256}, got {digest}")
    return stamp(local.parent, str(local), digest)
