"""The words of a clip: said, written, or read in its pictures."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, cast

WordsSource = Literal[
    "file", "sidecar", "track", "speech", "none", "off",
    "file+screen", "sidecar+screen", "track+screen", "speech+screen", "screen",
]  # fmt: skip
"""Source of the words: `--subtitles FILE`, a file beside the clip, a track inside it, speech
recognition, and the text in the pictures; `none` if there are none, `off` if none are wanted."""


def combined_source(source: WordsSource, *, said: bool, read: bool) -> WordsSource:
    """Return the source of some of a clip's words.

    Args:
        source: of all that is said.
        said: whether some of that is among them.
        read: whether text in the pictures is.

    """
    own = source.removesuffix("+screen")
    if not said and own not in ("none", "off"):
        own = "none"
    if not read:
        return cast(WordsSource, own)
    return cast(WordsSource, f"{own}+screen") if said else "screen"


ScreenText = Literal["auto", "on", "off"]
"""Whether the text in the pictures is read: `auto` looks at a few frames, and at more of them if
one holds text; `on` looks at a frame a second."""

ON_SCREEN_JOIN = " / "
"""Stands between texts on the screen, which are seldom one sentence."""


def speaker_name(number: int) -> str:
    """Return what a speaker is called."""
    return f"Speaker {number}"


def marked_on_screen(text: str) -> str:
    """Mark a text as read in the pictures, for people; an empty one stays empty."""
    return f"[on the screen: {text}]" if text else ""


class Word(NamedTuple):
    """One word, or what is written as one, and the time at which it is said."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Cue:
    """The words said (or shown) over a span of time."""

    start_s: float
    end_s: float
    text: str
    """Text on one line, without markup or blanks around it, never empty."""
    words: tuple[Word, ...] = field(default=(), compare=False, repr=False)
    """The words one by one, if their times are known."""
    on_screen: bool = False
    """Whether it was read in the pictures, not heard."""
    speaker: int | None = None
    """Who says it, numbered from 1 in order of appearance; None if speakers were not told apart."""

    @property
    def spoken_text(self) -> str:
        """Its text with its speaker, if that is known."""
        return self.text if self.speaker is None else f"{speaker_name(self.speaker)}: {self.text}"

    @property
    def shown_text(self) -> str:
        """Its text for people: with its speaker, and marked if it was read in the pictures."""
        return marked_on_screen(self.text) if self.on_screen else self.spoken_text

    def __post_init__(self) -> None:
        if not (0 <= self.start_s <= self.end_s):
            raise ValueError(
                f"Cue: needs 0 <= start_s <= end_s, got {self.start_s!r} and {self.end_s!r}"
            )


@dataclass(frozen=True, slots=True)
class Segment:
    """The time of one frame and the words spoken since the frame before it."""

    time_s: float
    text: str
    """The words; may be empty."""
    on_screen: str = ""
    """Text in the pictures that appeared since the frame before; may be empty."""

    @property
    def every_text(self) -> str:
        """Both texts on one line, for people."""
        return " ".join(filter(None, (self.text, marked_on_screen(self.on_screen))))


@dataclass(frozen=True, slots=True)
class Words:
    """The cues of a clip, and their source."""

    source: WordsSource
    cues: tuple[Cue, ...] = ()
    """Cues in order of time."""
    detail: str = ""
    """File that was read or speech model that was used."""
    warnings: tuple[str, ...] = ()
    language: str | None = None
    """Whisper's language code: of speech, given or detected; of subtitles, as tagged."""

    @property
    def said(self) -> tuple[Cue, ...]:
        """The cues that were heard, or written as subtitles: all that are not on the screen."""
        return tuple(cue for cue in self.cues if not cue.on_screen)

    @property
    def on_screen(self) -> tuple[Cue, ...]:
        """The cues that were read in the pictures."""
        return tuple(cue for cue in self.cues if cue.on_screen)
