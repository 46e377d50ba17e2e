"""Hear what is said in a clip. The recogniser is loaded when it is first needed."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.media.audio import read_audio
from vidqa.media.subtitles import in_order, make_cue
from vidqa.types import Words

# What Whisper's own decoding takes for failure (openai/whisper, `transcribe`).
LOWEST_LOG_PROBABILITY = -1.0
HIGHEST_NO_SPEECH_PROBABILITY = 0.6
HIGHEST_COMPRESSION_RATIO = 2.4

ENGLISH = "en"


class Recogniser:
    """A Whisper model in CTranslate2's layout, on the CPU in int8.

    Greedy enough to repeat itself exactly: a beam at temperature 0, and no text carried over from
    one window to the next.
    """

    def __init__(self, model_dir: Path, *, threads: int) -> None:
        self.model_dir = model_dir
        self.threads = threads

    def listen(
        self,
        path: Path,
        language: str | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Words:
        """Transcribe a stretch of a clip.

        Args:
            path: the clip.
            language: two letters, such as `en`; detected if None and the model knows several.
            start_s: where to begin, in seconds from the clip's first frame.
            end_s: where to end.

        Returns:
            Words from the source `speech`, their times counted from the clip's first frame, or from
            the source `none` when there is no sound or nothing is said in it.

        Raises:
            UsageError: the model does not know the language.

        """
        start_s = start_s or 0.0
        samples = read_audio(path, start_s=start_s, end_s=end_s)
        if samples is None:
            return Words("none")
        spoken, warnings = self._choose_language(language)
        segments, _ = self._model.transcribe(
            samples,
            language=spoken,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=True,
        )
        cues = in_order(
            make_cue(start_s + segment.start, start_s + segment.end, segment.text)
            for segment in believable(segments)
        )
        return Words("speech" if cues else "none", cues, self.model_dir.name, warnings)

    def _choose_language(self, language: str | None) -> tuple[str | None, tuple[str, ...]]:
        """The language to listen for, and a warning when it is not the one asked for."""
        if self._model.model.is_multilingual:
            if language is not None and language not in self._model.supported_languages:
                raise UsageError(f"the speech model does not know the language {language!r}")
            return language, ()
        if language in (None, ENGLISH):
            return ENGLISH, ()
        return ENGLISH, (f"the speech model only knows English; it was not told {language!r}",)

    @cached_property
    def _model(self) -> Any:
        from faster_whisper import WhisperModel

        return WhisperModel(
            str(self.model_dir),
            device="cpu",
            compute_type="int8",
            cpu_threads=self.threads,
            num_workers=1,
            local_files_only=True,
        )


def believable(segments: Iterable[Any]) -> Iterator[Any]:
    """Leave out what a recogniser invents over noise and music.

    That is: what it is unsure of, what it calls no speech, what turns in circles, and what says
    the same as the segment before.
    """
    before = ""
    for segment in segments:
        text = "".join(filter(str.isalnum, segment.text.casefold()))
        sure = (
            segment.avg_logprob >= LOWEST_LOG_PROBABILITY
            and segment.no_speech_prob <= HIGHEST_NO_SPEECH_PROBABILITY
            and segment.compression_ratio <= HIGHEST_COMPRESSION_RATIO
        )
        if sure and text and text != before:
            yield segment
        before = text
