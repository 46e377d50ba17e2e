"""Prompts as a model sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptSegment:
    """One frame as the model sees it, with its words."""

    time_s: float
    text: str
    """Its words, and the text on the screen, marked as such."""
    visual_tokens: int | None
    """None, like the others, where a server answers: only that counts tokens."""
    text_tokens: int | None


@dataclass(frozen=True, slots=True)
class PromptView:
    """The prompt of a clip and a question, exactly as the model sees it."""

    segments: tuple[PromptSegment, ...]
    text: str
    """Text of the whole prompt; one `<image>`-like placeholder per frame."""
    prompt_tokens: int | None
