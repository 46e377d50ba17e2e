"""The options of `vidqa train` alone."""

from pathlib import Path
from typing import Annotated

import typer

ExampleFiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help='Lines of {"video": ..., "question": ..., "answer": ...}; or what --layout says.',
        show_default=False,
    ),
]
Base = Annotated[
    str,
    typer.Option(
        metavar="NAME|FOLDER", help="The model to begin with: the starter, the paper's, a folder."
    ),
]
TrainedFolder = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Where the model goes; the same command again goes on with what was begun there.",
    ),
]
Layout = Annotated[
    str,
    typer.Option(
        metavar="jsonl|cmd|webvid|videoinstruct|pairs",
        help="How the files are written: plain lines, or as the paper's data sets are published.",
    ),
]
Videos = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where the clips of a published data set are."),
]
SubtitleFolder = Annotated[
    Path | None, typer.Option("--subtitle-folder", metavar="FOLDER", help="And their subtitles.")
]
KeptApart = Annotated[
    Path | None,
    typer.Option(
        "--eval", metavar="FILE", help="Examples to look at while training, not to learn from."
    ),
]
PaperStage = Annotated[
    str | None,
    typer.Option(
        metavar="pretrain|align|video",
        help="With --recipe paper: whose rates and lengths. [default: video]",
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="How long. [default: 3 times through the clips, at least 60]"
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch", metavar="N", min=1, help="Clips at once on a device. [default: up to 4]"
    ),
]
Accumulate = Annotated[
    int, typer.Option(metavar="N", min=1, help="Batches a step, where memory is short.")
]
Rate = Annotated[
    float | None,
    typer.Option(metavar="R", min=0, help="The highest learning rate. [default: 5e-4]"),
]
LoraRank = Annotated[
    int | None, typer.Option("--rank", metavar="N", min=1, help="Rank of the LoRA. [default: 8]")
]
SaveEvery = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, help="Save a checkpoint and evaluate on --eval every N steps."
    ),
]
Checkpointing = Annotated[
    bool,
    typer.Option(
        "--gradient-checkpointing", help="Less memory, a third more time: compute layers twice."
    ),
]
TrainDtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        metavar="auto|float32|bfloat16|float16",
        help="What matrices are multiplied in; what is learned stays in float32.",
    ),
]
TrainSeed = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Of the order and of all chance.")
]
