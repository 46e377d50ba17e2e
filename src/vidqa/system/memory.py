"""What fits this machine.

Choices depend on what the machine has, never on what happens to be free: the same command means the
same thing twice. What is free only decides whether it is refused.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from vidqa.errors import NotEnoughMemoryError
from vidqa.system.containers import memory_limits
from vidqa.system.footprint import MemoryPlan

MEMINFO = Path("/proc/meminfo")
"""What Linux says of its memory."""


def require_memory(
    plan: MemoryPlan, smaller: Sequence[MemoryPlan], *, device: str, model: str
) -> None:
    """Refuse what a device cannot hold, before it is loaded.

    Args:
        plan: what is wanted.
        smaller: what could be done instead, the least loss first.
        device: where to.
        model: its name, for people.

    Raises:
        NotEnoughMemoryError: says what is needed, what there is, and which smaller plan would fit.

    """
    total, free = total_memory_bytes(device), free_memory_bytes(device)
    there, word = (total, "has") if plan.total_bytes > total else (free, "has free only")
    if plan.total_bytes <= there:
        return
    fitting = next((one for one in smaller if one.total_bytes <= there), None)
    raise NotEnoughMemoryError(
        f"{model} needs more memory than {device} {word}, {there / 1e9:.1f} GB: {plan}",
        hint=None if fitting is None else said_change(plan, fitting),
    )


def said_change(plan: MemoryPlan, smaller: MemoryPlan) -> str:
    """The options that make one plan the other."""
    frames = [f"--frames {smaller.frames}"] if smaller.frames != plan.frames else []
    dtype = [f"--dtype {smaller.dtype}"] if smaller.dtype != plan.dtype else []
    takes = f"{smaller.total_bytes / 1e9:.1f} GB"
    return f"add {' '.join([*frames, *dtype])}, which takes {takes}; --fit does it by itself"


def free_memory_bytes(device: str) -> int:
    """What of a device's memory nobody uses; for a CPU, what Linux could give without swapping.

    In a container, and whatever else limits memory, no more than what is left of that.
    """
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    left = [total_memory_bytes(device), *(one.free_bytes for one in memory_limits())]
    if MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        available = lines.get("MemAvailable", "").split()
        left += [int(available[0]) * 1024] if available else []
    return min(left)


def total_memory_bytes(device: str) -> int:
    """All the memory of a device; for a CPU in a container, what the container may use."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *(one.most_bytes for one in memory_limits())])
