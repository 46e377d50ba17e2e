"""The values that travel between the layers."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:  # they take longer to import than `vidqa --help` may take
    import numpy as np
    from numpy.typing import NDArray

WordsSource = Literal["file", "sidecar", "track", "speech", "none", "off"]
"""Where the words came from: `--subtitles FILE`, a file beside the clip, a track inside it,
speech recognition; `none` when nothing was said, `off` when nobody listened."""

StoppedBy = Literal["end", "token_limit", "context_full", "chosen"]
"""Why an answer ended: the model said so, `max_new_tokens`, the model's context was full, or it was
chosen among given ones."""

UNWATCHED = "(this part cannot be watched)"
"""In place of the title of a chapter."""

UNSURE = "unsure"
"""What is answered where no choice is likely enough."""

Stage = Literal["start", "load", "decode", "speech", "vision", "prefill", "generate"]
"""The parts of one answer, in order."""

Notify = Callable[[Stage], None]
"""Called when a stage begins, so that somebody else can show it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a clip."""

    time_s: float
    """When it is shown, in seconds from the start of the clip."""
    pixels: "NDArray[np.uint8]"
    """RGB, upright, shape (height, width, 3)."""

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ValueError(f"Frame: pixels must be (height, width, 3), got {shape}")


class Marks(NamedTuple):
    """What a clip is known by."""

    fingerprint: str | None
    """Of its content; None where it cannot be read."""
    subtitles: str | None
    """Of the subtitles that are not in it; None where there are none to read."""


class Word(NamedTuple):
    """One word, or what is written as one, and when it is said."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Words said (or written) over a stretch of time."""

    start_s: float
    end_s: float
    text: str
    """One line, no markup, no leading or trailing blanks, never empty."""
    words: tuple[Word, ...] = field(default=(), compare=False, repr=False)
    """The same one by one, where that is known."""

    def __post_init__(self) -> None:
        if not (0 <= self.start_s <= self.end_s):
            raise ValueError(
                f"Cue: needs 0 <= start_s <= end_s, got {self.start_s!r} and {self.end_s!r}"
            )


@dataclass(frozen=True, slots=True)
class Segment:
    """One frame's moment and the words spoken since the frame before it."""

    time_s: float
    text: str
    """May be empty."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was said in a clip, and how it is known."""

    source: WordsSource
    cues: tuple[Cue, ...] = ()
    """In order of time."""
    detail: str = ""
    """The file read or the speech model used."""
    warnings: tuple[str, ...] = ()
    language: str | None = None
    """Of speech, given or detected; of subtitles, as they are marked; in Whisper's letters."""


@dataclass(frozen=True, slots=True)
class PromptSegment:
    """One frame as the model sees it, with the words of its moment."""

    time_s: float
    text: str
    visual_tokens: int
    text_tokens: int


@dataclass(frozen=True, slots=True)
class PromptView:
    """What the model really sees of a clip and a question."""

    segments: tuple[PromptSegment, ...]
    text: str
    """The whole prompt; one `<image>`-like placeholder a frame."""
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of an answer that is being written."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A given answer, and how likely a model finds it."""

    text: str
    nll: float
    """The negative log likelihood (natural) of its tokens, added up."""
    tokens: int
    """With the one that ends it, where it was scored as a whole answer."""
    probability: float
    """Its share among the choices it was ranked with, by the score they were ranked by."""

    def to_record(self) -> dict[str, Any]:
        """The JSON object of one choice."""
        return {
            "text": self.text,
            "probability": round(self.probability, 4),
            "nll": round(self.nll, 4),
            "tokens": self.tokens,
        }

    @property
    def nll_per_token(self) -> float:
        """The score that does not prefer short answers."""
        return self.nll / self.tokens


Verdict = Literal["seen", "heard", "both", "guess"]
"""What an answer rests on: the pictures, the words, both (or either), or neither."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """How much less likely an answer becomes where the model is shown less.

    All in nats: the log likelihood of the answer with everything shown, less that without it. Of a
    choice it is the log odds against the other choices.
    """

    verdict: Verdict
    without_pictures: float
    """The frames are grey."""
    without_words: float
    without_both: float

    def to_record(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            name: value if isinstance(value, str) else round(value, 4)
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Maker:
    """Which model answers, and where."""

    model: str
    revision: str
    device: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and everything needed to get it again."""

    text: str
    question: str
    video: str
    """The path as given."""
    fingerprint: str
    """Of the file's content, never of its name."""
    model: str
    revision: str
    recipe: str
    """How the clip was shown to it: `vidqa`, or `paper` as the authors did."""
    device: str
    dtype: str
    seed: int | None
    """None when the answer is greedy: nothing was drawn."""
    frame_times_s: tuple[float, ...]
    duration_s: float
    words_source: WordsSource
    words_used: int
    words_dropped: int
    visual_tokens: int
    prompt_tokens: int
    """Visual tokens included."""
    new_tokens: int
    stopped_by: StoppedBy
    warnings: tuple[str, ...] = ()
    timings_s: dict[Stage, float] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    """Those it was chosen among, the likeliest first; none where it was written freely."""
    is_sure: bool = True
    """False where no choice was likely enough."""
    grounding: Grounding | None = None
    """What it rests on, where that was asked for."""
    batch: int = 1
    """How many answers were written in one forward; with more than one, rounding differs."""

    @property
    def longest_tokens(self) -> int:
        """New tokens of the longest text that was written for it."""
        return self.new_tokens

    @property
    def first_seen_s(self) -> float:
        """The time of the first frame, in seconds."""
        return self.frame_times_s[0]

    @property
    def last_seen_s(self) -> float:
        """The time of the last frame, in seconds."""
        return self.frame_times_s[-1]

    def to_record(self, *, timings: bool = False) -> dict[str, Any]:
        """The JSON object of one clip and question, keys in their documented order."""
        record: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "answer": self.text,
            "question": self.question,
            "video": self.video,
            "fingerprint": self.fingerprint,
            "model": self.model,
            "revision": self.revision,
            "recipe": self.recipe,
            "device": self.device,
            "dtype": self.dtype,
            "seed": self.seed,
            "frame_times_s": [round(time, 3) for time in self.frame_times_s],
            "first_seen_s": round(self.first_seen_s, 3),
            "last_seen_s": round(self.last_seen_s, 3),
            "duration_s": round(self.duration_s, 3),
            "words_source": self.words_source,
            "words_used": self.words_used,
            "words_dropped": self.words_dropped,
            "visual_tokens": self.visual_tokens,
            "prompt_tokens": self.prompt_tokens,
            "new_tokens": self.new_tokens,
            "stopped_by": self.stopped_by,
            "warnings": list(self.warnings),
        }
        if self.choices:
            record["is_sure"] = self.is_sure
            record["choices"] = [choice.to_record() for choice in self.choices]
        if self.grounding is not None:
            record["grounding"] = self.grounding.to_record()
        if self.batch > 1:
            record["batch"] = self.batch
        if timings:
            record["timings_s"] = {stage: round(s, 3) for stage, s in self.timings_s.items()}
        return record


SCHEMA_VERSION = 1
"""Of the JSON object: grows when a key changes its meaning or goes away."""
