"""Whether a server would answer as the command itself: the same model, settings and version."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vidqa.serve.socket.address import VARIABLE
from vidqa.system import paths
from vidqa.system.config import SETTINGS
from vidqa.system.version import __version__
from vidqa.types.loading import LoadSettings

ENVIRONMENT = ("ATEN_", "CUDA_", "MKL_", "OMP_", "OPENBLAS_", "VIDQA_")
"""How variables begin that change how numbers are computed, or what is kept."""
COMPARED = frozenset(
    {
        *(VARIABLE, "VIDQA_RUNTIME_DIR", "VIDQA_CACHE_DIR", "VIDQA_DATA_DIR", "VIDQA_CONFIG_DIR"),
        *(f"VIDQA_{name.upper()}" for name in SETTINGS if name != "keep"),
    }
)
"""Variables that only say where a server is met, or whose meaning is compared itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command would load, as far as it is known without torch."""

    model: str | None
    """As named or set; None takes the best that is cached."""
    load: Mapping[str, Any]
    frames: int | None
    """Of a clip, where that is known: memory is planned for as many."""
    caches: int
    """How often memory holds a clip."""
    version: str
    cache: str
    """The folder of models and of what is kept."""
    environment: Mapping[str, str]
    cores: int
    """That it may use: sums are split among them."""

    @classmethod
    def by(
        cls, model: str | None, load: LoadSettings, *, frames: int | None, caches: int
    ) -> "Wanted":
        """Return what this process would load."""
        if model is not None and Path(model).is_dir():
            model = str(Path(model).absolute())
        environment = {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(ENVIRONMENT) and name not in COMPARED
        }
        cache = str(paths.cache_dir().absolute())
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        load_as = asdict(load)
        return cls(model, load_as, frames, caches, __version__, cache, environment, cores)

    def differs(self, mine: "Wanted") -> str | None:
        """Return why a server that loaded `mine` answers otherwise, as far as settings go."""
        if self.version != mine.version:
            return f"it is of version {mine.version}"
        load, environment = (
            ", ".join(sorted(name for name in {*one, *other} if one.get(name) != other.get(name)))
            for one, other in ((self.load, mine.load), (self.environment, mine.environment))
        )
        if load:
            return f"it was started with other options ({load})"
        if environment:
            return f"it was started with another environment ({environment})"
        if self.cache != mine.cache:
            return f"its cache is {mine.cache}"
        if self.cores != mine.cores:
            return f"it may use {mine.cores} cores"
        if self.caches > mine.caches:
            return "it planned less memory"
        if self.frames is not None and mine.frames is not None and self.frames > mine.frames:
            return f"it planned memory for {mine.frames} frames"
        return None
