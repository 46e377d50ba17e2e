"""Choose the model, device and dtype of a command if its options name none."""

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import StatusReporter
from vidqa.errors import ModelMissingError
from vidqa.models.registry import DEFAULT_MODEL
from vidqa.system import paths
from vidqa.system.config import setting
from vidqa.types.loading import LoadSettings

if TYPE_CHECKING:
    from vidqa.engine import RemoteModel
    from vidqa.models.spec import ModelSpec
    from vidqa.models.store.store import Store


ADVISED = "advised"
"""Name of an empty file in the cache directory, as old as the last advice on better models."""
DAY_S = 86_400


def settled(name: str, option: str | None, default: str) -> str:
    """Return an option, else the user's setting of that name, else a default."""
    return option or setting(name).value or default


def settled_model(
    option: str | None, device: str, reporter: StatusReporter, *, may_download: bool = True
) -> str:
    """Return the model named or set, else the best cached one that fits the machine.

    Args:
        option: the value of `--model`.
        device: the device that it will run on.
        teller: reports why a model was chosen.
        may_download: whether a person may be offered a download.

    Raises:
        ModelMissingError: none is named, set or cached, and nobody can be asked.

    """
    if named := option or setting("model").value:
        return named
    silence_libraries()  # they read the environment on import
    from vidqa.models.choose import best_cached, choose_model, offered, this_machine

    try:
        choice = choose_model(device)
    except ModelMissingError:
        is_person = sys.stdin.isatty() and sys.stderr.isatty()
        if not (is_person and may_download) or best_cached(device) is not None:
            raise
        specs = offered(this_machine(device))
        if not specs:
            raise
        return _ask_person(specs, reporter)
    advice = f"; {choice.better}" if choice.better and is_time_for_advice() else ""
    reporter.note(f"{choice.name}: {choice.why}{advice}")
    return choice.name


def connected(
    url: str,
    model: str | None,
    load: LoadSettings,
    reporter: StatusReporter,
    *,
    per_minute: float | None,
    **how: Any,
) -> "RemoteModel":
    """Reach the server that is to answer, and say what is sent there. Raises as `connect` does."""
    keep_libraries_off_the_network()
    silence_libraries()
    from vidqa.engine.remote.connect import connect

    found = connect(url, model, load, per_minute=per_minute, on_wait=reporter.note, **how)
    reporter.note(f"frames and words are sent to {found.server.place}: {found.name}")
    return found


def likely_model(option: str | None, store: "Store") -> str | None:
    """Return what `settled_model` will return if anything; None if torch must be asked first.

    Args:
        option: the value of `--model`.
        store: the cache.

    """
    from vidqa.models.choose import cached

    if named := option or setting("model").value:
        return named
    names = cached(store)
    return names[0] if len(names) == 1 else None


def is_person() -> bool:
    """Return whether somebody reads stderr as it comes."""
    return sys.stderr.isatty()


def is_time_for_advice(name: str = ADVISED, every_s: float = DAY_S) -> bool:
    """Return whether a person reads stderr and has not had some advice for as long.

    Args:
        name: of an empty file in the cache directory, as old as the last time.
        every_s: seconds.

    """
    if not is_person():
        return False
    mark = paths.cache_dir() / name
    with suppress(OSError):  # it was never given, or nobody can know
        if time.time() - mark.stat().st_mtime < every_s:
            return False
    with suppress(OSError):  # a full or read-only disk: the advice is repeated
        mark.touch()
    return True


def previewed_model(option: str | None, reporter: StatusReporter) -> str:
    """Return a model as `settled_model` does, or the default one: a preview needs no weights.

    Args:
        option: the value of `--model`.
        teller: reports which model's settings were taken, and why.

    """
    if named := option or setting("model").value:
        return named
    silence_libraries()
    from vidqa.models.choose import best_cached

    choice = best_cached(settled("device", None, "auto"))
    if choice is None:
        reporter.note(f"{DEFAULT_MODEL}: its settings are taken, as no model is in the cache")
        return DEFAULT_MODEL
    reporter.note(f"{choice.name}: {choice.why}")
    return choice.name


def _ask_person(specs: "list[ModelSpec]", reporter: StatusReporter) -> str:
    """Let a person choose a model, and download it."""
    from rich.console import Console
    from rich.prompt import IntPrompt

    from vidqa.cli.render.download import fetch_model
    from vidqa.models.inventory import status

    console = Console(stderr=True, highlight=False, markup=False)
    console.print("No model is in the cache. These fit this machine:")
    for number, spec in enumerate(specs, start=1):
        size = status(spec.name).download_bytes / 1e9
        console.print(f"  {number}  {spec.name}, {size:.1f} GB: {spec.summary}")
    choices = [str(number) for number in range(1, len(specs) + 1)]
    number = IntPrompt.ask("Download which one", console=console, choices=choices, default=1)
    name = specs[number - 1].name
    fetch_model(name, offline=False, reporter=reporter)
    return name
