"""Seconds and bytes on one device: medians after a warm-up, and the device's own ceilings."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What the device reaches on the two plainest jobs there are, measured in this run."""

    flop_per_s: float
    """Of a large bf16 matrix product of random numbers."""
    bytes_per_s: float
    """Of a large copy, read and written bytes together."""

    def floor(self, *, flop: float, size_bytes: float) -> tuple[float, str]:
        """The least seconds that a job can take here, and what sets them."""
        arithmetic_s, memory_s = flop / self.flop_per_s, size_bytes / self.bytes_per_s
        if arithmetic_s > memory_s:
            return arithmetic_s, "arithmetic"
        return memory_s, "bandwidth"


@dataclass(frozen=True, slots=True)
class Clock:
    """Times work on a device until the time for the whole run is over."""

    device: torch.device
    deadline_s: float
    """On `time.monotonic`: from then on nothing is repeated."""
    runs: int = 5

    @property
    def is_over(self) -> bool:
        """Nothing new should begin."""
        return time.monotonic() > self.deadline_s

    def median_s(self, work: Callable[[], object], *, after: Callable[[], object] = int) -> float:
        """Median seconds of `work`, after one run that does not count.

        Args:
            work: is waited for until the device has done it.
            after: run behind each `work` and not timed.

        """
        seconds: list[float] = []
        for run in range(1 + self.runs):
            self.wait()
            started = time.perf_counter()
            work()
            self.wait()
            if run:
                seconds.append(time.perf_counter() - started)
            after()
            if seconds and self.is_over:
                break
        return statistics.median(seconds)

    def wait(self) -> None:
        """Until the device has nothing left to do."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def forget_peak(self) -> None:
        """Begin to look for the peak of memory anew (a CPU keeps that of the process)."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def peak_gib(self) -> float:
        """Of the tensors on the device since `forget_peak`; on a CPU of the whole process."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / GIB
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB  # Linux: KiB


def measure_ceilings(clock: Clock, *, side: int, copied_bytes: int) -> Ceilings:
    """Time a product of two (side, side) matrices and a copy of `copied_bytes`."""
    left, right = (_random(side, side, clock.device) for _ in range(2))
    product_s = clock.median_s(lambda: left @ right)
    source = _random(1, copied_bytes // 2, clock.device)
    target = torch.empty_like(source)
    copy_s = clock.median_s(lambda: target.copy_(source))
    moved = 2 * source.numel() * source.element_size()
    return Ceilings(flop_per_s=2 * side**3 / product_s, bytes_per_s=moved / copy_s)


def _random(rows: int, columns: int, device: torch.device) -> Tensor:
    return torch.randn(rows, columns, device=device, dtype=torch.bfloat16)
