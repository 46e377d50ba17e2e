"""`vidqa find`: which clips, and where in them, something is said, read or seen."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import options
from vidqa.cli.command import Only, grouped
from vidqa.cli.commands.library.index import IndexChoice
from vidqa.cli.groups import ModelOptions, NoiseOptions, WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.finding import FindRun, HitOptions, Search
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.tasks.index import USUAL_SCORE
from vidqa.types import Words
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

Query = Annotated[
    str, typer.Argument(metavar="QUERY", help="What to find, in plain words.", show_default=False)
]
Where = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...",
        help="Search only these clips, and those in these folders.",
        show_default=False,
    ),
]
Most = Annotated[int, typer.Option("-n", metavar="N", min=1, help="Hits at most.")]
LeastScore = Annotated[
    float,
    typer.Option(
        "--min-score", metavar="P", min=0.0, max=1.0, help="How well a hit fits, at least."
    ),
]
Check = Annotated[
    str | None,
    typer.Option(
        "--check",
        metavar="QUESTION",
        help="Watch each hit again, more closely, and keep those of which a model answers yes.",
    ),
]
Threshold = Annotated[
    float,
    typer.Option(
        metavar="P", min=0.0, max=1.0, help="With --check: how likely yes must be, beside no."
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FOLDER",
        help="Cut the hits out, as clips of their own from the keyframe before each on, and write "
        "a contact sheet of them.",
        show_default=False,
    ),
]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact", help="With --save: encode the clips anew, so that they begin where they should."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="With --save: replace files.")]


@dataclass(frozen=True, kw_only=True)
class HitWishes:
    """What is done with hits."""

    check: Check = None
    threshold: Threshold = 0.5
    save: Save = None
    exact: Exact = False
    force: Force = False
    as_json: options.Json = False


@grouped
def find(
    index: IndexChoice,
    wishes: HitWishes,
    viewing: Annotated[Viewing, Only("frames")],
    load: Annotated[LoadSettings, Only("device", "dtype", "keep")],
    model: ModelOptions,
    noise: NoiseOptions,
    query: Query,
    where: Where = None,
    most: Most = 10,
    least: LeastScore = USUAL_SCORE,
) -> ExitCode:
    """Find where something is said, read or seen. Searches what `vidqa index` knows."""
    from vidqa.engine.finding.terms import terms_of

    if not terms_of(query):
        raise UsageError("there are no words to search for", hint='vidqa find "a red door"')
    if wishes.check is not None and not wishes.check.strip():
        raise UsageError("the question of --check is empty")
    watch = WatchSetup(
        model=model.model,
        load=load,
        viewing=replace(viewing, words=Words("off"), screen_text="off"),
        may_download=not model.offline,
    )
    search = Search(query, where, most, least)
    how = HitOptions(**vars(wishes))
    return FindRun(search, index.path, how, watch, StatusReporter(**vars(noise))).run()
