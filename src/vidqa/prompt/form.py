"""The prompt form: the text between a model's images."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptForm:
    """The texts around a model's images, words and question, in its chat template."""

    heard: str = "\nHeard: {words}\n"
    """Text after a frame with words (said at it, or since the frame before)."""
    unheard: str = "\n"
    """Text after a frame without words."""
    read: str = "On the screen: {words}\n"
    """Text behind those words with what was read in the pictures, if anything was."""
    question: str = "{question}"
    answer: str = "{answer}"
    """Text of a given answer as the model itself would write it."""
    marks: tuple[str, ...] = ()
    """Plain strings that this model reads as control tokens; user text must not contain them."""
    frame: str = ""
    """Text before a frame: `{number}` from 1, `{seconds}` and `{clock}` (mm:ss) of its time."""


DEFAULT_FORM = PromptForm()

PAPER_FORM = PromptForm(
    heard="<Cap>{words} ",
    unheard="",
    read="<Cap>On the screen: {words} ",
    question="\n{question}",
    answer=" {answer}",
    marks=("<Img>", "</Img>", "<Cap>", "<ImageHere>", "[INST]", "[/INST]"),
)
"""Prompt form that MiniGPT4-Video was trained with (`prompt.paper.templates`)."""
