"""The model whose answers are counted: loaded here, or that of a server."""

from typing import Any

from vidqa.cli.groups import EngineOptions
from vidqa.cli.model_choice import connected, settled_model
from vidqa.cli.render.status import StatusReporter
from vidqa.types.loading import LoadSettings


def asked_model(
    named: str | None,
    load: LoadSettings,
    engine: EngineOptions,
    reporter: StatusReporter,
    *,
    frames: int | None,
) -> Any:
    """Return it.

    Args:
        named: as typed.
        load: how it is loaded.
        engine: the server, if one is to answer.
        reporter: is told what is done.
        frames: how many memory is planned for.

    Raises:
        VidqaError: as `engine.load` and `engine.connect` do.

    """
    from vidqa import engine as engines

    if engine.engine is not None:
        rate = engine.engine_rate
        return connected(engine.engine, named, load, reporter, per_minute=rate)
    name = settled_model(named, load.device, reporter)
    reporter.stage("load")
    return engines.load(name, load, frames=frames, on_plan=reporter.plan)
