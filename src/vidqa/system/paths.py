"""The folders of vidqa's files. Nothing is looked up or made at import."""

import os
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

    Raises:
        UsageError: the user has no home directory.

    """
    if "VIDQA_RUNTIME_DIR" in os.environ or "XDG_RUNTIME_DIR" in os.environ:
        return _folder("VIDQA_RUNTIME_DIR", platformdirs.user_runtime_dir, "a server is met")
    return cache_dir() / "run"  # in place of a folder in /tmp, of which platformdirs warns


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
