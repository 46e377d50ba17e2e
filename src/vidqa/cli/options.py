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
        help="Video files, folders or quoted patterns, then the question. With -q there is no "
        "question among them.",
        show_default=False,
    ),
]
Questions = Annotated[
    list[str] | None,
    typer.Option(
        "--question", "-q", metavar="TEXT", help="A question; repeatable; `-` reads one from stdin."
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
Frames = Annotated[
    int | None,
    typer.Option(
        "--frames",
        metavar="N",
        min=1,
        max=100_000,
        help="Frames to look at. [default: the model's own]",
    ),
]
Recipe = Annotated[
    str,
    typer.Option(
        metavar="vidqa|paper",
        help="How frames and words are shown: over the whole clip; or, to the paper's models, "
        "exactly as its authors did.",
    ),
]
Sample = Annotated[
    str | None,
    typer.Option(
        "--sample",
        metavar="uniform|scene|keyframes|fps:N|paper",
        help="Which frames: evenly spread; one a shot; at keyframes, quick on hours of video; N a "
        "second; or as in the paper. [default: uniform]",
    ),
]
Start = Annotated[
    str | None,
    typer.Option("--start", metavar="TIME", help="Begin here: seconds, mm:ss or hh:mm:ss."),
]
End = Annotated[
    str | None, typer.Option("--end", metavar="TIME", help="End here: seconds, mm:ss or hh:mm:ss.")
]
Subtitles = Annotated[
    str,
    typer.Option(
        metavar="FILE|auto|speech|off",
        help="The words: a subtitle file; auto: one beside the clip, else a track inside it, "
        "else speech recognition; speech: listen in any case; off: none.",
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help="Language of the words, such as en or English: the speech's, and that of the "
        "subtitles to read; auto: detected. "
        "[default: detected]",
    ),
]
TaskName = Annotated[
    str,
    typer.Option(
        "--task",
        metavar="transcribe|translate",
        help="Take speech down as it is, or in English; only speech models of many languages "
        "translate.",
    ),
]
TextTrack = Annotated[
    str | None,
    typer.Option(
        "--text-track",
        metavar="N|CODE",
        help="Read this text track of the clip, by the number that `vidqa info` shows or by "
        "language. [default: the one that holds most of what is said]",
    ),
]
AudioTrack = Annotated[
    str | None,
    typer.Option(
        "--audio-track",
        metavar="N|CODE",
        help="Listen to this sound of the clip, by the number that `vidqa info` shows or by "
        "language. [default: the one that a player takes]",
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
Speech = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The model that listens; see `models list`. [default: the model's own]",
    ),
]
DecoderName = Annotated[
    str,
    typer.Option(
        "--decoder",
        metavar="auto|pyav|decord",
        help="What reads the frames; decord is refused where its frame numbers are wrong.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="auto|cpu|cuda[:N]|mps", help="Where to compute. [default: as set, else auto]"
    ),
]
Dtype = Annotated[
    str | None,
    typer.Option(
        metavar="auto|float32|bfloat16|float16|int8|int4",
        help="The number format; the last two store the decoder so, with vidqa[quantize]. "
        "[default: as set, else auto]",
    ),
]
Fit = Annotated[
    bool,
    typer.Option(
        "--fit",
        help="Where memory is short, look at fewer frames or take a smaller number format instead "
        "of refusing; the answer says so.",
    ),
]
MaxNewTokens = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="The longest answer, in tokens. [default: the model's own]"
    ),
]
Temperature = Annotated[
    float,
    typer.Option(
        metavar="T",
        min=0,
        help="0 gives the same answer every time; more draws.",
    ),
]
TopP = Annotated[
    float,
    typer.Option(
        metavar="P",
        min=0,
        max=1,
        help="Draw only among the likeliest tokens of this share.",
    ),
]
Seed = Annotated[
    int, typer.Option(metavar="N", min=0, max=2**63 - 1, help="Of the draws, with --temperature.")
]
Choices = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Take the likeliest of these answers, per token; status 0 if it is the first one, "
        "1 if it is another.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        min=0.0,
        max=1.0,
        help="With --choices: answer `unsure`, status 3, where none is as likely as this.",
    ),
]
WhatItRestsOn = Annotated[
    bool,
    typer.Option(
        "--grounding",
        help="Say what the answer rests on: seen, heard, both, or a guess; asks again with less.",
    ),
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Keep nothing of the clips on disk, and use nothing kept."),
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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Timings = Annotated[
    bool, typer.Option("--timings", help="Say where the time went; with --json as `timings_s`.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="More about what was done on stderr.")]
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
VideoClip = Annotated[str, typer.Argument(metavar="CLIP", help="A video file.")]
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
    Path,
    typer.Argument(
        metavar="FILE.jsonl",
        help='Lines of {"video": ..., "question": ..., "answer": ...}; videos are found beside it.',
        show_default=False,
    ),
]
ResultFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE.jsonl", help="Write every answer there."),
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
        help="Keep these from the model, to learn what it makes of the rest; repeatable.",
    ),
]
