"""Examine an installation, from Python's version to an answer about the bundled clip."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING

from vidqa.errors import ModelError
from vidqa.models.registry import DEFAULT_MODEL, MODELS, find_model
from vidqa.models.resolve import find_local
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.tasks.doctor import connections, devices, libraries
from vidqa.tasks.doctor.cache import check_folder, check_models
from vidqa.tasks.doctor.finding import Check, Finding, run_check

if TYPE_CHECKING:
    from vidqa.tasks.doctor.demo_clip import Demo


def examine(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    offline: bool = False,
    store: Store | None = None,
    notify: Callable[[str], object] = lambda _name: None,
    more: Iterable[tuple[str, Check]] = (),
) -> Iterator[Finding]:
    """Yield findings as they are found. Nothing is downloaded or fixed.

    Args:
        model: a preset, or a folder that `vidqa models convert` wrote.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        offline: do not use the network.
        store: the model cache; the user's by default.
        notify: called with the name of every check when it begins.
        more: other checks, by their names, which come first.

    Raises:
        UsageError: no such model; raised before anything is checked.

    """
    store = store or Store()
    try:
        local = find_local(model, store)
        spec = find_model(model) if local is None else local.spec
    except ModelError as error:  # missing or damaged: the rest can still be checked
        yield Finding(f"model {model}", "failing", error.message, error.hint)
        model, spec = DEFAULT_MODEL, MODELS[DEFAULT_MODEL]
    own = _checks(spec, model, device=device, offline=offline, store=store)
    for name, check in chain(more, own):
        notify(name)
        yield from run_check(name, check)


def _checks(
    spec: ModelSpec, model: str, *, device: str, offline: bool, store: Store
) -> Iterator[tuple[str, Check]]:
    """Yield every check with its name, prerequisites first."""
    yield "python", libraries.check_python
    for library in libraries.LIBRARIES:
        yield library.package, partial(libraries.check_library, library)
    yield "other libraries", libraries.check_others
    yield "device", partial(devices.check_devices, device)
    yield devices.SPEECH, devices.check_speech_device
    yield "cache", partial(check_folder, store, model)
    yield "models", partial(check_models, store)
    yield "package index", partial(connections.check_index, model, offline=offline)
    yield "hub", partial(connections.check_hub, offline=offline)
    yield from _stages(spec, model, device, store)


def _stages(spec: ModelSpec, model: str, device: str, store: Store) -> Iterator[tuple[str, Check]]:
    """Yield the stages of the bundled clip; imported late, as their libraries may be broken."""

    @cache
    def demo() -> "Demo":
        from vidqa.tasks.doctor.demo_clip import Demo

        return Demo(spec, model, device, store)

    yield "decode", lambda: demo().decode()
    yield "speech", lambda: demo().speech()
    yield "load", lambda: demo().load()
    yield "answer", lambda: demo().answer()
