"""What a recogniser says of sounds in which nobody spoke."""

from typing import Protocol

# What Whisper's own decoding takes for failure (openai/whisper, `transcribe`).
LOWEST_LOG_PROBABILITY = -1.0
HIGHEST_NO_SPEECH_PROBABILITY = 0.6
HIGHEST_COMPRESSION_RATIO = 2.4

CONVINCING_LOG_PROBABILITY = -0.5
"""Words of this probability are believed although the model doubts that there is speech: it says so
of whole windows in which somebody begins to speak late or is cut short."""


class Said(Protocol):
    """A segment as faster-whisper gives it."""

    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


class Doubt:
    """Leaves out what a recogniser invents over noise and music.

    That is: what it is unsure of, the more so where it hears no speech, what turns in circles, and
    what says the same as the segment before.
    """

    def __init__(self) -> None:
        self.count = 0
        """How many segments with words in them it was unsure of."""
        self._before = ""

    def believes(self, segment: Said) -> bool:
        """Whether somebody really said it."""
        text = "".join(filter(str.isalnum, segment.text.casefold()))
        repeated, self._before = text == self._before, text
        doubted = segment.no_speech_prob > HIGHEST_NO_SPEECH_PROBABILITY
        least = CONVINCING_LOG_PROBABILITY if doubted else LOWEST_LOG_PROBABILITY
        sure = (
            segment.avg_logprob >= least and segment.compression_ratio <= HIGHEST_COMPRESSION_RATIO
        )
        self.count += bool(text) and not sure
        return bool(text) and sure and not repeated
