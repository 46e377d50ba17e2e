"""Plan memory before a model is loaded, and report plainly if it runs out all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from vidqa.errors import ModelUnsupportedError, NotEnoughMemoryError
from vidqa.models.spec import ModelSpec
from vidqa.network.measure import measure, measure_frame
from vidqa.network.opening import formats_of
from vidqa.network.reading import CPU_ALLOCATOR, reading
from vidqa.system.footprint import CACHES, MemoryPlan, plan_memory, smaller_plans
from vidqa.system.memory import free_memory_bytes, require_memory, said_change
from vidqa.system.number_formats import FULL


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that answering takes, and settings that would take less."""

    plan: MemoryPlan
    smaller: tuple[MemoryPlan, ...]
    wanted: MemoryPlan
    """The plan requested; `plan` differs if it was reduced to fit."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """A warning if the plan was reduced."""
        if self.plan == self.wanted:
            return ()
        return (f"reduced to fit the memory: {self.plan}; requested were {self.wanted}",)

    def fitted(self, device: str) -> "Memory":
        """Choose the first plan that fits the free memory; the one requested if none does."""
        there = free_memory_bytes(device)
        plans = (self.plan, *self.smaller)
        fitting = next((one for one in plans if one.total_bytes <= there), self.plan)
        return replace(self, plan=fitting)

    def require(self, *, device: str, model: str) -> None:
        """Raise if the plan does not fit. See `system.memory.require_memory`."""
        require_memory(self.plan, self.smaller, device=device, model=model)

    @contextmanager
    def errors(self, model: str) -> Iterator[None]:
        """Report plainly that memory ran out, and what to try instead."""
        try:
            yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise self._ran_out(model) from error
        except RuntimeError as error:
            if CPU_ALLOCATOR not in str(error):
                raise
            raise self._ran_out(model) from error

    def _ran_out(self, model: str) -> NotEnoughMemoryError:
        hint = said_change(self.plan, self.smaller[0]) if self.smaller else None
        return NotEnoughMemoryError(
            f"{model} ran out of memory; planned were {self.plan}",
            hint=hint or "use --device cpu, or a smaller model",
        )


@contextmanager
def _small_pictures(folder: Path) -> Iterator[None]:
    """Report plainly that a processor's settings make pictures too large for any machine."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and CPU_ALLOCATOR not in str(error):
            raise
        raise ModelUnsupportedError(
            f"the processor in {folder} makes pictures too large for this machine"
        ) from error


def plan_for(
    spec: ModelSpec,
    folder: Path,
    processor: Any,
    *,
    device: str,
    dtype: str,
    frames: int | None,
    caches: int = CACHES,
    kv_cache: str = FULL,
    by_transformers: bool = False,
) -> Memory:
    """Plan the memory that a model in a folder takes for one clip and question."""
    with reading(folder), _small_pictures(folder):
        frame = measure_frame(processor, spec.family.image_kwargs, **spec.family.processor_kwargs)
        footprint = measure(folder, frame)
    sizes: dict[str, Any] = {
        "words": spec.max_words,
        "new_tokens": spec.max_new_tokens,
        "caches": caches,
        "kv_cache": kv_cache,
        "formats": formats_of(folder, device, by_transformers=by_transformers),
    }
    wanted = plan_memory(footprint, dtype=dtype, frames=frames or spec.frames, **sizes)
    smaller = smaller_plans(footprint, wanted, **sizes)
    return Memory(wanted, tuple(smaller), wanted)
