"""How a model is asked for summaries. Data, and how it is worded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vidqa.types.summaries import Length


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
    caption: tuple[str, ...] = ("Describe in two or three sentences what is seen in this video.",)
    """Questions about the pictures alone, by whose answers they are found again."""
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


USUAL_FORM = SummaryForm()
"""For models that were trained on no questions of their own."""
