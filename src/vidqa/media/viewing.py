"""How clips are watched: each field is an option of the commands, of the records and of Python."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from vidqa.errors import UsageError
from vidqa.media.sampling.samplers import SAMPLERS, Sampling, written_names
from vidqa.media.words.request import Subtitles, WordRequest
from vidqa.prompt.recipe import Recipe, ShownModel, choose_recipe
from vidqa.system.file_systems import is_regular
from vidqa.types.clock import as_typed, read_seconds
from vidqa.types.options import as_given, later_ones, listed, option, require_declared
from vidqa.types.values import Decoder, Task
from vidqa.types.words import ScreenText, Words

TIME: dict[str, Any] = {
    "metavar": "TIME",
    "read": read_seconds,
    "wrong": " is not a time",
    "hint": "write seconds, mm:ss or hh:mm:ss",
}
"""How times are typed."""


def read_path(text: str) -> Path:
    """Read the path of a file that exists. Raises ValueError."""
    if not is_regular(Path(text)):
        raise ValueError(f"there is no file {text}")
    return Path(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """Which frames and words of a clip are shown. Raises UsageError for what makes no sense."""

    frames: int | None = option(
        None, "Frames to look at. [default: the model's own]", metavar="N", least=1, most=100_000
    )
    recipe: str = option(
        "vidqa",
        "How frames and words are shown: over the whole clip; or, to the paper's models, exactly "
        "as its authors did.",
        metavar="vidqa|paper",
    )
    sampling: Sampling | None = option(
        None,
        f"Which frames: {'; '.join(one.meaning for one in list(SAMPLERS.values())[:-1])}; or "
        f"{list(SAMPLERS.values())[-1].meaning}. [default: uniform]",
        names=("--sample",),
        record="sample",
        metavar="|".join(written_names()),
        read=Sampling.parse,
        wrong=": frames cannot be chosen like that",
        hint=f"use {listed(written_names())}",
    )
    start_s: float | None = option(
        None, "Begin here: seconds, mm:ss or hh:mm:ss.", names=("--start",), **TIME
    )
    end_s: float | None = option(
        None, "End here: seconds, mm:ss or hh:mm:ss.", names=("--end",), **TIME
    )
    decoder: Decoder = option(
        "auto",
        "What reads the frames; decord is refused where its frame numbers are wrong.",
        metavar="auto|pyav|decord",
        choices=get_args(Decoder),
    )
    subtitles: Subtitles = option(
        "auto",
        "The words: a subtitle file; auto: one beside the clip, else a track inside it, "
        "else speech recognition; speech: listen in any case; off: none.",
        metavar="FILE|auto|speech|off",
        choices=("auto", "speech", "off"),
        read=read_path,
        wrong=": no such file",
        hint="use a file, auto, speech or off",
        takes_stdin=True,
    )
    language: str | None = option(
        None,
        "Language of the words, such as en or English: the speech's, and that of the subtitles to "
        "read; auto: detected. [default: detected]",
        metavar="CODE",
    )
    task: Task = option(
        "transcribe",
        "Take speech down as it is, or in English; only speech models of many languages translate.",
        metavar="transcribe|translate",
        choices=get_args(Task),
    )
    text_track: str | None = option(
        None,
        "Read this text track of the clip, by the number that `vidqa info` shows or by language. "
        "[default: the one that holds most of what is said]",
        metavar="N|CODE",
    )
    audio_track: str | None = option(
        None,
        "Listen to this sound of the clip, by the number that `vidqa info` shows or by language. "
        "[default: the one that a player takes]",
        metavar="N|CODE",
    )
    screen_text: ScreenText = option(
        "auto",
        "Read the text in the pictures, such as captions and slides: auto: look at 8 frames, and "
        "at up to 64 if one of them holds text; on: at one a second; off: not at all.",
        metavar="auto|on|off",
        choices=get_args(ScreenText),
        is_later=True,
    )
    speakers: bool = option(
        False,
        "Tell who says what by the voices: Speaker 1, Speaker 2. Takes a model of its own: "
        "vidqa models pull resemblyzer.",
        is_later=True,
    )
    max_words: int | None = option(
        None,
        "Words to show beside the frames, never more than the model's own. [default: those]",
        metavar="N",
        least=1,
        is_later=True,
    )
    skip_alike: bool = option(
        False,
        "Leave out frames that look like the last one shown: no sixteenth of their width by a "
        "sixteenth of their height changes by 8 of 256 levels. How many differ is said.",
        is_later=True,
    )
    compress: int = option(
        1,
        "Show one of N visual tokens: those that differ most from their place in the frame before; "
        "of the first frame all, and one of each at least. [default: 1, all of them]",
        metavar="N",
        least=1,
        most=1000,
        is_later=True,
    )
    blank: bool = False
    """Show grey pictures in place of the frames, so that an answer rests on the words."""
    words: Words | None = None
    """Those said, where they are known already: then nobody reads or listens."""
    keep_places: bool = False
    """Keep what the tower says before it is projected, for training."""

    def __post_init__(self) -> None:
        require_declared(self)
        start_s, end_s = self.start_s, self.end_s
        if self.words is None and start_s is not None and end_s is not None and end_s <= start_s:
            raise UsageError(
                f"--end {as_typed(end_s)} does not come after --start {as_typed(start_s)}"
            )

    @property
    def word_request(self) -> WordRequest:
        """Which words, checked. Raises UsageError as `WordRequest.parse` does."""
        return WordRequest.parse(
            self.subtitles,
            self.language,
            self.task,
            text_track=self.text_track,
            audio_track=self.audio_track,
            word_times=self.speakers,
            speakers=self.speakers,
        )

    def words_for(self, model: ShownModel) -> WordRequest:
        """Which words of a clip a model is shown. Raises UsageError as `word_request` does.

        Text in the pictures is not shown the authors' way, nor where the pictures are blanked; and
        with `auto` only to models that know what to do with it.
        """
        is_wanted = model.reads_screen or self.screen_text == "on"
        shows = is_wanted and self.recipe != "paper" and not self.blank
        return replace(self.word_request, screen_text=self.screen_text if shows else "off")

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change an answer, as it was given, for JSON."""
        return as_given(self)

    @property
    def key(self) -> dict[str, Any]:
        """All that changes what is seen and heard, in the order that cache keys have."""
        return {
            "subtitles": self.subtitles,
            "language": self.language,
            "task": self.task,
            "text_track": self.text_track,
            "audio_track": self.audio_track,
            "frames": self.frames,
            "recipe": self.recipe,
            "sampling": self.sampling and asdict(self.sampling),
            "start_s": self.start_s,
            "end_s": self.end_s,
            "decoder": self.decoder,
            "blank": self.blank,
            "words": self.words and asdict(self.words),
            "keep_places": self.keep_places,
            **later_ones(self),
        }

    def recipe_for(self, model: ShownModel) -> Recipe:
        """Return how frames and words are shown to a model. Raises UsageError."""
        own = choose_recipe(self.recipe, model)
        if own.paper is not None:
            self._require_the_authors_way()
        return replace(own, max_words=min(own.max_words, self.max_words or own.max_words))

    def _require_the_authors_way(self) -> None:
        """Refuse what the authors do not do."""
        others = {
            "--skip-alike": self.skip_alike,
            "--compress": self.compress > 1,
            "--screen-text": self.screen_text == "on",
            "--speakers": self.speakers,
        }
        for name, is_asked in others.items():
            if is_asked:
                raise UsageError(
                    "--recipe paper shows the frames and words that the authors do",
                    hint=f"leave {name} out",
                )
