"""How a benchmark is asked: all that can change an answer."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from vidqa.engine import Model
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.tasks.evaluate.benchmarks.benchmark import Benchmark
from vidqa.tasks.evaluate.benchmarks.prompts import Wordings, hash_of
from vidqa.tasks.evaluate.benchmarks.question import Question, Questions
from vidqa.types import Words
from vidqa.types.generation import GenerationSettings

AnswerBy = Literal["text", "letter", "likelihood"]
"""How one of some options is answered: the model writes; the likeliest of their letters is taken
where the options are shown; or the likeliest of their texts, per token, where they are not."""
ANSWER_BY: tuple[AnswerBy, ...] = get_args(AnswerBy)
WordsOf = Literal["given", "auto", "speech", "off"]
"""Which words are shown: the benchmark's own subtitles, those that `vidqa ask` would find, what is
heard, or none."""
WORDS_OF: tuple[WordsOf, ...] = get_args(WordsOf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How the questions of a benchmark are asked."""

    benchmark: Benchmark
    wordings: Wordings
    split: str
    answer_by: AnswerBy = "text"
    is_permuted: bool = False
    """Whether options are shown in every order that turning them round gives."""
    words: WordsOf = "off"
    viewing: Viewing
    generation: GenerationSettings

    def __post_init__(self) -> None:
        if self.generation.think is not None and self.answer_by != "text":
            raise UsageError("a model thinks before it writes", hint="--answer-by text")
        if self.is_permuted and self.answer_by == "likelihood":
            raise UsageError(
                "by their likelihood options are not shown, so they have no order to --permute",
                hint="--answer-by text or letter",
            )

    def require_able(self, model: Model) -> None:
        """Refuse a model that cannot do what it is to, before it watches anything."""
        if self.generation.think is not None:
            model.require_thinking()
        if self.answer_by != "text":
            model.require_scoring()

    @property
    def prompt_hash(self) -> str:
        """Hash of what stands around the questions."""
        return hash_of(self.wordings)

    def settings(self, questions: Questions) -> dict[str, Any]:
        """Return all that two answers must have in common to be counted together."""
        return {
            "benchmark": self.benchmark.name,
            "split": self.split,
            "data_hash": data_hash(questions),
            "prompt_hash": self.prompt_hash,
            "answer_by": self.answer_by,
            "permute": self.is_permuted,
            "words": self.words,
            "blank": self.viewing.blank,
            **self.viewing.settings,
            **self.generation.settings,
        }

    def viewing_of(self, question: Question) -> Viewing:
        """Return how the clip of a question is watched."""
        part = replace(self.viewing, start_s=question.start_s, end_s=_after(question))
        if self.words != "given":
            return replace(part, subtitles=self.words)
        if isinstance(question.words, Path):
            return replace(part, subtitles=question.words)
        return replace(part, words=question.words or Words("none"))


def _after(question: Question) -> float | None:
    """Return where a question's part of the clip ends; None if it has none."""
    start_s, end_s = question.start_s, question.end_s
    if start_s is None or end_s is None or end_s > start_s:
        return end_s
    return None  # an empty part: all that follows


def data_hash(questions: Questions) -> str:
    """Return a hash of the files that questions were read from (SHA-256)."""
    return hashlib.sha256(json.dumps(questions.files, sort_keys=True).encode()).hexdigest()
