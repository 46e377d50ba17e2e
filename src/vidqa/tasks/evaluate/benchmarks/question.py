"""A question of a benchmark, whatever file it is from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Literal

from vidqa.types import Words

Kind = Literal["choice", "open", "count", "wups", "graded"]
"""How it is answered and scored: one of its options; in a word or two; by a number; in a phrase
that is compared with others by WordNet; in sentences that a judge grades."""

OfficialRule = Literal[
    "exact", "graded", "judge", "longvideobench", "mlvu", "mmmu_first", "mmmu_last", "mvbench",
    "video_mme", "wups",
]  # fmt: skip
"""How an answer is read and scored by the script that a benchmark's numbers are from."""
LETTERS = ascii_uppercase
"""The names of options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about one clip, and what its file says about it."""

    id: str
    """No other of its benchmark has it, and it is the same in every run."""
    video: str
    """What its file calls the clip."""
    clip: Path | None
    """The clip, or the folder of its frames; None if it is not there."""
    kind: Kind
    text: str
    second: str | None = None
    """The same asked in other words: both answers are compared."""
    options: tuple[str, ...] = ()
    right: int | None = None
    """Which of the options is right, from 0."""
    answers: tuple[str, ...] = ()
    """Accepted answers, where there are no options."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """By what questions are counted apart: `{"task": "action_count"}`."""
    start_s: float | None = None
    end_s: float | None = None
    """The part of the clip that is asked about, where the file names one."""
    words: Words | Path | None = None
    """The benchmark's own subtitles; None if it has none of this clip."""
    asks: tuple[str, ...] = ()
    """Of a graded one: what the judge grades."""

    @property
    def letters(self) -> str:
        """The names of its options."""
        return LETTERS[: len(self.options)]

    @property
    def accepted(self) -> tuple[str, ...]:
        """Accepted answers, or the right option."""
        return self.answers if self.right is None else (self.options[self.right],)

    @property
    def right_letter(self) -> str:
        """The name of the right option."""
        assert self.right is not None, "questions without an answer are not asked"
        return LETTERS[self.right]


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of a benchmark, and the files that they were read from."""

    items: tuple[Question, ...]
    """In the order of the files."""
    files: Mapping[str, str]
    """Hash of each file that was read (SHA-256), by its path below the folder."""
