"""Choose the device, number format and number of threads for speech recognition."""

import ctypes
import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from vidqa.errors import UsageError

CUDA_MAJOR = 12
"""Major CUDA version that the released CTranslate2 4 is built for; it opens cuBLAS of that version,
by name, at its first multiplication."""

CUBLAS = f"libcublas.so.{CUDA_MAJOR}"

MOST_THREADS = 16
"""Threads used at most: a machine with more cores has other work for them, too."""

CPU_BATCH, CUDA_BATCH = 4, 16
"""Windows of 30 s decoded together: few keep a CPU busy, and memory grows with their number."""


@dataclass(frozen=True, slots=True)
class Place:
    """The device and settings of a recognizer."""

    device: Literal["cpu", "cuda"]
    threads: int
    index: int = 0
    """Index of the CUDA device."""
    warnings: tuple[str, ...] = ()
    """Why it is not the requested device."""

    @property
    def compute_type(self) -> str:
        """CTranslate2's number format: 8-bit integers on a CPU, 16-bit floats on a GPU."""
        return "int8" if self.device == "cpu" else "float16"

    @property
    def batch(self) -> int:
        """The number of windows decoded together."""
        return CPU_BATCH if self.device == "cpu" else CUDA_BATCH


@dataclass(frozen=True, slots=True)
class Machine:
    """The processors and libraries available to this process."""

    cores: int
    """CPU cores that this process may use."""
    gpus: int = 0
    """CUDA devices that CTranslate2 sees."""
    cublas_missing: str = ""
    """Why its cuBLAS cannot be loaded; empty if it can."""
    torch_cuda: int | None = field(default=None)
    """The major version of the CUDA libraries that torch has loaded into this process, if any."""


def place_speech(device: str, machine: Machine) -> Place:
    """Choose the device for speech recognition.

    CUDA is used only if CTranslate2 finds the libraries it was built for, and torch has not loaded
    those of another major version into the same process. Otherwise speech runs on the CPU, with a
    warning if a GPU was requested or exists. CTranslate2 does not support MPS.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        machine: the available processors and libraries.

    Raises:
        UsageError: there is no such device.

    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (index and not index.isdigit()):
        raise UsageError(f"no device is called {device!r}", hint="use one of auto, cpu, cuda, mps")
    threads = speech_threads(machine.cores)
    if kind in ("cpu", "mps") or (kind == "auto" and not machine.gpus):
        return Place("cpu", threads)
    if int(index or 0) >= machine.gpus:
        raise UsageError(f"this machine has no device {device}", hint="use --device auto")
    if reason := _why_not_cuda(machine):
        return Place("cpu", threads, warnings=(f"speech runs on the CPU: {reason}",))
    return Place("cuda", threads, int(index or 0))


def _why_not_cuda(machine: Machine) -> str:
    if machine.torch_cuda not in (None, CUDA_MAJOR):
        return (
            f"its recogniser is built for CUDA {CUDA_MAJOR} and torch has loaded "
            f"CUDA {machine.torch_cuda}"
        )
    return machine.cublas_missing and f"its recogniser needs {CUBLAS}: {machine.cublas_missing}"


def speech_threads(cores: int) -> int:
    """Return the number of threads for speech recognition.

    A worker decodes the sound at the same time, so it is left one core of more than two. Of two
    it is left none: it needs a small part of one, and an idle core would be a greater loss.
    """
    return min(MOST_THREADS, cores if cores <= 2 else cores - 1)


def probe_machine(device: str) -> Machine:
    """Probe this machine as far as it matters for a device; GPUs only if needed."""
    cores = _cores()
    if device.partition(":")[0] in ("cpu", "mps"):
        return Machine(cores)
    import ctranslate2  # type: ignore[import-untyped]

    gpus = ctranslate2.get_cuda_device_count()
    missing = _load_cublas() if gpus else ""
    return Machine(cores, gpus, missing, _loaded_torch_cuda())


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load_cublas() -> str:
    """Load CTranslate2's cuBLAS, from pip's folders if need be; return why that failed, or "".

    Once it is loaded, CTranslate2 finds it by name.
    """
    try:
        ctypes.CDLL(CUBLAS)
    except OSError as error:
        for library in _installed_cublas():
            try:
                ctypes.CDLL(str(library))
            except OSError:
                continue  # the first error says it all
            return ""
        return str(error)
    return ""


def _installed_cublas() -> list[Path]:
    """Return the cuBLAS libraries installed by NVIDIA's wheels."""
    spec = find_spec("nvidia")
    roots = map(Path, (spec.submodule_search_locations or ()) if spec else ())
    return [file for root in roots for file in sorted(root.glob(f"*/lib/{CUBLAS}"))]


def _loaded_torch_cuda() -> int | None:
    torch = sys.modules.get("torch")
    version = getattr(getattr(torch, "version", None), "cuda", None)
    return int(str(version).split(".")[0]) if version else None
