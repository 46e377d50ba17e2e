"""Hours that a benchmark takes on one GPU, by arithmetic: nothing here was measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from vidqa.models.presets.hub import MODERN
from vidqa.system.footprint import Footprint

QUESTION_TOKENS = 120
"""Tokens of a question with its options."""
ANSWER_TOKENS = 4
"""Tokens of an answer, most of which are a letter or a word."""
LONG_ANSWER_TOKENS = 120
"""Tokens of an answer that is graded."""
FRAMES_PER_S = 33.0
"""Frames that a CPU decodes in a second where they are far apart (torchcodec's own table)."""
USED = 0.4
"""Part of a GPU's operations that prompts are read with."""
USED_BYTES = 0.6
"""Part of a GPU's bandwidth that answers are written with."""
BF16_BYTES = 2


@dataclass(frozen=True, slots=True)
class Gpu:
    """What its maker says of it."""

    name: str
    flop_per_s: float
    """In bfloat16, dense."""
    bytes_per_s: float


GPUS = (Gpu("RTX 4090", 165e12, 1.01e12), Gpu("H100 SXM", 989e12, 3.35e12))
PRESETS = ("qwen3-vl-2b", "qwen3-vl-8b")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked; of tasks whose clips were not counted, each question has its own."""

    videos: int
    questions: int
    is_long: bool = False
    """Whether answers are sentences."""


SIZES = {
    "video-chatgpt": Size(500, 3000, is_long=True),
    "msvd-qa": Size(520, 13_157),
    "msrvtt-qa": Size(2990, 72_821),
    "tgif-qa": Size(25_751, 25_751),
    "activitynet-qa": Size(800, 8000),
    "tvqa": Size(15_253, 15_253),
    "next-qa": Size(8564, 8564),
    "next-qa-open": Size(9178, 9178),
    "egoschema": Size(500, 500),
    "video-mme": Size(900, 2700),
    "mvbench": Size(4000, 4000),
    "longvideobench": Size(1337, 1337),
    "mlvu": Size(2174, 2174),
}
"""Published numbers of questions, and of videos where they are known."""


def hours(size: Size, sizes: Footprint, frames: int, gpu: Gpu) -> float:
    """Return the hours of a benchmark with one model on one GPU.

    Clips are decoded while others are read, so the slower of both counts; every question is read
    behind its clip, and every token of an answer takes all weights from memory.
    """
    tower = sizes.other_parameters - 2 * sizes.vocabulary * sizes.text_width
    read = 2 * sizes.block_parameters * frames * sizes.frame_tokens
    seen = 2 * max(0, tower) * frames * sizes.patches
    clip_s = max((read + seen) / (gpu.flop_per_s * USED), frames / FRAMES_PER_S)
    weights = BF16_BYTES * (sizes.block_parameters + sizes.vocabulary * sizes.text_width)
    tokens = LONG_ANSWER_TOKENS if size.is_long else ANSWER_TOKENS
    question_s = 2 * sizes.block_parameters * QUESTION_TOKENS / (gpu.flop_per_s * USED)
    question_s += tokens * weights / (gpu.bytes_per_s * USED_BYTES)
    return (size.videos * clip_s + size.questions * question_s) / 3600


def table() -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    known = {one.name: one for one in MODERN if one.name in PRESETS}
    columns = [(name, gpu) for name in PRESETS for gpu in GPUS]
    heads = " | ".join(f"`{name}`, {gpu.name}" for name, gpu in columns)
    yield f"| `--benchmark` | videos | questions | {heads} |"
    yield "|---" * (3 + len(columns)) + "|"
    for name, size in SIZES.items():
        cells = []
        for preset, gpu in columns:
            footprint = known[preset].footprint
            assert footprint is not None, "presets have one"
            cells.append(f"{hours(size, footprint, known[preset].frames, gpu):.1f}")
        yield f"| `{name}` | {size.videos:,} | {size.questions:,} | {' | '.join(cells)} |"
