"""What a judge is asked about an answer."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from vidqa.errors import UsageError
from vidqa.system.texts import read_text
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.scoring.score import Reply

Aspect = Literal["match", "correctness", "detail", "context", "temporal", "consistency"]
"""Whether an answer means the same as the accepted one; or one of Video-ChatGPT's five scores."""
PLACE = re.compile(r"\{(aspect|question|second_question|answer|prediction|second_prediction)\}")
JUDGED = ("open", "wups", "graded")
"""Kinds of questions that a judge is asked about."""

ABOUT = (
    "Question about a video: {question}\nCorrect answer: {answer}\nGiven answer: {prediction}\n\n"
)
ABOUT_TWO = (
    "Two questions about a video that mean the same.\nFirst question: {question}\n"
    "Second question: {second_question}\nCorrect answer to both: {answer}\n"
    "Answer given to the first: {prediction}\nAnswer given to the second: {second_prediction}\n\n"
)
WANTED = (
    'Reply with one JSON object and nothing else: {"score": N}, where N is a whole number from 0 '
    "(not at all) to 5 (fully)."
)
USUAL: Mapping[Aspect, str] = {
    "match": ABOUT
    + "Does the given answer mean the same as the correct one? Other words for the same thing, and "
    "more detail than was asked for, are fine; a different meaning is not. Reply with one JSON "
    'object and nothing else: {"pred": "yes" or "no", "score": N}, where N is a whole number from '
    "0 (nothing in common) to 5 (the same).",
    "correctness": ABOUT
    + "How far is what the given answer states true, measured by the correct one? Other words for "
    f"the same thing are fine; anything false is not. {WANTED}",
    "detail": ABOUT
    + "How complete and how specific is the given answer, measured by the correct one? It should "
    f"leave out no main point, and name particulars instead of generalities. {WANTED}",
    "context": ABOUT
    + "How well does the given answer fit what the video is about, as the correct one tells it? It "
    f"should have the same subject and add nothing foreign to it. {WANTED}",
    "temporal": ABOUT
    + "How far does the given answer have the right order and the right times of what happens, "
    f"measured by the correct one? {WANTED}",
    "consistency": ABOUT_TWO
    + "How far do the two given answers agree with each other and with the correct one? "
    f"Contradictions and differences in what they state count against them. {WANTED}",
}
"""vidqa's own words for each."""


@dataclass(frozen=True, slots=True)
class Case:
    """One answer to be judged in one respect."""

    id: str
    """The question's."""
    aspect: Aspect
    prompt: str
    answer_hash: str
    """Hash of what was answered."""

    @property
    def key(self) -> tuple[str, str]:
        """What no other case has."""
        return self.id, self.aspect

    @property
    def hash(self) -> str:
        """Hash of what is asked."""
        return hash_of(self.prompt)


def hash_of(*texts: str) -> str:
    """Return a short hash of some texts."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is put before a judge."""

    templates: Mapping[Aspect, str]
    is_official: bool = False
    """Whether the second question is the first once more, as in the official script."""

    @classmethod
    def usual(cls, *, is_official: bool = False) -> "Prompts":
        """Return vidqa's own."""
        return cls(USUAL, is_official)

    @classmethod
    def read(cls, file: Path, *, is_graded: bool, is_official: bool = False) -> "Prompts":
        """Read one for all respects: a text with `{question}`, `{answer}` and `{prediction}`.

        Args:
            file: the text.
            is_graded: whether answers are judged in several respects, which `{aspect}` names.
            is_official: as the field.

        Raises:
            UsageError: it has no place for one of them.

        """
        text = read_text(file).strip("\n")
        for name in ("question", "answer", "prediction", *(["aspect"] if is_graded else [])):
            if f"{{{name}}}" not in text:
                raise UsageError(f"{file} has no place for {{{name}}}")
        return cls(dict.fromkeys(USUAL, text), is_official)

    @property
    def hash(self) -> str:
        """Hash of them (SHA-256)."""
        return hashlib.sha256(json.dumps({**self.templates}, sort_keys=True).encode()).hexdigest()

    def cases(self, question: Question, replies: tuple[Reply, ...]) -> Iterator[Case]:
        """Yield what a judge is asked about the answers to a question."""
        if question.kind not in JUDGED:
            return
        second = question.second or ""
        parts = {
            "question": question.text,
            "second_question": question.text if self.is_official else second,
            "answer": "; or: ".join(question.accepted),
            "prediction": replies[0].text,
            "second_prediction": replies[-1].text,
        }
        for aspect in question.asks if question.kind == "graded" else ("match",):
            template = self.templates[aspect]  # type: ignore[index]
            text = PLACE.sub(partial(_part, {**parts, "aspect": aspect}), template)
            answer = hash_of(*(one.text for one in replies))
            yield Case(question.id, aspect, text, answer)  # type: ignore[arg-type]


def _part(parts: Mapping[str, str], place: re.Match[str]) -> str:
    return parts[place[1]]
