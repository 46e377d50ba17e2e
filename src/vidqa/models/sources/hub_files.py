"""Find the files of a model in a repository of the Hub, if the registry names none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from vidqa.errors import DownloadError, OfflineError
from vidqa.models.gate import BESIDE, SAFE, WEIGHTS
from vidqa.models.sources.hub import OFFLINE, hub_errors
from vidqa.models.spec import File, HubSource

CONFIG = "config.json"


def listed(source: HubSource) -> HubSource:
    """Name the files and pin the commit of a source, as the Hub currently lists them.

    Raises:
        OfflineError: the Hub cannot be reached, or is not allowed to be.
        DownloadError: not found, not permitted, or no weights that can be loaded safely.

    """
    from huggingface_hub import HfApi

    try:
        with hub_errors(source, "its list of files"):
            info = HfApi().model_info(source.repo, revision=source.revision, files_metadata=True)
    except DownloadError as error:
        if isinstance(error, OfflineError) or hasattr(error.__cause__, "response"):
            raise
        raise OfflineError(error.message, hint=OFFLINE) from error  # no answer
    files = [_file(one) for one in info.siblings or () if _is_wanted(one.rfilename)]
    if not any(WEIGHTS.fullmatch(file.path) for file in files):
        raise DownloadError(
            f"{source.repo} has no weights as safetensors in the layout of transformers",
            hint=SAFE,
        )
    return replace(source, revision=info.sha or source.revision, files=tuple(files))


def fetch_config(source: HubSource) -> Path:
    """Fetch the configuration of a repository, before any of its large files.

    Raises: as `listed` does.

    """
    from huggingface_hub import hf_hub_download

    with hub_errors(source, CONFIG):
        return Path(hf_hub_download(source.repo, CONFIG, revision=source.revision))


def _is_wanted(path: str) -> bool:
    return bool(WEIGHTS.fullmatch(path) or BESIDE.fullmatch(path))


def _file(sibling: Any) -> File:
    large = sibling.lfs
    return File(sibling.rfilename, sibling.size or 0, None if large is None else large.sha256)
