"""Choose the model if none is named: the best cached one that fits the machine."""

from dataclasses import dataclass, replace

from vidqa.errors import ModelMissingError
from vidqa.models.installed import parts
from vidqa.models.inventory import is_complete
from vidqa.models.registry import BEST_FIRST, DEFAULT_MODEL, MODELS
from vidqa.models.sources.fetch import download_bytes
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.system.devices import choose_device, choose_dtype
from vidqa.system.footprint import MemoryPlan, plan_memory
from vidqa.system.memory import total_memory_bytes


@dataclass(frozen=True, slots=True)
class Machine:
    """The device that models must fit, with its total memory, never only what is free."""

    device: str
    dtype: str
    memory_bytes: int

    def __str__(self) -> str:
        """Return the device and its memory, for people."""
        return f"{self.device} ({self.memory_bytes / 1e9:.0f} GB)"

    def plan(self, spec: ModelSpec) -> MemoryPlan | None:
        """Plan the memory of a model at its own settings; None if its sizes are not known."""
        if spec.footprint is None:
            return None
        return plan_memory(
            spec.footprint,
            dtype=self.dtype,
            frames=spec.frames,
            words=spec.max_words,
            new_tokens=spec.max_new_tokens,
        )

    def holds(self, spec: ModelSpec) -> bool:
        """Return whether a model fits."""
        plan = self.plan(spec)
        return plan is not None and plan.total_bytes <= self.memory_bytes

    def suits(self, spec: ModelSpec) -> bool:
        """Return whether a model fits, and answers within a time that a person waits."""
        return self.holds(spec) and (spec.on_cpu or self.device != "cpu")


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen model, and the reason."""

    name: str
    why: str
    better: str = ""
    """The model that would answer better, and what it needs; empty if there is none."""


def this_machine(device: str = "auto") -> Machine:
    """Return the device that would compute. Raises as `system.devices.choose_device` does."""
    chosen = choose_device(device)
    return Machine(chosen, choose_dtype("auto", chosen), total_memory_bytes(chosen))


def choose_model(device: str = "auto", *, store: Store | None = None) -> Choice:
    """Choose the best cached model that fits the machine.

    Args:
        device: as in `engine.load`.
        store: the cache; the user's by default.

    Raises:
        ModelMissingError: there is none; names a model to pull, and its size.

    """
    machine = this_machine(device)
    names = cached(store or Store())
    for name in names:
        if machine.suits(MODELS[name]):
            better = [MODELS[one] for one in BEST_FIRST[: BEST_FIRST.index(name)]]
            return Choice(name, _taken(machine), _better(better, machine))
    unfit = f" that suits {machine}: {', '.join(names)} would be slow or too large" if names else ""
    raise ModelMissingError(f"no model is in the cache{unfit}", hint=_offer(machine))


def best_cached(device: str = "auto", *, store: Store | None = None) -> Choice | None:
    """Choose as `choose_model` does, to look ahead; None if no model is in the cache.

    If there is only one, the machine is not examined, so torch is not needed.
    """
    store = store or Store()
    names = cached(store)
    if not names:
        return None
    if len(names) == 1:
        return Choice(names[0], "the only one in the cache")
    try:
        return choose_model(device, store=store)
    except ModelMissingError as error:
        return Choice(names[0], error.message)


def offered(machine: Machine) -> list[ModelSpec]:
    """Return the models that suit the machine, the smallest download first."""
    suited = [MODELS[name] for name in BEST_FIRST if machine.suits(MODELS[name])]
    return sorted(suited, key=_download_bytes)


def cached(store: Store) -> list[str]:
    """Return the names of the complete presets in the cache, the best first."""
    return [name for name in BEST_FIRST if is_complete(MODELS[name], store)]


def _taken(machine: Machine) -> str:
    return f"the best in the cache for {machine}"


def _better(better: list[ModelSpec], machine: Machine) -> str:
    """Describe the model that would answer better, and what it needs."""
    suited = next((one for one in better if machine.suits(one)), None)
    if suited is not None:
        size = _download_bytes(suited) / 1e9
        return f"{suited.name} is better: vidqa models pull {suited.name} ({size:.1f} GB)"
    if not better:
        return ""
    # a model too slow for a CPU is meant for a GPU, and computes in 16 bits there
    there = machine if machine.device != "cpu" else replace(machine, dtype="bfloat16")
    plans = [(plan.total_bytes, one.name) for one in better if (plan := there.plan(one))]
    least, name = min(plans)
    where = "memory" if machine.device != "cpu" else "GPU memory"
    return f"better ones need more: {name} {least / 1e9:.1f} GB of {where}"


def _offer(machine: Machine) -> str:
    suited = offered(machine)
    smallest = MODELS[DEFAULT_MODEL]
    best = max(suited, key=lambda one: -BEST_FIRST.index(one.name), default=smallest)
    named = dict.fromkeys([smallest.name, best.name])
    return " or ".join(
        f"vidqa models pull {name} ({_download_bytes(MODELS[name]) / 1e9:.1f} GB)" for name in named
    )


def _download_bytes(spec: ModelSpec) -> int:
    return sum(map(download_bytes, parts(spec)))
