"""The options of the commands, each written once."""

from pathlib import Path
from typing import Annotated

import typer

WORDS = "CLIP... QUESTION"
"""How the words of `vidqa ask` are named in its help."""


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar=WORDS,
        help="Video files, folders or quoted patterns, here or at addresses such as s3://..., then "
        "the question. With -q there is no question among them.",
        show_default=False,
    ),
]
Questions = Annotated[
    list[str] | None,
    typer.Option(
        "--question", "-q", metavar="TEXT", help="A question; repeatable; `-` reads one from stdin."
    ),
]
IndexFile = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="FILE|FOLDER/",
        help="The index: a file, or a folder that holds one. A folder of clips can be moved "
        "together with its index. [default: as set, else one in the user's data]",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|OWNER/NAME|FOLDER",
        help="The model to ask: one of `models list`, a repository of the Hub that was pulled, or "
        "a folder. [default: as set, else the best in the cache that this machine holds]",
    ),
]
LineWidth = Annotated[
    int | None,
    typer.Option(
        "--max-line-width",
        metavar="N",
        min=1,
        help="Characters in each of the two lines of a cue, in SRT and WebVTT. [default: 42]",
    ),
]
CueSeconds = Annotated[
    float | None,
    typer.Option(
        "--max-cue-seconds",
        metavar="S",
        min=0.1,
        help="How long a cue is shown at most, in SRT and WebVTT; longer ones are split between "
        "words. [default: 7]",
    ),
]
Choices = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Answer with one of these, the most likely per token. Exit status 0: the first one "
        "won; 1: another did.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        min=0.0,
        max=1.0,
        help="With --choices: answer `unsure`, exit status 3, if the best one is less likely "
        "than this.",
    ),
]
WhatItRestsOn = Annotated[
    bool,
    typer.Option(
        "--grounding",
        help="Report whether the answer rests on the pictures, the words, both, or is a guess; "
        "runs the model up to three more times.",
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Never touch the network, and offer no download.")
]
PullOffline = Annotated[
    bool, typer.Option("--offline", help="Never touch the network: only check and put together.")
]
DoctorOffline = Annotated[
    bool, typer.Option("--offline", help="Do not ask whether the index and the Hub answer.")
]
DoctorModel = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="NAME|FOLDER", help="The model to show the bundled clip to."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="Ask a server that speaks OpenAI's protocol, such as vLLM: frames and words of the "
        "clips are sent there. --model is then the name of one of its models. [default: its only "
        "one]",
        show_default=False,
    ),
]
EngineRate = Annotated[
    float | None,
    typer.Option(
        "--engine-rate",
        metavar="N",
        min=0.001,
        help="With --engine: make no more than N requests a minute.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Timings = Annotated[
    bool, typer.Option("--timings", help="Say where the time went; with --json as `timings_s`.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="More about what was done on stderr.")]
NoServer = Annotated[
    bool,
    typer.Option("--no-server", help="Load the model here, even if `vidqa serve` has it loaded."),
]
ShowPrompt = Annotated[
    bool,
    typer.Option("--show-prompt", help="Show what the model saw: frames, words, token counts."),
]
TranscriptWords = Annotated[
    str,
    typer.Option(
        "--subtitles",
        metavar="speech|auto|FILE",
        help="speech: listen, whatever there is to read; auto: take a subtitle file beside the "
        "clip, else a track inside it, else listen; a subtitle file: only convert it.",
    ),
]
TranscriptScreen = Annotated[
    str,
    typer.Option(
        "--screen-text",
        metavar="off|auto|on",
        help="Write down the text in the pictures too, marked as such: on: look at a frame a "
        "second; auto: look at 8 frames, and at up to 64 if one of them holds text.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="txt|srt|vtt|json",
        help="txt: a line a cue; json: an object a line, one a cue and one about the whole. "
        "[default: what the output's name says, else txt]",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|FOLDER/|-",
        help="Write here instead of to stdout; a file appears when it is complete. A folder gets a "
        "file a clip, in folders like those of the clips; what is there already, by content and "
        "settings, is not made again.",
    ),
]
VideoClip = Annotated[
    str | None, typer.Argument(metavar="[CLIP]", help="A video file.", show_default=False)
]
ChatIndex = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="FILE|FOLDER/",
        help="In place of a clip: choose the clip of this index that a question is about.",
        show_default=False,
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.png|FOLDER/",
        help="Draw all frames of a clip on one picture, words below. A folder gets a picture a "
        "clip; what is there already, by content and settings, is not made again.",
    ),
]
SaveFrames = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FOLDER",
        help="Write each frame there, as large as it is, named by its time in seconds: 12.345.png. "
        "Of several clips, each gets a folder in it.",
    ),
]
FontFile = Annotated[
    Path | None,
    typer.Option(
        "--font",
        metavar="FILE",
        help="A TrueType or OpenType font for the words. [default: a plain one with few letters]",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
PreviewModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="Whose numbers of frames and words. [default: as for `ask`]",
    ),
]
Checkpoint = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="What the authors released, a .pth file.")
]
AddedFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Configuration, weights, tokenizer, processor.")
]
AddedName = Annotated[
    str, typer.Option("--as", metavar="NAME", help="What `--model` will call it.")
]
Tower = Annotated[
    Path,
    typer.Option(
        "--tower",
        metavar="FILE|FOLDER",
        help="eva_vit_g.pth, or the folder of a BLIP-2 model, which has the same tower.",
    ),
]
DecoderFolder = Annotated[
    Path,
    typer.Option(
        "--decoder",
        metavar="FOLDER",
        help="Llama-2-7b-chat or Mistral-7B-Instruct-v0.2, whichever it was trained with.",
    ),
]
ModelFolder = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to; must not be there.")
]
KeepAdapter = Annotated[
    bool,
    typer.Option("--keep-adapter", help="Keep the LoRA beside the decoder, not merged into it."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As in `models list`.")]
QuestionFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE.jsonl",
        help='Lines of {"video": ..., "question": ..., "answer": ...}; videos are found beside it.',
        show_default=False,
    ),
]
ResultFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.jsonl|FILE.json",
        help="Write every answer there. Of a benchmark: the result, and beside it the answers, as "
        "FILE.jsonl, by which the same command goes on where it was interrupted.",
    ),
]
Against = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.jsonl", help="Compare, question by question, with what -o wrote before."
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="pictures|words",
        help="Hide the pictures or the words from the model, to measure how much it relies on "
        "them; repeatable.",
    ),
]
