"""How words and a question stand between a model's pictures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptForm:
    """How words and question stand between a model's images, in its chat template."""

    heard: str = "\nHeard: {words}\n"
    """Follows a frame at which (or since the one before) something was said."""
    unheard: str = "\n"
    """Follows every other frame."""
    question: str = "{question}"
    answer: str = "{answer}"
    """A given answer as the model itself would write it."""
    marks: tuple[str, ...] = ()
    """Plain letters that mean more to this model; text from outside may hold none of them."""
    frame: str = ""
    """Stands before a frame: `{number}` from 1, `{seconds}` and `{clock}` (mm:ss) of its time."""


DEFAULT_FORM = PromptForm()

PAPER_FORM = PromptForm(
    heard="<Cap>{words} ",
    unheard="",
    question="\n{question}",
    answer=" {answer}",
    marks=("<Img>", "</Img>", "<Cap>", "<ImageHere>", "[INST]", "[/INST]"),
)
"""What MiniGPT4-Video was trained with (`prompt.paper.templates`)."""
