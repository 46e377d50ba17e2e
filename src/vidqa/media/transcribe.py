"""Hear what is said in a sound. The recogniser is loaded when it is first needed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.media.audio import SAMPLE_RATE, AudioBlock
from vidqa.media.doubt import Doubt
from vidqa.media.language import ENGLISH, NAMES
from vidqa.media.placement import Place
from vidqa.media.subtitles import make_cue
from vidqa.media.voice import Stretch, find_voices, snapped, unheard, windows
from vidqa.spec import SpeechSpec
from vidqa.types import Cue

Task = Literal["transcribe", "translate"]
"""Write down what is said, or what it means in English."""

SURE_OF_LANGUAGE = 0.5
"""Below this probability a detected language is only a guess."""

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


class Recogniser:
    """A Whisper model in CTranslate2's layout.

    Greedy enough to repeat itself exactly: a beam at temperature 0, batches that depend on the
    sound alone, and no text carried over from one window to the next.
    """

    def __init__(self, spec: SpeechSpec, model_dir: Path, place: Place) -> None:
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
    ) -> Iterator[Cue | Heard]:
        """Transcribe or translate a sound.

        Args:
            blocks: the sound, in order of time; the model is loaded when the first one comes.
            language: what is spoken, in Whisper's letters; detected if None and the model knows
                several.
            task: `translate` gives English whatever is spoken.

        Yields:
            Cues in order of time, as they are heard; after each block how far that was.

        Raises:
            UsageError: the model does not know the language, or cannot translate.
            NotEnoughMemoryError: the device is too small.

        """
        spoken = ENGLISH if self.spec.languages == "en" else language
        notes, doubt, last_s = _Notes(self.place.warnings), Doubt(), 0.0
        for block in blocks:
            self.check(language, task)
            notes.add(block)
            sound = block.samples.astype(np.float32) / np.float32(32768)
            with _memory_errors(self.name):
                voices = find_voices(sound)
                if spoken is None and voices:
                    spoken, notes.guess = self._detect(sound, voices)
                segments = self._segments(sound, voices, spoken, task)
            for segment in filter(doubt.believes, segments):
                said = snapped((segment.start, segment.end), voices)
                if cue := placed(said, segment.text, block, not_before_s=last_s):
                    last_s = cue.start_s
                    yield cue
            notes.unsure = doubt.count
            yield Heard(block.end_s, spoken, notes.warnings())

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
    ) -> list[Any]:
        """Whisper's segments of all that is spoken, in order of time.

        Where it has left out the end of a window, it listens to that once more.
        """
        segments: list[Any] = []
        left = windows(voices)
        for _ in range(ROUNDS):
            if not left:
                break
            segments += self._batch(sound, left, language, task)
            heard = [(one.start, one.end) for one in segments]
            left = [rest for one in left if (rest := unheard(one, voices, heard))]
        return sorted(segments, key=lambda one: (one.start, one.end))

    def _batch(
        self,
        sound: NDArray[np.float32],
        stretches: list[Stretch],
        language: str | None,
        task: Task,
    ) -> list[Any]:
        segments, _ = self._pipeline.transcribe(
            sound,
            language=language,
            task=task,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=False,
            clip_timestamps=[{"start": begin_s, "end": end_s} for begin_s, end_s in stretches],
            batch_size=self.place.batch,
        )
        return list(segments)

    def _detect(self, sound: NDArray[np.float32], voices: list[Stretch]) -> tuple[str, str]:
        """The language of the first who speak, and a warning when it is a guess."""
        parts = [
            sound[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
            for begin_s, end_s in voices
        ]
        language, sure, _ = self._pipeline.model.detect_language(
            np.concatenate(parts), language_detection_segments=LANGUAGE_WINDOWS
        )
        if sure >= SURE_OF_LANGUAGE:
            return str(language), ""
        return str(language), f"the language was guessed as {language!r}; --language chooses one"

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


@dataclass(slots=True)
class _Notes:
    """What is to be said of how well it could be heard."""

    begun: tuple[str, ...]
    track: str = ""
    guess: str = ""
    unsure: int = 0
    lost_packets: int = 0
    cut_off: bool = False

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
