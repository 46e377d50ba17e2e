"""Where an index is."""

from pathlib import Path

from vidqa.system import paths
from vidqa.system.config import setting

NAME = "vidqa-index.sqlite"
"""The file of an index in a folder that is named."""


def index_file(named: str | None) -> Path:
    """Return the file of the index that is named: itself, or in a folder; else the user's own.

    Raises:
        UsageError: the user has no home directory.

    """
    given = named or setting("index").value
    if given is None:
        return paths.user_data_dir() / "index.sqlite"
    path = Path(given)
    return path / NAME if path.is_dir() or given.endswith(("/", "\\")) else path
