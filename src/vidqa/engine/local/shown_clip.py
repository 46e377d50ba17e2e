"""Choose the frames and words of a clip that fit the model's context."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vidqa.engine.contents import ClipContents
from vidqa.models.spec import ModelSpec
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.inference.prompt_ids import OUR_MARKS, Pictures, PromptIds, Turn
from vidqa.network.loaded import Loaded
from vidqa.prompt.interleave import FittedWords, neutralize, user_content
from vidqa.prompt.recipe import Recipe
from vidqa.system.footprint import QUESTION_TOKENS
from vidqa.types import Cue, PromptSegment, PromptView, Segment
from vidqa.types.evenly import evenly
from vidqa.types.wording import count_words

PLAIN_ENGLISH = "He opens the door, looks at the old garden, and says that it will rain tonight."
"""A sample that shows how many tokens a word takes in a model."""

WORDY = 1.5
"""Factor by which a word may take more tokens than in plain English, on average; planned as
`footprint.TOKENS_PER_WORD`. In scripts that take more, fewer words are shown."""


@dataclass(frozen=True, slots=True)
class PromptFit:
    """Frames, as indices into those encoded, and the words beside them."""

    frames: tuple[int, ...]
    fitted: FittedWords
    dropped_frames: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about what was left out."""
        if not self.dropped_frames:
            return self.fitted.warnings
        every = len(self.frames) + self.dropped_frames
        message = f"{self.dropped_frames} of {every} frames did not fit the model's context"
        return (message, *self.fitted.warnings)


@dataclass(frozen=True, slots=True)
class PromptFitter:
    """One clip as it is shown to one model."""

    loaded: Loaded
    spec: ModelSpec
    recipe: Recipe
    seen: ClipContents

    def choose(self) -> PromptFit:
        """Show everything; if the prompt is too long, drop words, then frames evenly.

        Words are dropped until they take half of the room, counted in tokens. Then frames go,
        since neighbouring frames are more alike than neighbouring words. The recipe `paper` keeps
        everything: its prompts are cut.
        """
        count, most = len(self.seen.encoded.frame_times_s), self.recipe.max_words
        shown = self._shown(count, most)
        if self.recipe.window is not None:
            return shown
        tokens, wordless = self._tokens(shown), self._tokens(self._shown(count, 0))
        limit = min(max(self._room - wordless, self._room // 2), self._most_tokens)
        words = most
        if tokens - wordless > limit:
            words = _most(most, lambda n: self._tokens(self._shown(count, n)) - wordless <= limit)
            shown = self._shown(count, words)
        if self._fits(shown):
            return shown
        frames = _most(count - 1, lambda n: self._fits(self._shown(n, words)))
        if frames:
            return self._shown(frames, words)
        return self._shown(1, _most(words, lambda n: self._fits(self._shown(1, n))))

    def without(self, *, pictures: bool, words: bool) -> "PromptFitter":
        """Return the clip with grey frames, or without its words, or both.

        What was read in the pictures goes with them.
        """
        seen = self.seen
        cues = tuple(cue for cue in seen.words.cues if not (pictures if cue.on_screen else words))
        encoded = replace(seen.encoded, frames=self.frames.blanked()) if pictures else None
        less = replace(seen, encoded=encoded or seen.encoded, words=replace(seen.words, cues=cues))
        return replace(self, seen=less)

    def turn(self, shown: PromptFit, *, template: str | None = None, thinks: bool = False) -> Turn:
        """Return the user's turn around a question, behind which the model thinks or not."""
        segments, form = shown.fitted.segments, self.spec.prompt
        return Turn(
            self.loaded.chat_template,
            lambda question: user_content(segments, question, form),
            template=template,
            template_kwargs=self.spec.family.template_for(thinks=thinks),
        )

    def pictures(self, turn: Turn, shown: PromptFit) -> Pictures:
        """Return the clip's part of the prompt."""
        return self.frames.place(turn.prefix_text, shown.frames)

    def visual_tokens(self, shown: PromptFit) -> list[int]:
        """Return how many visual tokens of each frame are shown."""
        return self.frames.counts(shown.frames)

    def neutralized(self, text: str) -> str:
        """Break up control tokens in text, so that it cannot change the prompt's structure."""
        return neutralized(self.loaded, self.spec, text)

    def answer_ids(self, answer: str, *, ends: bool = True) -> list[int]:
        """Tokenize a given answer as the model would write it, with its end token if it `ends`."""
        ids = answer_ids(self.loaded, self.spec, answer)
        return ids if ends else ids[:-1]

    @property
    def frames(self) -> FrameEncoder:
        """The frames as this model encoded them."""
        frames = self.seen.encoded.frames
        assert isinstance(frames, FrameEncoder), "this model encoded them"
        return frames

    @property
    def _room(self) -> int:
        """Tokens of the context available to a clip."""
        return self.loaded.context_tokens - self.spec.max_new_tokens - QUESTION_TOKENS

    @property
    def _most_tokens(self) -> int:
        """Tokens that words may take: half more than as many words of plain English."""
        tokens = len(self.loaded.encode(PLAIN_ENGLISH)) / count_words(PLAIN_ENGLISH)
        return round(WORDY * tokens * self.spec.max_words)

    def _fits(self, shown: PromptFit) -> bool:
        return self._tokens(shown) <= self._room

    def _tokens(self, shown: PromptFit) -> int:
        """Return the length of the clip's part of the prompt, in tokens."""
        return self.frames.tokens_of(self.turn(shown).prefix_text, shown.frames)

    def _shown(self, frames: int, max_words: int) -> PromptFit:
        every = self.seen.encoded.frame_times_s
        kept = tuple(evenly(range(len(every)), frames))
        fitted = self.recipe.place(
            [every[index] for index in kept],
            self._cues(),
            self.seen.moments.shown(every),
            max_words,
        )
        return PromptFit(kept, fitted, len(every) - frames)

    def _cues(self) -> Sequence[Cue]:
        return [replace(cue, text=self.neutralized(cue.text)) for cue in self.seen.words.cues]


def neutralized(loaded: Loaded, spec: ModelSpec, text: str) -> str:
    """Break up control tokens in text, so that it cannot change the prompt's structure."""
    return neutralize(text, loaded.control_tokens | OUR_MARKS | set(spec.prompt.marks))


def answer_ids(loaded: Loaded, spec: ModelSpec, answer: str) -> list[int]:
    """Tokenize a given answer as the model would write it, with its end token."""
    text = spec.prompt.answer.format(answer=neutralized(loaded, spec, answer))
    ids: list[int] = loaded.tokenizer(text, add_special_tokens=False).input_ids
    return [*ids, loaded.end_id]


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number from 1 to `limit` that fits, by bisection; 0 if none does."""
    return bisect_left(range(1, limit + 1), True, key=lambda number: not fits(number))


def prompt_view(
    prompt: PromptIds, segments: Sequence[Segment], visual_tokens: Sequence[int], tokenizer: Any
) -> PromptView:
    """Return what a model sees: each frame's time and words, and the tokens of both."""

    def tokens(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False).input_ids)

    shown = tuple(
        PromptSegment(
            segment.time_s,
            segment.every_text,
            visual_tokens=count,
            text_tokens=tokens(segment.text) + tokens(segment.on_screen),
        )
        for segment, count in zip(segments, visual_tokens, strict=True)
    )
    return PromptView(shown, prompt.text, prompt.tokens)
