"""Watch what was found, and ask whether it is there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from vidqa.engine import Model
from vidqa.errors import NoVideoStreamError, VideoError
from vidqa.media.viewing import Viewing
from vidqa.tasks.index.search import Hit
from vidqa.types import Notify

YES, NO = "Yes", "No"
CLOSER = 2
"""How many times the model's own frames a window is looked at with."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A hit, and what the model says of it."""

    hit: Hit
    yes: float
    """Probability of yes, beside that of no; 0 where there is nothing to see."""
    error: VideoError | None = None
    """Why it cannot be watched."""


def checked(
    model: Model,
    hits: Sequence[Hit],
    question: str,
    viewing: Viewing,
    *,
    notify: Notify | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> Iterator[Checked]:
    """Ask a question about the window of every hit, in their order.

    Args:
        model: watches them.
        hits: of a search.
        question: to be answered with yes or no.
        viewing: how they are watched; with twice the model's frames if it does not say how many.
        notify: called with the stages of each answer as they begin.
        progress: called with which hit is watched.

    Raises:
        UsageError: the question is empty, or does not fit the model's context.

    """
    closer = replace(viewing, frames=viewing.frames or CLOSER * model.spec.frames)
    for number, hit in enumerate(hits, start=1):
        progress(f"watching hit {number} of {len(hits)}")
        try:
            end_s = model.reader.probe(hit.path).duration_s
            if hit.start_s >= end_s > 0:  # its sound goes on behind its pictures
                yield Checked(hit, 0.0)
                continue
            window = replace(closer, start_s=hit.start_s, end_s=min(hit.end_s, end_s))
            clip = model.watch(hit.path, window, notify=notify)
        except NoVideoStreamError:
            yield Checked(hit, 0.0)
            continue
        except VideoError as error:
            yield Checked(hit, 0.0, error)
            continue
        choices = clip.rank(question, (YES, NO), by="sum", beginnings=True)
        yield Checked(hit, next(one.probability for one in choices if one.text == YES))
