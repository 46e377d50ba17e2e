"""Where vidqa keeps its files. Looks nothing up and makes nothing at import."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from vidqa.errors import UsageError

PACKAGE = Path(__file__).parents[1]
"""The folder of vidqa itself."""


def cache_dir() -> Path:
    """The folder of everything that can be fetched or computed again.

    `VIDQA_CACHE_DIR` when set, else the platform's user cache directory.

    Raises:
        UsageError: the user has no home directory.

    """
    return _folder("VIDQA_CACHE_DIR", platformdirs.user_cache_dir, "models are kept")


def data_dir() -> Path:
    """The folder of the files that ship inside the package."""
    return PACKAGE / "data"


def config_file() -> Path:
    """The file of the user's settings.

    In `VIDQA_CONFIG_DIR` when set, else in the platform's user configuration directory.

    Raises:
        UsageError: the user has no home directory.

    """
    folder = _folder("VIDQA_CONFIG_DIR", platformdirs.user_config_dir, "settings are kept")
    return folder / "config.toml"


def _folder(variable: str, usual: Callable[[str], str], purpose: str) -> Path:
    """What a variable says, else the usual folder, if there can be one."""
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
