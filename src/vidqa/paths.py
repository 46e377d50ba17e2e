"""Where vidqa keeps its files. Looks nothing up and makes nothing at import."""

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """The folder of everything that can be fetched or computed again.

    `VIDQA_CACHE_DIR` when set, else the platform's user cache directory.
    """
    override = os.environ.get("VIDQA_CACHE_DIR")
    return Path(override) if override else Path(platformdirs.user_cache_dir("vidqa"))


def data_dir() -> Path:
    """The folder of the files that ship inside the package."""
    return Path(__file__).parent / "data"


def config_file() -> Path:
    """The file of the user's settings.

    In `VIDQA_CONFIG_DIR` when set, else in the platform's user configuration directory.
    """
    override = os.environ.get("VIDQA_CONFIG_DIR")
    folder = Path(override) if override else Path(platformdirs.user_config_dir("vidqa"))
    return folder / "config.toml"
