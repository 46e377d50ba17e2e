"""What is to be said of how well a sound could be heard."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vidqa.media.speech.audio import AudioBlock
from vidqa.media.speech.hallucinations import HIGHEST_NO_SPEECH_PROBABILITY

ENOUGH_TOKENS = 30
"""About two sentences: of fewer, one word that was cut makes the rest unlikely."""

FAMILIAR = -0.7
"""What a recogniser understands has at least this logarithm of a token's likelihood on average. By
whisper-tiny.en the demo clip has -0.25, and -0.59 with white noise 5 dB below the voice."""


@dataclass(slots=True)
class HearingNotes:
    """What is to be said of how well it could be heard."""

    begun: tuple[str, ...]
    """What there was to say before anything was heard."""
    english_only: str = ""
    """The recogniser's name, if it knows no other language than English."""
    track: str = ""
    guess: str = ""
    unsure: int = 0
    lost_packets: int = 0
    cut_off: bool = False
    other: str = ""
    """That a later part is in another language."""
    tokens: int = 0
    likelihood: float = 0.0
    """The logarithms of all tokens' likelihoods, added."""
    unfamiliar: str = ""
    """That a recogniser of English hears hardly any."""

    def later(self, block: AudioBlock, language: str | None, spoken: str) -> None:
        """Note the first part that sounds like another language than the one written down."""
        if language is not None and not self.other:
            minutes, seconds = divmod(int(block.start_s), 60)
            self.other = (
                f"from about {minutes}:{seconds:02} on it sounds like {language!r}, and was taken "
                f"for {spoken!r}; --language with --start and --end hears a part of its own"
            )

    def judge(self, segments: Iterable[Any], unsure: int) -> None:
        """Note how many segments were doubted so far, and whether it understands what it hears."""
        self.unsure = unsure
        if not self.english_only:
            return
        for one in segments:
            if one.no_speech_prob < HIGHEST_NO_SPEECH_PROBABILITY:
                self.tokens += len(one.tokens)
                self.likelihood += one.avg_logprob * len(one.tokens)
        self.unfamiliar = (
            f"what is said is hardly English, and {self.english_only} knows only English; "
            "--speech whisper-base knows many languages"
        ) * (self.tokens >= ENOUGH_TOKENS and self.likelihood / self.tokens < FAMILIAR)

    def add(self, block: AudioBlock) -> None:
        """Count what is missing of a block."""
        self.lost_packets += block.lost_packets
        self.cut_off = block.cut_off
        self.track = block.note

    def warnings(self) -> tuple[str, ...]:
        """Put all of it in sentences."""
        notes = [
            self.track,
            self.guess,
            self.other,
            self.unfamiliar,
            f"{self.lost_packets} packets of sound could not be decoded" * (self.lost_packets > 0),
            "the sound could not be read to its end" * self.cut_off,
            f"{self.unsure} uncertain stretches of speech were left out" * (self.unsure > 0),
        ]
        return (*self.begun, *filter(None, notes))
