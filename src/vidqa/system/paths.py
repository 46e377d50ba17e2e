"""The folders of vidqa's files. Nothing is looked up or made at import."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import platformdirs

from vidqa.errors import UsageError

PACKAGE = Path(__file__).parents[1]
"""Folder of vidqa's own code."""


def cache_dir() -> Path:
    """Return the folder of everything that can be downloaded or computed again.

    It is `VIDQA_CACHE_DIR` if set, else the platform's user cache directory.

    Raises:
        UsageError: the user has no home directory.

    """
    return _folder("VIDQA_CACHE_DIR", platformdirs.user_cache_dir, "models are kept")


def user_data_dir() -> Path:
    """Return the folder of what was made of the user's clips, and is wanted again.

    Raises:
        UsageError: the user has no home directory.

    """
    return _folder("VIDQA_DATA_DIR", platformdirs.user_data_dir, "the index is kept")


def runtime_dir() -> Path:
    """Return the folder of what is there as long as a process runs: the server's socket.

    It is `VIDQA_RUNTIME_DIR` if set, else in the folder of the user's login. Where there is none,
    as in containers and for cron, it is in the cache.

    Raises:
        UsageError: the user has no home directory.

    """
    if override := os.environ.get("VIDQA_RUNTIME_DIR"):
        return Path(override)
    login = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    return login / "vidqa" if login.is_absolute() and is_own(login) else cache_dir() / "run"


def is_own(folder: Path) -> bool:
    """Return whether only the user can write, read and enter a folder."""
    try:
        status = folder.stat()
    except OSError:
        return False
    is_private = stat.S_IMODE(status.st_mode) & 0o077 == 0
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and is_private


def data_dir() -> Path:
    """Return the folder of the files that are part of the package."""
    return PACKAGE / "data"


def config_file() -> Path:
    """Return the file of the user's settings.

    It is in `VIDQA_CONFIG_DIR` if set, else in the platform's user configuration directory.

    Raises:
        UsageError: the user has no home directory.

    """
    folder = _folder("VIDQA_CONFIG_DIR", platformdirs.user_config_dir, "settings are kept")
    return folder / "config.toml"


def _folder(variable: str, usual: Callable[[str], str], purpose: str) -> Path:
    """Return the folder in a variable, else the usual one. Raises UsageError: no home directory."""
    if override := os.environ.get(variable):
        return Path(override)
    try:
        folder = Path(usual("vidqa"))
    except RuntimeError:  # no home directory
        folder = Path()
    if not folder.is_absolute():  # older releases of platformdirs leave a `~` in it
        raise UsageError(
            f"there is no home directory in which {purpose}",
            hint=f"set {variable} to a folder that can be written",
        )
    return folder
