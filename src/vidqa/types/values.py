"""The values that travel between the layers."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from vidqa.types.words import WordsSource

if TYPE_CHECKING:  # too slow to import for `vidqa --help`
    import numpy as np
    from numpy.typing import NDArray

Decoder = Literal["auto", "pyav", "decord"]
"""What reads frames; `auto` chooses by the clip."""

Task = Literal["transcribe", "translate"]
"""What to do with speech: write it down as it is, or in English."""

StoppedBy = Literal["end", "token_limit", "context_full", "chosen"]
"""Reason why an answer ended: the model's end token, `max_new_tokens`, a full context, or it was
chosen among given ones."""

UNWATCHED = "(this part cannot be watched)"
"""Title of a chapter that cannot be watched."""

UNSURE = "unsure"
"""Answer if no choice is likely enough."""

UNGROUNDED = "what it rests on could not be found out: {}"
"""Warning of an answer, with the error."""

NOT_ENOUGH = "not enough evidence"
"""Answer if nothing in a long clip supports another."""

ChosenBy = Literal["time", "words", "pictures", "all"]
"""By what windows of a long clip were chosen: a time in the question, what is said or on the
screen, what is seen; or all of them were."""

Stage = Literal["start", "load", "decode", "speech", "vision", "prefill", "generate"]
"""Stages of one answer, in order."""

Notify = Callable[[Stage], None]
"""Callback at the start of a stage, to show progress."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a clip."""

    time_s: float
    """Seconds from the start of the clip."""
    pixels: "NDArray[np.uint8]"
    """RGB pixels, upright, shape (height, width, 3)."""

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ValueError(f"Frame: pixels must be (height, width, 3), got {shape}")


class Marks(NamedTuple):
    """The fingerprints that identify a clip and its subtitles."""

    fingerprint: str | None
    """Fingerprint of the clip's content; None if it cannot be read."""
    subtitles: str | None
    """Fingerprint of subtitles outside the clip; None if there are none to read."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of text of an answer that is being generated."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A given answer, and its likelihood under a model."""

    text: str
    nll: float
    """Negative log likelihood of its tokens in nats, summed."""
    tokens: int
    """Number of tokens, with the end token if it was scored as a whole answer."""
    probability: float
    """Probability among the choices it was ranked with, by the score used for ranking."""

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object of one choice."""
        return {
            "text": self.text,
            "probability": round(self.probability, 4),
            "nll": round(self.nll, 4),
            "tokens": self.tokens,
        }

    @property
    def nll_per_token(self) -> float:
        """The mean negative log likelihood per token, which does not favour short answers."""
        return self.nll / self.tokens


Verdict = Literal["seen", "heard", "both", "guess"]
"""Basis of an answer: the pictures, the words, both (or either), or neither."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """The drop in an answer's likelihood when the model is shown less.

    In nats: the log likelihood of the answer with everything shown, minus that without a part. For
    a choice, the log odds against the other choices are used instead.
    """

    verdict: Verdict
    without_pictures: float
    """Drop in nats if the frames are grey."""
    without_words: float
    without_both: float

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            name: value if isinstance(value, str) else round(value, 4)
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer about a long clip, and where in the clip it is from."""

    text: str
    spans: tuple[tuple[float, float], ...]
    """Start and end of each place, in seconds from the first frame; none if nothing supports it."""
    grounding: Grounding | None
    """What it rests on, shown the window alone that supports it best; None if no window is about
    it."""

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object."""
        spans = [[round(edge, 3) for edge in span] for span in self.spans]
        grounds = {"verdict": "guess"} if self.grounding is None else self.grounding.to_record()
        return {"text": self.text, "spans": spans, **grounds}


UNKNOWN = "unknown"
"""Revision and number format of a model whose server does not say."""


@dataclass(frozen=True, slots=True)
class Maker:
    """The model that answers, and the device it runs on, or the host and port of its server."""

    model: str
    revision: str
    device: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer and everything needed to reproduce it."""

    text: str
    question: str
    video: str
    """Path of the clip as given."""
    fingerprint: str
    """Hash of the file's content, never of its name."""
    model: str
    revision: str
    recipe: str
    """Recipe by which the clip was shown: `vidqa`, or `paper` for the authors' way."""
    device: str
    dtype: str
    seed: int | None
    """Random seed; None if decoding was greedy."""
    frame_times_s: tuple[float, ...]
    duration_s: float
    words_source: WordsSource
    words_used: int
    words_dropped: int
    visual_tokens: int | None
    """None if a server answered, which counts all tokens alike."""
    prompt_tokens: int
    """Tokens of the prompt, visual tokens included."""
    new_tokens: int
    stopped_by: StoppedBy
    warnings: tuple[str, ...] = ()
    timings_s: dict[Stage, float] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    """Choices it was chosen among, the likeliest first; empty if it was generated freely."""
    is_sure: bool = True
    """Whether it is certain; False if no choice was likely enough."""
    grounding: Grounding | None = None
    """Basis of the answer, if requested."""
    batch: int = 1
    """Number of answers generated in one batch; with more than one, rounding differs."""
    chosen_by: ChosenBy | None = None
    """By what windows of a long clip were chosen; None if it was shown at once."""
    looked_at: tuple[tuple[float, float], ...] = ()
    """Start and end of the windows that were watched closely, in seconds."""
    claims: tuple[Claim, ...] | None = None
    """The sentences of a free answer from windows; None if it was given otherwise."""

    is_json: bool = False
    """Whether its text is JSON, as it had to fit a schema."""
    thought_tokens: int | None = None
    """Tokens that were thought before it; None if the model was not to think."""
    thought: str | None = None
    """What was thought, where that was asked for."""

    @property
    def has_evidence(self) -> bool:
        """Whether anything in the clip supports it, where that was asked."""
        return self.claims is None or any(claim.spans for claim in self.claims)

    @property
    def longest_tokens(self) -> int:
        """The number of new tokens in the longest text generated for it."""
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
        """Return the JSON object of one clip and question, keys in their documented order."""
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
        if self.is_json:
            record["object"] = json.loads(self.text)
        if self.thought_tokens is not None:
            record["thought_tokens"] = self.thought_tokens
        if self.thought is not None:
            record["thought"] = self.thought
        if self.choices:
            record["is_sure"] = self.is_sure
            record["choices"] = [choice.to_record() for choice in self.choices]
        if self.grounding is not None:
            record["grounding"] = self.grounding.to_record()
        if self.batch > 1:
            record["batch"] = self.batch
        if self.chosen_by is not None:
            record["chosen_by"] = self.chosen_by
            record["looked_at"] = [[round(edge, 3) for edge in span] for span in self.looked_at]
        if self.claims is not None:
            record["claims"] = [claim.to_record() for claim in self.claims]
        if timings:
            record["timings_s"] = {stage: round(s, 3) for stage, s in self.timings_s.items()}
        return record


SCHEMA_VERSION = 1
"""Version of the JSON object; raised when a key changes its meaning or is removed."""
