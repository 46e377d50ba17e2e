"""The options of commands that run over many clips, each written once."""

from pathlib import Path
from typing import Annotated

import typer

Clips = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLIP...", help="Video files, folders or quoted patterns.", show_default=False
    ),
]
ClipsAnywhere = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLIP...",
        help="Video files, folders or quoted patterns, here or at addresses such as s3://...",
        show_default=False,
    ),
]
SoundClipsAnywhere = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLIP...",
        help="Video files, files with sound alone, folders or quoted patterns, here or at "
        "addresses such as s3://...",
        show_default=False,
    ),
]
SoundClips = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLIP...",
        help="Video files, files with sound alone, folders or quoted patterns.",
        show_default=False,
    ),
]
QuestionList = Annotated[
    Path | None,
    typer.Option("--questions", metavar="FILE", help="Questions, one a line, like as many -q."),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(
        "--files-from",
        metavar="FILE|-",
        help="Clips, one a line, or ended by NUL as `find -print0` writes them; - is stdin.",
    ),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Take the folders inside folders, too.")
]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="K/N",
        help="Only the K-th of N parts of the clips; a clip's part depends on its name alone.",
    ),
]
Records = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.jsonl|FOLDER/|-",
        help="Write a record a clip and question there, each on disk before it counts; what is "
        "there already, by content and settings, is not done again. FOLDER/ gets a file a clip, in "
        "folders like those of the clips; - is stdout.",
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="With -o: do again what failed before.")
]
SaveEvidence = Annotated[
    Path | None,
    typer.Option(
        "--save-evidence",
        metavar="FOLDER",
        help="Of a long clip, cut out what supports the answers, and write a contact sheet of it.",
        show_default=False,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="With -o: do all of it anew, and replace files that are in the way."
    ),
]
Unordered = Annotated[
    bool,
    typer.Option(
        "--unordered/--ordered",
        help="Take clips as they are ready; -o is not sorted at the end. [default: ordered]",
        show_default=False,
    ),
]
Batch = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="Answer up to N clips in one forward where memory allows; other shapes round "
        "differently, so answers may differ from those with 1. With --engine: ask about N at once.",
    ),
]
