"""Read small JSON files that come with a model."""

from pathlib import Path
from typing import Any

from vidqa.errors import ModelDamagedError
from vidqa.system.texts import from_json


def read_object(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        ModelDamagedError: it cannot be read, or it holds something else.

    """
    try:
        found = from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"{file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ModelDamagedError(f"{file} holds no JSON object")
    return found
