"""Recipes: choose the frames and words that a model is shown, vidqa's way or the authors'.

| | `vidqa` | `paper` |
|---|---|---|
| frames | evenly over the whole clip | every n-th from the first; up to half of a clip unseen |
| words | each cue to the frame at or after its start; none is lost | as the inference script |
| too many words | a budget shared along the whole clip | later ones are dropped |
| too long a prompt | fewer words, then fewer frames | the beginning is cut off |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

from vidqa.errors import UsageError
from vidqa.prompt.interleave import FittedWords, align, fit_words
from vidqa.prompt.paper.captions import asked_captions, trained_captions
from vidqa.prompt.paper.limits import Budget, Numbering
from vidqa.types import Cue, Segment

RecipeName = Literal["vidqa", "paper"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to show a clip to a model."""

    name: RecipeName
    max_words: int
    paper: Budget | None = None
    """The authors' limits; set by the recipe `paper` only."""
    is_training: bool = False
    """Whether to follow the authors' training, whose words and repeated last frame differ."""

    @property
    def sampling(self) -> str:
        """The name of the frame sampler."""
        return "uniform" if self.paper is None else "paper"

    @property
    def window(self) -> int | None:
        """The last tokens of a longer prompt that are read; None: it is not cut."""
        return None if self.paper is None else self.paper.context_tokens

    @property
    def exact_pixels(self) -> bool:
        """Whether frames are scaled down from full size, which takes longer to transfer."""
        return self.paper is not None

    def place(
        self,
        times_s: Sequence[float],
        cues: Sequence[Cue],
        numbering: Numbering | None,
        max_words: int,
    ) -> FittedWords:
        """Assign the words to the frames.

        Args:
            times_s: times of the frames shown, increasing.
            cues: in order of time.
            numbering: numbers of the same frames; without it `paper` places words as `vidqa` does.
            max_words: the most words to show.

        """
        if self.paper is None or numbering is None:
            return fit_words(align(times_s, cues), max_words)
        captions = trained_captions if self.is_training else asked_captions
        return _place_as_released(times_s, cues, numbering, max_words, captions)


class ShownModel(Protocol):
    """The properties of a model that a recipe depends on."""

    @property
    def name(self) -> str:
        """The name shown to users."""

    @property
    def max_words(self) -> int:
        """The most words to show."""

    @property
    def paper(self) -> Budget | None:
        """The authors' limits, if it is one of their models."""

    @property
    def reads_screen(self) -> bool:
        """Whether it is shown the text in the pictures unless that is turned off."""


def choose_recipe(name: str, spec: ShownModel) -> Recipe:
    """Return the recipe of that name for a model.

    Raises:
        UsageError: there is no such recipe, or it is not for this model.

    """
    if name not in get_args(RecipeName):
        raise UsageError(f"--recipe {name!r}: no such recipe", hint="use vidqa or paper")
    if name == "paper" and spec.paper is None:
        raise UsageError(
            f"--recipe paper is for the paper's own models, and {spec.name} is not one of them",
            hint="vidqa models list",
        )
    paper = spec.paper if name == "paper" else None
    return Recipe(cast(RecipeName, name), paper.max_words if paper else spec.max_words, paper)


def _place_as_released(
    times_s: Sequence[float],
    cues: Sequence[Cue],
    numbering: Numbering,
    max_words: int,
    captions_of: Callable[..., list[str]],
) -> FittedWords:
    start_s = numbering.start_s
    heard = [
        Cue(max(0.0, cue.start_s - start_s), max(0.0, cue.end_s - start_s), cue.text)
        for cue in cues
    ]
    captions = captions_of(
        heard, numbering.numbers, frames_per_s=numbering.frames_per_s, max_words=max_words
    )
    # every cue ends with a blank, and so does the form that the text goes into
    segments = tuple(
        Segment(time_s, text.removesuffix(" "))
        for time_s, text in zip(times_s, captions, strict=True)
    )
    used = sum(len(segment.text.split()) for segment in segments)
    return FittedWords(segments, used, sum(len(cue.text.split()) for cue in cues) - used)
