"""Hear what is said in a sound. The recogniser is loaded when it is first needed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.media.cues import clean_line, make_cue
from vidqa.media.languages import ENGLISH, NAMES
from vidqa.media.speech.audio import SAMPLE_RATE, AudioBlock
from vidqa.media.speech.device import Place
from vidqa.media.speech.hallucinations import HIGHEST_NO_SPEECH_PROBABILITY, Doubt
from vidqa.media.speech.voice_activity import Stretch, find_voices, snapped, unheard, windows
from vidqa.types import Cue, Word

Task = Literal["transcribe", "translate"]
"""Write down what is said, or what it means in English."""

SURE_OF_LANGUAGE = 0.5
"""Below this probability a detected language is only a guess."""

SURE_OF_ANOTHER = 0.8
"""From this probability on, a later part of a sound is said to be in another language."""

ENOUGH_TOKENS = 30
"""About two sentences: of fewer, one word that was cut makes the rest unlikely."""

FAMILIAR = -0.7
"""What a recogniser understands has at least this logarithm of a token's likelihood on average. By
whisper-tiny.en the demo clip has -0.25, and -0.59 with white noise 5 dB below the voice."""

LANGUAGE_WINDOWS = 4
"""How many windows of speech the language is looked for in, until one makes it sure."""


ROUNDS = 3
"""How often the rest of a window is listened to, at most, the first time included."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a recogniser has come; the last one is its report on the whole."""

    until_s: float = 0.0
    """All before it has been listened to, in seconds from where players begin."""
    language: str | None = None
    """The language given or detected, in Whisper's letters; None while nobody has spoken."""
    warnings: tuple[str, ...] = ()
    speaks_at: tuple[bool, bool] = (False, False)
    """Whether somebody speaks where the sound begins, and where it ends so far."""


class SpeechModel(Protocol):
    """What is to be known of a Whisper model."""

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""

    @property
    def languages(self) -> Literal["en", "many"]:
        """Which it was trained with."""

    @property
    def translates(self) -> bool:
        """Whether it puts foreign speech into English."""


