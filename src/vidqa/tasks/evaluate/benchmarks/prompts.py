"""How questions are put: in each benchmark's own words, or in those of a file."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.system.texts import read_text
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Kind, Question

PLACE = re.compile(r"\{(question|options)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands around a question and its options."""

    template: str = "{question}"
    """Holds `{question}`, and `{options}` where there are some: one a line."""
    option: str = "{letter}. {option}"
    asks: bool = False
    """Whether a question is made to begin with a capital and to end with a question mark."""

    def put(self, text: str, options: tuple[str, ...] = ()) -> str:
        """Return a question in these words."""
        if self.asks:
            text = f"{text[:1].upper()}{text[1:].rstrip('?')}?"
        lines = (
            self.option.replace("{letter}", letter, 1).replace("{option}", option, 1)
            for letter, option in zip(LETTERS, options, strict=False)
        )
        parts = {"question": text, "options": "\n".join(lines)}
        return PLACE.sub(lambda match: parts[match[1]], self.template)


Wordings = Mapping[Kind, Wording]
"""Of the questions of one benchmark, by how they are answered."""


def hash_of(wordings: Wordings) -> str:
    """Return a hash of all that stands around questions (SHA-256)."""
    written = json.dumps({kind: asdict(one) for kind, one in wordings.items()}, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def read_wording(file: Path, usual: Wordings) -> Wordings:
    """Return the wording of a file for all kinds of questions, options as they are usually written.

    Raises:
        UsageError: it has no place for the question, or none for options that there are.

    """
    template = read_text(file).strip("\n")
    for name in ("question", *(["options"] if "choice" in usual else [])):
        if f"{{{name}}}" not in template:
            raise UsageError(f"{file} has no place for {{{name}}}")
    return {kind: Wording(template, one.option) for kind, one in usual.items()}


def prompts_of(question: Question, wordings: Wordings, options: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is asked: one prompt, or two where the same is asked in other words.

    Args:
        question: the question.
        wordings: what stands around it.
        options: its options, in the order in which they are shown.

    """
    wording = wordings[question.kind]
    texts = (question.text, *([question.second] if question.second else []))
    return tuple(wording.put(text, options) for text in texts)
