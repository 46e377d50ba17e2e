"""What is known of an answer from windows before it is told."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from vidqa.engine.asking.choose import Chosen
from vidqa.engine.summaries.part_answers import PartAnswers, most, once
from vidqa.engine.summaries.windows import Window
from vidqa.types import Answer, Claim


@dataclass(frozen=True, slots=True)
class Reply:
    """Sentences with their evidence, and what they were made of."""

    claims: tuple[Claim, ...]
    parts: tuple[PartAnswers, ...]
    """All answers on the way to it."""
    looked_at: tuple[Window, ...]
    chosen: Chosen
    warnings: tuple[str, ...] = ()
    is_answered: bool = False
    """Whether the clip supports what the model says, not only what is quoted."""

    @property
    def proves(self) -> bool:
        """Whether anything in the clip supports any of it."""
        return any(claim.spans for claim in self.claims)

    def answer(self, known: Answer, text: str) -> Answer:
        """Return it as an answer.

        Args:
            known: all that is known of an answer about the clip as a whole.
            text: what is told.

        """
        parts = self.parts
        warnings = once(*(one.warnings for one in parts), self.chosen.warnings, self.warnings)
        answer = replace(
            known,
            text=text,
            words_used=sum(one.words_used for one in parts),
            words_dropped=sum(one.words_dropped for one in parts),
            visual_tokens=most(one.visual_tokens for one in parts),
            prompt_tokens=max((one.prompt_tokens for one in parts), default=0),
            new_tokens=sum(one.new_tokens for one in parts),
            stopped_by=next((one.stopped_by for one in parts if one.stopped_by != "end"), "end"),
            warnings=once(known.warnings, warnings),
            chosen_by=self.chosen.by,
            looked_at=tuple((one.start_s, one.end_s) for one in self.looked_at),
            claims=self.claims,
        )
        times_s = _times(parts)
        return replace(answer, frame_times_s=times_s) if times_s else answer


def _times(parts: Iterable[PartAnswers]) -> tuple[float, ...]:
    return tuple(sorted({time_s for one in parts for time_s in one.frame_times_s}))


def most_supported(claims: Sequence[Claim], most: int) -> tuple[tuple[Claim, ...], int]:
    """Return those claims that most places support, in their order, and how many are left out."""

    def worth(at: int) -> tuple[int, float]:
        one = claims[at]
        return len(one.spans), 0.0 if one.grounding is None else one.grounding.without_both

    ranked = sorted(range(len(claims)), key=worth, reverse=True)
    kept = sorted(ranked[:most])
    return tuple(claims[at] for at in kept), len(claims) - len(kept)


def unwatched(wanted: int, watched: Collection[Window]) -> tuple[str, ...]:
    """Return a warning if some windows could not be watched."""
    count = wanted - len(watched)
    return (f"{count} of {wanted} windows could not be watched",) if count else ()
