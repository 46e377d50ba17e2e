"""`vidqa index`: put clips into an index, and look after it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from vidqa.cli import options, run_options
from vidqa.cli.command import Only, grouped
from vidqa.cli.groups import ClipOptions, ModelOptions, NoiseOptions, WatchSetup
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.cli.runs.indexing import IndexOptions, IndexRun
from vidqa.media.viewing import Viewing
from vidqa.system.file_systems import is_there
from vidqa.tasks.index.files import index_file
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.tasks.index.entries import Known, Place

DEFAULT = "add"
"""The command that is meant where none is named."""
TITLES = ("clip", "lasts", "words", "windows", "captions by", "meanings by")


class IndexGroup(TyperGroup):
    """Commands about an index; what is none of them is the clips to add."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """Read `index clips/ --words-only` as `index add clips/ --words-only`."""
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = [DEFAULT, *args]
        return super().parse_args(context, args)


app = typer.Typer(
    cls=IndexGroup,
    help="Make clips searchable, for `vidqa find`. `vidqa index CLIP...` is short for "
    "`vidqa index add CLIP...`.",
    no_args_is_help=True,
)

WordsOnly = Annotated[
    bool,
    typer.Option(
        "--words-only", help="Index what is said and read; no model looks at the pictures."
    ),
]
Embeddings = Annotated[
    str | None,
    typer.Option(
        "--embeddings",
        metavar="NAME|off",
        help="The model that compares what texts mean; see `models list`; off: none. "
        "[default: minilm, if it was pulled]",
    ),
]


Unreachable = Annotated[
    bool, typer.Option("--force", help="Forget those whose folder is gone, too.")
]


@dataclass(frozen=True, kw_only=True)
class IndexChoice:
    """Which index."""

    file: options.IndexFile = None

    @property
    def path(self) -> Path:
        """Its file."""
        return index_file(self.file)


@app.command(DEFAULT)
@grouped
def add(
    clips: ClipOptions,
    index: IndexChoice,
    viewing: Annotated[Viewing, Only("subtitles", "language", "screen_text", "frames")],
    load: Annotated[LoadSettings, Only("device", "dtype", "speech", "keep")],
    model: ModelOptions,
    noise: NoiseOptions,
    words: run_options.SoundClips = None,
    words_only: WordsOnly = False,
    embeddings: Embeddings = None,
) -> ExitCode:
    """Add clips to the index. Those that are in it, by content and settings, are not done again."""
    from vidqa.media.endings import SOUND, VIDEO

    found = clips.find(words, suffixes=VIDEO | SOUND)
    how = IndexOptions(
        file=index.path,
        watch=WatchSetup(
            model=model.model, load=load, viewing=viewing, may_download=not model.offline
        ),
        embeddings=embeddings,
        words_only=words_only,
    )
    return IndexRun(found, how, StatusReporter(**vars(noise))).run()


@app.command("list")
@grouped
def list_clips(index: IndexChoice, as_json: options.Json = False) -> ExitCode:
    """List the clips of the index, and what is known of each."""
    from vidqa.tasks.index.library import Library

    with Library(index.path) as library, library.reading():
        if not as_json:
            put_columns(TITLES)
        known, counts = {one.id: one for one in library.every()}, library.counts()
        for place in library.places():
            one, count = known[place.content], counts[place.content]
            if as_json:
                put(json.dumps(_record(place.path, one, *count)) + "\n")
            else:
                put_columns(_cells(place.path, one, *count))
    return ExitCode.ANSWERED


@app.command()
@grouped
def prune(index: IndexChoice, force: Unreachable = False) -> ExitCode:
    """Forget clips that are gone. Those of a disk that is not there stay."""
    from vidqa.tasks.index.library import Library

    Library(index.path).close()  # what does not exist is not made
    with Library(index.path, writes=True) as library:
        gone, kept = library.prune(unreachable=force)
    reporter = StatusReporter()
    reporter.note(f"{counted(gone, 'clip')} forgotten")
    if kept:
        clips = counted(kept, "clip")
        reporter.note(f"{clips} whose folder is gone, too, stay; --force forgets them")
    return ExitCode.ANSWERED


@app.command()
@grouped
def verify(index: IndexChoice) -> ExitCode:
    """Check that the index is whole, and that its clips are as they were."""
    from vidqa.tasks.index.library import Library

    with Library(index.path) as library:
        library.check()
        bad = list(_changed(library.places()))
    for state, path in bad:
        put_columns((state, str(path)))
    if bad:
        return ExitCode.SOME_CLIPS_FAILED
    put_columns(("ok", str(index.path)))
    return ExitCode.ANSWERED


def _changed(places: Iterable["Place"]) -> Iterator[tuple[str, Path]]:
    for place in places:
        if not place.is_same:
            yield "changed" if is_there(place.path) else "gone", place.path


def _record(path: Path, known: "Known", windows: int, words: int) -> dict[str, Any]:
    return {
        "video": str(path),
        "fingerprint": known.fingerprint,
        "duration_s": round(known.duration_s, 3),
        "words_source": known.source,
        "words": words,
        "windows": windows,
        "seen": known.seen and json.loads(known.seen),
        "compared": known.compared,
    }


def _cells(path: Path, known: "Known", windows: int, words: int) -> list[str]:
    return [
        printable(str(path)),
        str(timedelta(seconds=round(known.duration_s))),
        str(words),
        str(windows),
        json.loads(known.seen)["model"] if known.seen else "-",
        known.compared or "-",
    ]
