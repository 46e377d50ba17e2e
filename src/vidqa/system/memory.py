"""Memory of this machine, and refusal of what does not fit.

Choices depend on the total memory, never on what happens to be free: the same command does the
same thing every time. Free memory only decides whether it is refused.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from vidqa.errors import NotEnoughMemoryError
from vidqa.system.containers import memory_limits
from vidqa.system.footprint import MemoryPlan

MEMINFO = Path("/proc/meminfo")
"""File of Linux's memory statistics."""


def require_memory(
    plan: MemoryPlan, smaller: Sequence[MemoryPlan], *, device: str, model: str
) -> None:
    """Refuse a plan that does not fit a device, before anything is loaded.

    Args:
        plan: the plan requested.
        smaller: the alternatives, the least loss first.
        device: the device to load to.
        model: the model's name, for the message.

    Raises:
        NotEnoughMemoryError: states the memory needed, the memory there is, and a smaller plan
            that fits.

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
    """Return the options that change one plan into the other."""
    frames = [f"--frames {smaller.frames}"] if smaller.frames != plan.frames else []
    dtype = [f"--dtype {smaller.dtype}"] if smaller.dtype != plan.dtype else []
    takes = f"{smaller.total_bytes / 1e9:.1f} GB"
    return f"add {' '.join([*frames, *dtype])}, which takes {takes}; --fit does it by itself"


def free_memory_bytes(device: str) -> int:
    """Return a device's free memory; for a CPU, what Linux can give without swapping.

    In a container, or under any other memory limit, no more than is left of the limit.
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
    """Return a device's total memory; for a CPU in a container, the container's limit."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.get_device_properties(device).total_memory)
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *(one.most_bytes for one in memory_limits())])
