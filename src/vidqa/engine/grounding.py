"""What an answer rests on: how much less likely it is where the model is shown less."""

from vidqa.engine.ranking import require_numbers
from vidqa.types import Grounding, Verdict

RESTS_NATS = 2.0
"""An answer rests on what makes it more than so much likelier: e^2 is about seven times."""


def judged(
    whole: float, without_pictures: float, without_words: float, without_both: float
) -> Grounding:
    """Compare the log likelihoods of one answer, in nats, with everything shown and with less.

    Raises:
        ModelDamagedError: some are no numbers.

    """
    require_numbers((whole, without_pictures, without_words, without_both))
    pictures, words, both = (
        whole - less for less in (without_pictures, without_words, without_both)
    )
    return Grounding(_verdict(pictures, words, both), pictures, words, both)


def _verdict(pictures: float, words: float, both: float) -> Verdict:
    if both < RESTS_NATS:
        return "guess"
    if (pictures >= RESTS_NATS) == (words >= RESTS_NATS):
        return "both"  # it needs both; or each alone is enough
    return "seen" if pictures >= RESTS_NATS else "heard"
