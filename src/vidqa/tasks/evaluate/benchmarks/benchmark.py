"""The benchmarks, by name: what is read, how it is asked, and how it is scored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vidqa.errors import UsageError
from vidqa.tasks.evaluate.benchmarks import (
    ego_schema,
    graded,
    lettered,
    next_qa,
    short_answers,
    tgif,
    video_mme,
)
from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.prompts import Wording, Wordings
from vidqa.tasks.evaluate.benchmarks.question import (
    LETTERS,
    Kind,
    OfficialRule,
    Question,
    Questions,
)

Read = Callable[..., Iterator[Question]]
"""Reads a folder: `read(data, split, by_place=...)`."""
UsualWords = Literal["given", "off"]
"""Words that a benchmark's numbers are usually for: its own subtitles, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark."""

    name: str
    title: str
    read: Read
    wordings: Wordings
    split: str = "test"
    """The part that is usually asked."""
    has_splits: bool = True
    """Whether there are others."""
    words: UsualWords = "off"
    mean_over: str | None = None
    """A category whose values weigh the same, as in its own tables; None: questions do."""
    has_whole: bool = True
    """Whether one number stands for all of it."""
    official: OfficialRule = "exact"
    """How its authors, or the script that everybody uses, read an answer."""

    def questions(
        self, folder: Path, split: str | None = None, *, by_place: bool = False
    ) -> Questions:
        """Read its questions.

        Args:
            folder: with its official files and clips, however deep they lie.
            split: the part; None: the usual one.
            by_place: take answers in parallel lists by their places, as official scripts do.

        Raises:
            UsageError: a file is missing, or not as it should be.

        """
        if not self.has_splits and split not in (None, self.split):
            raise UsageError(f"{self.title} has no split {split!r}", hint="leave --split out")
        data = Data(folder)
        items = tuple(self.read(data, split or self.split, by_place=by_place))
        _require_distinct(items)
        if not items:
            raise UsageError(f"no question of {self.title} in {folder} has a published answer")
        return Questions(items, dict(sorted(data.read.items())))


def _require_distinct(items: Sequence[Question]) -> None:
    seen = set[str]()
    for one in items:
        if one.id in seen:
            raise UsageError(f"two questions are called {one.id}")
        if len(one.options) > len(LETTERS):
            raise UsageError(f"question {one.id} has {len(one.options)} options")
        seen.add(one.id)


DIRECTLY = "{question}\n{options}\nAnswer with the option's letter from the given choices directly."
IN_A_PHRASE = "{question}\nAnswer the question using a single word or phrase."
BEST_OPTION = "Question: {question}\nOptions:\n{options}\nOnly give the best option."
BEST_ANSWER = (
    "Select the best answer to the following multiple-choice question based on the video. Respond "
    "with only the letter ({letters}) of the correct option.\n{question}\n{options}\n"
    "The best answer is:"
)
BY_A_NUMBER = "{question}\nAnswer with a number only."

_LETTER: dict[Kind, Wording] = {"choice": Wording(DIRECTLY)}
_PHRASE: dict[Kind, Wording] = {"open": Wording(IN_A_PHRASE, asks=True)}
_BRACKETS: dict[Kind, Wording] = {"choice": Wording(BEST_OPTION, "({letter}) {option}")}

_ALL = (
    Benchmark(
        name="video-chatgpt",
        title="Video-ChatGPT, generative",
        read=graded.read_video_chatgpt,
        has_splits=False,
        wordings={"graded": Wording()},
        official="graded",
    ),
    Benchmark(
        name="msvd-qa",
        title="MSVD-QA",
        read=short_answers.read_msvd,
        wordings=_PHRASE,
    ),
    Benchmark(
        name="msrvtt-qa",
        title="MSRVTT-QA",
        read=short_answers.read_msrvtt,
        wordings=_PHRASE,
    ),
    Benchmark(
        name="tgif-qa",
        title="TGIF-QA",
        read=tgif.read_tgif,
        wordings={**_LETTER, **_PHRASE, "count": Wording(BY_A_NUMBER)},
        has_whole=False,
        official="mmmu_last",
    ),
    Benchmark(
        name="activitynet-qa",
        title="ActivityNet-QA",
        read=short_answers.read_activitynet,
        wordings=_PHRASE,
    ),
    Benchmark(
        name="tvqa",
        title="TVQA",
        read=lettered.read_tvqa,
        wordings=_LETTER,
        split="val",
        words="given",
        official="mmmu_last",
    ),
    Benchmark(
        name="next-qa",
        title="NExT-QA, multiple choice",
        read=next_qa.read_choices,
        wordings=_LETTER,
        official="mmmu_last",
    ),
    Benchmark(
        name="next-qa-open",
        title="NExT-QA, open-ended",
        read=next_qa.read_open,
        wordings={"wups": Wording("{question}\nAnswer in a few words.")},
        official="wups",
    ),
    Benchmark(
        name="egoschema",
        title="EgoSchema, the 500 with answers",
        read=ego_schema.read_ego_schema,
        wordings=_LETTER,
        official="mmmu_first",
    ),
    Benchmark(
        name="video-mme",
        title="Video-MME",
        read=video_mme.read_video_mme,
        wordings={"choice": Wording(BEST_ANSWER.replace("{letters}", "A, B, C, or D"))},
        official="video_mme",
    ),
    Benchmark(
        name="mvbench",
        title="MVBench",
        read=lettered.read_mvbench,
        has_splits=False,
        wordings=_BRACKETS,
        mean_over="task",
        official="mvbench",
    ),
    Benchmark(
        name="longvideobench",
        title="LongVideoBench",
        read=lettered.read_longvideobench,
        wordings=_LETTER,
        split="val",
        words="given",
        official="longvideobench",
    ),
    Benchmark(
        name="mlvu",
        title="MLVU, multiple choice",
        read=lettered.read_mlvu,
        wordings=_BRACKETS,
        split="dev",
        mean_over="task",
        official="mlvu",
    ),
)
BENCHMARKS = {one.name: one for one in _ALL}


def find_benchmark(name: str) -> Benchmark:
    """Return a benchmark by name. Raises UsageError: there is none."""
    if name not in BENCHMARKS:
        raise UsageError(f"there is no benchmark {name!r}", hint=f"one of {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
