"""The golden files: those beside this file, or another set made the same way (`VIDQA_GOLDEN`)."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

FOLDER = Path(os.environ.get("VIDQA_GOLDEN") or Path(__file__).parent / "golden")
LLMS = ("llama", "mistral")


@cache
def facts(name: str) -> Any:
    """A JSON file, by its name without suffix."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def tensors(name: str) -> dict[str, Tensor]:
    """A safetensors file, by its name without suffix."""
    return load_file(FOLDER / f"{name}.safetensors")
