"""What fits this machine. Decides by what the machine has, never by what happens to be free."""

import os
from pathlib import Path

from vidqa.errors import NotEnoughMemoryError, UsageError

DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps")
DTYPES = ("auto", "float32", "bfloat16", "float16")
CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux tells a container how much memory it may use (cgroup v2, v1)."""


def choose_device(wanted: str) -> str:
    """Turn `auto` into the best device there is, and check that a named one is there.

    Raises:
        UsageError: no such device on this machine; nothing falls back in silence.

    """
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and (kind != "cuda" or not index.isdigit())):
        raise UsageError(f"no device is called {wanted!r}", hint=f"use one of {', '.join(DEVICES)}")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(index or 0) >= there:
        raise UsageError(f"this machine has no device {wanted}", hint="use --device auto")
    return wanted


def choose_dtype(wanted: str, device: str) -> str:
    """Turn `auto` into the number format that the device computes fast in.

    Raises:
        UsageError: no such format.

    """
    if wanted not in DTYPES:
        raise UsageError(f"no dtype is called {wanted!r}", hint=f"use one of {', '.join(DTYPES)}")
    if wanted != "auto":
        return wanted
    if device != "cpu":
        return "bfloat16"
    import torch

    # without 512-bit vectors a CPU emulates bfloat16 and is slower than in float32
    return "bfloat16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "float32"


def check_memory(needed_bytes: int, device: str, model: str) -> None:
    """Refuse a model that the device could not hold even if it did nothing else.

    Raises:
        NotEnoughMemoryError: says what is needed and what there is.

    """
    total = total_memory_bytes(device)
    if needed_bytes > total:
        raise NotEnoughMemoryError(
            f"{model} needs {needed_bytes / 1e9:.1f} GB of memory, "
            f"{device} has {total / 1e9:.1f} GB"
        )


def total_memory_bytes(device: str) -> int:
    """All the memory of a device; for a CPU in a container, what the container may use."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in CGROUP_LIMITS if path.is_file()]
    return min([physical, *(int(limit) for limit in limits if limit.isdigit())])