class Recogniser:
    """A Whisper model in CTranslate2's layout.

    Greedy enough to repeat itself exactly: a beam at temperature 0, batches that depend on the
    sound alone, and no text carried over from one window to the next.
    """

    def __init__(self, spec: SpeechModel, model_dir: Path, place: Place) -> None:
        self.spec = spec
        self.model_dir = model_dir
        self.place = place

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.spec.name

    def listen(
        self,
        blocks: Iterable[AudioBlock],
        *,
        language: str | None = None,
        task: Task = "transcribe",
        word_times: bool = False,
    ) -> Iterator[Cue | Heard]:
        """Transcribe or translate a sound.

        Args:
            blocks: the sound, in order of time; the model is loaded when the first one comes.
            language: what is spoken, in Whisper's letters; detected if None and the model knows
                several.
            task: `translate` gives English whatever is spoken.
            word_times: find out when each word is said; takes about an eighth longer.

        Yields:
            Cues in order of time, as they are heard; after each block how far that was.

        Raises:
            UsageError: the model does not know the language, or cannot translate.
            NotEnoughMemoryError: the device is too small.

        """
        spoken = ENGLISH if self.spec.languages == "en" else language
        notes, doubt, last_s = _Notes(self.place.warnings), Doubt(), 0.0
        at_begin: bool | None = None
        for block in blocks:
            self.check(language, task)
            notes.add(block)
            sound = block.samples.astype(np.float32) / np.float32(32768)
            with _memory_errors(self.name):
                voices = find_voices(sound)
                length_s = len(sound) / SAMPLE_RATE
                if at_begin is None:
                    at_begin = bool(voices) and voices[0][0] == 0
                if spoken is None and voices:
                    spoken, notes.guess = self._detect(sound, voices)
                elif spoken is not None and language is None and voices and self._knows_many:
                    notes.later(block, self._other_language(sound, voices, spoken), spoken)
                segments = self._segments(sound, voices, spoken, task, word_times=word_times)
            for segment in filter(doubt.believes, segments):
                said = snapped((segment.start, segment.end), voices)
                if cue := placed(said, segment.text, block, not_before_s=last_s):
                    last_s = cue.start_s
                    yield replace(cue, words=_words(segment.words or (), cue, block))
            notes.unsure = doubt.count
            if not self._knows_many:
                notes.familiar(segments, self.name)
            at_end = bool(voices) and voices[-1][1] >= length_s
            yield Heard(block.end_s, spoken, notes.warnings(), (at_begin, at_end))

    def check(self, language: str | None, task: Task) -> None:
        """Find out ahead whether it can do what is wanted. Raises UsageError as `listen` does."""
        if task == "translate" and not self.spec.translates:
            raise UsageError(
                f"{self.name} cannot translate into English",
                hint="take one that can, such as --speech whisper-base; see `vidqa models list`",
            )
        if language is None:
            return
        if self.spec.languages == "en" and language != ENGLISH:
            raise UsageError(
                f"{self.name} only knows English, not {language!r}",
                hint="take one of many languages, such as --speech whisper-base",
            )
        if language not in NAMES:
            raise UsageError(
                f"no speech model knows the language {language!r}",
                hint=f"the languages are {', '.join(sorted(NAMES))}",
            )

    def _segments(
        self,
        sound: NDArray[np.float32],
        voices: list[Stretch],
        language: str | None,
        task: Task,
        *,
        word_times: bool,
    ) -> list[Any]:
        """Whisper's segments of all that is spoken, in order of time.

        Where it has left out the end of a window, it listens to that once more.
        """
        segments: list[Any] = []
        left = windows(voices)
        for _ in range(ROUNDS):
            if not left:
                break
            segments += self._batch(sound, left, language, task, word_times=word_times)
            heard = [(one.start, one.end) for one in segments]
            left = [rest for one in left if (rest := unheard(one, voices, heard))]
        return sorted(segments, key=lambda one: (one.start, one.end))

    def _batch(
        self,
        sound: NDArray[np.float32],
        stretches: list[Stretch],
        language: str | None,
        task: Task,
        *,
        word_times: bool,
    ) -> list[Any]:
        segments, _ = self._pipeline.transcribe(
            sound,
            language=language,
            task=task,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=False,
            word_timestamps=word_times,
            clip_timestamps=[{"start": begin_s, "end": end_s} for begin_s, end_s in stretches],
            batch_size=self.place.batch,
        )
        return list(segments)

    @property
    def _knows_many(self) -> bool:
        """Whether it knows more languages than English."""
        return self.spec.languages != "en"

    def _other_language(
        self, sound: NDArray[np.float32], voices: list[Stretch], spoken: str
    ) -> str | None:
        """Another language than the one that is written down, if those who speak surely use it."""
        language, sure = self._language_of(sound, voices, windows=1)
        return language if language != spoken and sure >= SURE_OF_ANOTHER else None

    def _detect(self, sound: NDArray[np.float32], voices: list[Stretch]) -> tuple[str, str]:
        """The language of the first who speak, and a warning when it is a guess."""
        language, sure = self._language_of(sound, voices, windows=LANGUAGE_WINDOWS)
        if sure >= SURE_OF_LANGUAGE:
            return language, ""
        return language, f"the language was guessed as {language!r}; --language chooses one"

    def _language_of(
        self, sound: NDArray[np.float32], voices: list[Stretch], *, windows: int
    ) -> tuple[str, float]:
        """The language that voices speak, and how likely it is."""
        parts = [
            sound[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
            for begin_s, end_s in voices
        ]
        language, sure, _ = self._pipeline.model.detect_language(
            np.concatenate(parts), language_detection_segments=windows
        )
        return str(language), float(sure)

    @cached_property
    def _pipeline(self) -> Any:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        model = WhisperModel(
            str(self.model_dir),
            device=self.place.device,
            device_index=self.place.index,
            compute_type=self.place.compute_type,
            cpu_threads=self.place.threads,
            num_workers=1,
            local_files_only=True,
        )
        return BatchedInferencePipeline(model)


def placed(said: Stretch, text: str, block: AudioBlock, *, not_before_s: float) -> Cue | None:
    """What was said in a block as a cue of the clip, inside its block and in order of time."""
    start_s = min(max(not_before_s, block.start_s + said[0]), block.end_s)
    return make_cue(start_s, min(block.start_s + said[1], block.end_s), text)


def _words(words: Iterable[Any], cue: Cue, block: AudioBlock) -> tuple[Word, ...]:
    """Whisper's words within their cue, in order of time; none where they are not its text."""
    found, last_s = list[Word](), cue.start_s
    for word in words:
        begin_s = min(max(last_s, block.start_s + word.start), cue.end_s)
        last_s = min(max(begin_s, block.start_s + word.end), cue.end_s)
        found.append(Word(round(begin_s, 3), round(last_s, 3), word.word))
    is_whole = clean_line("".join(word.text for word in found)) == cue.text
    return tuple(found) if is_whole else ()


@dataclass(slots=True)
class _Notes:
    """What is to be said of how well it could be heard."""

    begun: tuple[str, ...]
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

    def familiar(self, segments: Iterable[Any], name: str) -> None:
        """Note whether a recogniser that knows only English understands what it hears."""
        for one in segments:
            if one.no_speech_prob < HIGHEST_NO_SPEECH_PROBABILITY:
                self.tokens += len(one.tokens)
                self.likelihood += one.avg_logprob * len(one.tokens)
        self.unfamiliar = (
            f"what is said is hardly English, and {name} knows only English; --speech whisper-base "
            "knows many languages"
        ) * (self.tokens >= ENOUGH_TOKENS and self.likelihood / self.tokens < FAMILIAR)

    def add(self, block: AudioBlock) -> None:
        """Count what is missing of a block."""
        self.lost_packets += block.lost_packets
        self.cut_off = block.cut_off
        self.track = block.note

    def warnings(self) -> tuple[str, ...]:
        """All of it in sentences."""
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


@contextmanager
def _memory_errors(name: str) -> Iterator[None]:
    """Say plainly that memory ran out; CTranslate2 only says it in words."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "out of memory" not in str(error):
            raise
        raise NotEnoughMemoryError(
            f"{name} ran out of memory", hint="use a smaller --speech model or --device cpu"
        ) from error
