"""How clips are summed up."""

from dataclasses import dataclass
from typing import Literal, get_args

from vidqa.types.generation import MAX_NEW_TOKENS
from vidqa.types.options import option, require_declared

Length = Literal["none", "short", "medium", "long"]
"""How much is said of a clip: nothing beside its chapters, a sentence, a paragraph, a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySettings:
    """What a summary says; each field is an option of the command and of Python."""

    length: Length | None = option(
        None,
        "How much is said of a clip: nothing beside its chapters, a sentence, a paragraph, a page. "
        "[default: medium; with -f ffmetadata none]",
        metavar="none|short|medium|long",
        choices=get_args(Length),
    )
    chapters: bool = option(
        False,
        "Also cut it into chapters: those in the file, else at pauses, shots and where what is "
        "spoken of changes. The model gives titles, never times.",
    )
    instructions: str | None = option(
        None, 'What it is to keep to, such as "for a blind listener".', metavar="TEXT"
    )
    language: str | None = option(
        None,
        "Language to answer in, such as de. [default: as the model likes]",
        names=("--answer-language",),
        record="answer_language",
        metavar="CODE",
    )
    grounding: bool = option(
        False,
        "Say what each sentence rests on: seen, heard, both, or a guess; scores it again with less "
        "shown. Titles are not looked at.",
    )
    strict: bool = option(False, "As --grounding, but guesses are left out and counted.")
    max_new_tokens: int | None = option(None, **MAX_NEW_TOKENS)

    def __post_init__(self) -> None:
        require_declared(self)
