"""What clients send, checked: vidqa's own requests, named as the options of its commands."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vidqa.errors import UsageError
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.jobs import Question
from vidqa.types.generation import GenerationSettings, as_schema, checked_choices
from vidqa.types.summaries import Length, SummarySettings

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class ClipForm(BaseModel):
    """A clip, and how it is watched."""

    model_config = STRICT

    video: str = Field(description="A path or file:// URL below a root, or a data URL.")
    frames: Annotated[int | None, Field(ge=1, le=100_000)] = None
    sample: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    subtitles: Literal["auto", "speech", "off"] = "auto"
    language: str | None = None
    task: Literal["transcribe", "translate"] = "transcribe"
    screen_text: Literal["auto", "on", "off"] = "auto"
    speakers: bool = False
    stream: Annotated[bool, Field(description="Send progress as server-sent events.")] = False

    def viewing(self) -> Viewing:
        """Return how it is watched. Raises UsageError."""
        given = {
            name: getattr(self, name)
            for name in ClipForm.model_fields
            if name not in ("video", "sample", "stream")
        }
        return Viewing(sampling=self._sampling(), **given)

    def _sampling(self) -> Sampling | None:
        try:
            return None if self.sample is None else Sampling.parse(self.sample)
        except ValueError as error:
            raise UsageError(f"sample: {error}") from error


class AskForm(ClipForm):
    """A question about a clip."""

    question: str
    max_new_tokens: Annotated[int | None, Field(ge=1)] = None
    temperature: Annotated[float, Field(ge=0)] = 0.0
    top_p: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0
    windows: int | Literal["auto", "all", "off"] = "auto"
    strict: bool = False
    think: Annotated[int | None, Field(ge=1)] = None
    """Tokens that a model that can think may do so in before it answers."""
    keep_thought: bool = False
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    """A JSON schema that the answer fits."""
    grounding: bool = False
    timings: bool = False

    def asked(self) -> Question:
        """Return the question. Raises UsageError."""
        return Question(text=self.question, generation=self.generation(), grounding=self.grounding)

    def generation(self) -> GenerationSettings:
        """Return how it is answered. Raises UsageError."""
        return GenerationSettings(
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            windows=self.windows,
            strict=self.strict,
            think=self.think,
            keep_thought=self.keep_thought,
            schema=None if self.schema_ is None else as_schema(self.schema_),
        )

    def settings(self) -> dict[str, Any]:
        """All that can change the answer, beside how it is watched and loaded, for records."""
        asked = self.asked()
        return {
            **self.generation().settings,
            "choices": list(asked.choices),
            "threshold": asked.threshold,
            "grounding": self.grounding,
            "batch": 1,
        }


class ChooseForm(AskForm):
    """A question with given answers."""

    choices: tuple[str, ...] = Field(min_length=2)
    threshold: Annotated[float | None, Field(ge=0, le=1)] = None

    def asked(self) -> Question:
        """Return the question. Raises UsageError."""
        choices = checked_choices(self.choices)
        return replace(super().asked(), choices=choices, threshold=self.threshold)


class SummarizeForm(ClipForm):
    """A summary of a clip."""

    length: Length | None = None
    chapters: bool = False
    instructions: str | None = None
    answer_language: str | None = None
    grounding: bool = False
    strict: bool = False
    max_new_tokens: Annotated[int | None, Field(ge=1)] = None

    def summary(self) -> SummarySettings:
        """Return what it says. Raises UsageError."""
        return SummarySettings(
            length=self.length,
            chapters=self.chapters,
            instructions=self.instructions,
            language=self.answer_language,
            grounding=self.grounding,
            strict=self.strict,
            max_new_tokens=self.max_new_tokens,
        )


class FileForm(BaseModel):
    """A clip alone."""

    model_config = STRICT

    video: str
    stream: bool = False
