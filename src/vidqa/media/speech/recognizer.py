"""Hear what is said in a sound. The recogniser is loaded when it is first needed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.media.languages import ENGLISH, NAMES
from vidqa.media.speech.audio import SAMPLE_RATE, AudioBlock
from vidqa.media.speech.device import Place
from vidqa.media.speech.hallucinations import HallucinationFilter
from vidqa.media.speech.hearing_notes import HearingNotes
from vidqa.media.speech.placement import place_segments
from vidqa.media.speech.voice_activity import Stretch, find_voices, touch_edges, unheard, windows
from vidqa.types import Cue
from vidqa.types.values import Task

SURE_OF_LANGUAGE = 0.5
"""Below this probability a detected language is only a guess."""

SURE_OF_ANOTHER = 0.8
"""From this probability on, a later part of a sound is said to be in another language."""

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


class Recognizer:
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
        spoken = language if self._knows_many else ENGLISH
        notes = HearingNotes(self.place.warnings, "" if self._knows_many else self.name)
        doubt, last_s = HallucinationFilter(), 0.0
        at_begin: bool | None = None
        for block in blocks:
            self.check(language, task)
            notes.add(block)
            sound = block.samples.astype(np.float32) / np.float32(32768)
            with _memory_errors(self.name):
                voices = find_voices(sound)
                if voices and language is None and self._knows_many:
                    spoken = self._follow_language(block, sound, voices, spoken, notes)
                segments = self._segments(sound, voices, spoken, task, word_times=word_times)
            credible = filter(doubt.believes, segments)
            for cue in place_segments(credible, voices, block, not_before_s=last_s):
                last_s = cue.start_s
                yield cue
            notes.judge(segments, doubt.count)
            begins, ends = touch_edges(voices, len(sound) / SAMPLE_RATE)
            at_begin = begins if at_begin is None else at_begin
            yield Heard(block.end_s, spoken, notes.warnings(), (at_begin, ends))

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

    def _follow_language(
        self,
        block: AudioBlock,
        sound: NDArray[np.float32],
        voices: list[Stretch],
        spoken: str | None,
        notes: HearingNotes,
    ) -> str:
        """Find out what the first who speak speak, and note where later ones speak another."""
        if spoken is None:
            spoken, notes.guess = self._detect(sound, voices)
        else:
            notes.later(block, self._other_language(sound, voices, spoken), spoken)
        return spoken

    def _other_language(
        self, sound: NDArray[np.float32], voices: list[Stretch], spoken: str
    ) -> str | None:
        """Another language than the one that is written down, if those who speak surely use it."""
        language, sure = self._language_of(sound, voices, windows=1)
        return language if language != spoken and sure >= SURE_OF_ANOTHER else None

    def _detect(self, sound: NDArray[np.float32], voices: list[Stretch]) -> tuple[str, str]:
        """Detect the language of the first who speak, and add a warning when it is a guess."""
        language, sure = self._language_of(sound, voices, windows=LANGUAGE_WINDOWS)
        if sure >= SURE_OF_LANGUAGE:
            return language, ""
        return language, f"the language was guessed as {language!r}; --language chooses one"

    def _language_of(
        self, sound: NDArray[np.float32], voices: list[Stretch], *, windows: int
    ) -> tuple[str, float]:
        """Return the language that voices speak, and how likely it is."""
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
