"""Drop text that Whisper makes up over noise, music and silence."""

from typing import Protocol

# Thresholds at which Whisper's own decoding has failed (openai/whisper, `transcribe`).
LOWEST_LOG_PROBABILITY = -1.0
HIGHEST_NO_SPEECH_PROBABILITY = 0.6
HIGHEST_COMPRESSION_RATIO = 2.4

CONVINCING_LOG_PROBABILITY = -0.5
"""Mean log-probability from which words count although the model doubts that there is speech: it
also doubts windows in which somebody begins to speak late or is cut short."""


class Said(Protocol):
    """A segment, as faster-whisper returns it."""

    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


class HallucinationFilter:
    """A filter of text that a recognizer invents over noise and music.

    It rejects segments that are uncertain (the more so without speech), repetitive, or the same as
    the one before.
    """

    def __init__(self) -> None:
        self.count = 0
        """Count of rejected segments that were uncertain or repetitive and had words."""
        self._before = ""

    def believes(self, segment: Said) -> bool:
        """Return False for a segment that is uncertain, repetitive, or the same as the last."""
        text = "".join(filter(str.isalnum, segment.text.casefold()))
        repeated, self._before = text == self._before, text
        doubted = segment.no_speech_prob > HIGHEST_NO_SPEECH_PROBABILITY
        least = CONVINCING_LOG_PROBABILITY if doubted else LOWEST_LOG_PROBABILITY
        sure = (
            segment.avg_logprob >= least and segment.compression_ratio <= HIGHEST_COMPRESSION_RATIO
        )
        self.count += bool(text) and not sure
        return bool(text) and sure and not repeated
