"""Which words of a clip are requested."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.media.languages import ENGLISH, is_auto, read_language
from vidqa.types.values import Task
from vidqa.types.words import ScreenText

Subtitles = str | Path
"""`auto` (a file beside the clip, else a track inside it, else speech), `off` (no words at all),
`speech` (listen, whatever there is to read), or the path of a subtitle file."""


@dataclass(frozen=True, slots=True)
class WordRequest:
    """Which words of a clip are requested; the names of most fields are part of cache keys."""

    subtitles: Subtitles = "auto"
    language: str | None = None
    """Spoken, and so written, in Whisper's letters; None takes what there is."""
    task: Task = "transcribe"
    """`translate` wants English, whatever is spoken."""
    text_track: str | None = None
    """Number (from 1) or language of the text track to read, whatever else there is to read."""
    audio_track: str | None = None
    """Number (from 1) or language of the sound to listen to."""
    word_times: bool = False
    """Find out when each word is said, as subtitles for players need it; takes longer."""
    screen_text: ScreenText = "off"
    """Whether the text in the pictures is read too."""
    speakers: bool = False
    """Whether it is told who says what."""

    @classmethod
    def parse(
        cls,
        subtitles: Subtitles,
        language: str | None,
        task: Task,
        *,
        text_track: str | None = None,
        audio_track: str | None = None,
        word_times: bool = False,
        screen_text: ScreenText = "off",
        speakers: bool = False,
    ) -> "WordRequest":
        """Make a request, the language as people write it: `en`, `ENG`, `English`, `auto`.

        Raises:
            UsageError: there is no such language, or a text track is asked for where none is read.

        """
        if text_track is not None and subtitles != "auto":
            raise UsageError(
                f"--text-track {text_track} and --subtitles {subtitles} exclude each other",
                hint="leave one of them out",
            )
        if speakers and subtitles == "off":
            raise UsageError(
                "--speakers and --subtitles off exclude each other", hint="leave one of them out"
            )
        spoken = None if language is None or is_auto(language) else read_language(language)
        return cls(
            subtitles, spoken, task, text_track, audio_track, word_times, screen_text, speakers
        )

    @property
    def key(self) -> dict[str, Any]:
        """All that changes what is said; the screen and the speakers have keys of their own."""
        others = "screen_text", "speakers"
        return {name: value for name, value in asdict(self).items() if name not in others}

    @property
    def written(self) -> str | None:
        """The language that subtitles must be in."""
        return ENGLISH if self.task == "translate" else self.language

    @property
    def strict(self) -> bool:
        """Whether subtitles must say so: what is not marked is hardly a translation."""
        return self.task == "translate"

    @property
    def named_file(self) -> Path | None:
        """The subtitle file that is named, if one is."""
        named = self.subtitles not in ("auto", "speech", "off")
        return Path(self.subtitles) if named else None
