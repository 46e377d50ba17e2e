"""Which model, device and dtype a command takes where its options name none."""

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from vidqa.cli.quiet import silence_libraries
from vidqa.cli.render.status import Teller
from vidqa.errors import ModelMissingError
from vidqa.models.registry import DEFAULT_MODEL
from vidqa.system import paths
from vidqa.system.config import setting

if TYPE_CHECKING:
    from vidqa.models.spec import ModelSpec


ADVISED = "advised"
"""In the cache directory: an empty file, as old as the last word about better models."""
DAY_S = 86_400


def settled(name: str, option: str | None, default: str) -> str:
    """An option, else the user's setting of that name, else a default."""
    return option or setting(name).value or default


def settled_model(
    option: str | None, device: str, teller: Teller, *, may_download: bool = True
) -> str:
    """The model named or set, else the best one in the cache that the machine holds.

    Args:
        option: what `--model` says.
        device: what it will compute on.
        teller: told why a model was chosen.
        may_download: whether a person may be offered a download.

    Raises:
        ModelMissingError: none is named, set or in the cache, and nobody is there to be asked.

    """
    if named := option or setting("model").value:
        return named
    silence_libraries()  # they look at the environment when they are imported
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
        return _ask_person(specs, teller)
    advice = f"; {choice.better}" if choice.better and _is_time_for_advice() else ""
    teller.note(f"{choice.name}: {choice.why}{advice}")
    return choice.name


def _is_time_for_advice() -> bool:
    """Whether a person reads along who was not told of better models for a day."""
    if not sys.stderr.isatty():
        return False
    mark = paths.cache_dir() / ADVISED
    try:
        if time.time() - mark.stat().st_mtime < DAY_S:
            return False
    except OSError:  # never yet
        pass
    with suppress(OSError):  # a full or read-only disk: it is said again
        mark.touch()
    return True


def previewed_model(option: str | None, teller: Teller) -> str:
    """As `settled_model`; but what a model would see can be told before there is any.

    Args:
        option: what `--model` says.
        teller: told which model's settings were taken, and why.

    """
    if named := option or setting("model").value:
        return named
    silence_libraries()
    from vidqa.models.choose import best_cached

    choice = best_cached(settled("device", None, "auto"))
    if choice is None:
        teller.note(f"{DEFAULT_MODEL}: its settings are taken, as no model is in the cache")
        return DEFAULT_MODEL
    teller.note(f"{choice.name}: {choice.why}")
    return choice.name


def _ask_person(specs: "list[ModelSpec]", teller: Teller) -> str:
    """Let a person choose what to download; it is fetched at once."""
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
    fetch_model(name, offline=False, teller=teller)
    return name
