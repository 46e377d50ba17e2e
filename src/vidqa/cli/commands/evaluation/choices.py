"""The options of `vidqa eval` about benchmarks, each written once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli.run_options import Shard

Name = Annotated[
    str | None,
    typer.Option(
        "--benchmark",
        metavar="NAME",
        help="Ask the questions of a benchmark: video-chatgpt, msvd-qa, msrvtt-qa, tgif-qa, "
        "activitynet-qa, tvqa, next-qa, next-qa-open, egoschema, video-mme, mvbench, "
        "longvideobench or mlvu.",
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="With --benchmark: its official files and its clips, in folders however deep.",
    ),
]
Split = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The part of a benchmark, such as val. [default: its usual]"),
]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Only the first N questions of a benchmark."),
]
SubsetFile = Annotated[
    Path | None,
    typer.Option(
        "--subset",
        metavar="FILE",
        help="Only the questions of a benchmark whose ids are there, one a line or a JSON list; "
        "its hash is in the result.",
    ),
]
ScorerChoice = Annotated[
    str,
    typer.Option(
        "--scorer",
        metavar="own|official",
        help="own: an empty or unclear answer is wrong, nothing is guessed; official: as its own "
        "script does, with its faults, which are named.",
    ),
]
AnsweredBy = Annotated[
    str,
    typer.Option(
        "--answer-by",
        metavar="text|letter|likelihood",
        help="How one of some options is taken: text: the model writes; letter: the likeliest of "
        "their letters; likelihood: the likeliest of their texts, per token. The last two say how "
        "probable it was that an option is meant at all.",
    ),
]
Permuted = Annotated[
    bool,
    typer.Option(
        "--permute",
        help="Ask again for each way to turn the options round, and say how much their places "
        "matter.",
    ),
]
ShownWords = Annotated[
    str | None,
    typer.Option(
        "--words",
        metavar="given|auto|speech|off",
        help="With --benchmark: given: its own subtitles; auto: as `ask` finds them; speech: what "
        "is heard; off: none. [default: as its numbers usually are]",
    ),
]
PromptFile = Annotated[
    Path | None,
    typer.Option(
        "--prompt",
        metavar="FILE",
        help="With --benchmark: put questions in these words, which hold {question}, and {options} "
        "where there are some. [default: the benchmark's own]",
    ),
]
WordNetFolder = Annotated[
    Path | None,
    typer.Option(
        "--wordnet",
        metavar="FOLDER",
        help="The WordNet by which next-qa-open compares words. [default: that of NLTK]",
    ),
]

JudgeName = Annotated[
    str | None,
    typer.Option(
        "--judge",
        metavar="URL|NAME|FOLDER",
        help="Have answers in words judged: by what OpenAI's clients would ask at URL (`vidqa "
        "serve` does, OPENAI_API_KEY is sent), or by a model that is loaded here. [default: none]",
    ),
]
JudgeModel = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The model to ask at the judge's URL. [default: its only]"),
]
JudgePrompt = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What a judge is asked, with {question}, {answer} and {prediction}, and of pairs "
        "{second_question} and {second_prediction}. [default: vidqa's own words]",
    ),
]

HtmlFile = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write a page of the wrong answers there, with contact sheets of their clips and what "
        "the model was shown.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """Which benchmark, how much of it, how it is asked, and how it is scored."""

    benchmark: Name = None
    data: DataFolder = None
    split: Split = None
    limit: Limit = None
    subset: SubsetFile = None
    shard: Shard = None
    scorer: ScorerChoice = "own"
    answer_by: AnsweredBy = "text"
    permute: Permuted = False
    words: ShownWords = None
    prompt: PromptFile = None
    wordnet: WordNetFolder = None
    judge: JudgeName = None
    judge_model: JudgeModel = None
    judge_prompt: JudgePrompt = None
    html: HtmlFile = None
