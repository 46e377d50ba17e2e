"""Scores of one question: what was answered, by vidqa's own rules or by the official ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vidqa.tasks.evaluate.benchmarks.question import OfficialRule, Question
from vidqa.tasks.evaluate.scoring.letters import stated_letter
from vidqa.tasks.evaluate.scoring.official import RULES, Reading, Shown
from vidqa.tasks.evaluate.scoring.open_answers import count_scores, open_scores, stated_number
from vidqa.tasks.evaluate.scoring.wups import WordNet, wups_scores

ScorerName = Literal["own", "official"]
SCORERS: tuple[ScorerName, ...] = get_args(ScorerName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, and the order in which the options were shown."""

    text: str
    order: tuple[int, ...] = ()
    """Which option stood at each place."""
    letter: str | None = None
    """The place that was chosen by probability; None if the answer was written."""
    thought_tokens: int | None = None
    """Tokens that were thought before it; None if the model was not to think."""
    thought: str | None = None
    option_mass: float | None = None
    """How probable it was that the answer begins with one of the options."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one question."""

    values: Mapping[str, float]
    """By name, 1 for right."""
    picked: tuple[str | None, ...] = ()
    """The letter that was read from each answer."""
    unread: int = 0
    """Answers from which nothing could be read."""
    drawn: int = 0
    """Answers for which an official rule draws by lot."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores questions of one benchmark."""

    name: ScorerName
    rule: OfficialRule
    """What its official script does."""
    net: WordNet | None = None
    """Where phrases are compared by it."""

    def scored(self, question: Question, replies: Sequence[Reply]) -> Scored:
        """Return the scores of the answers to a question."""
        if question.kind == "choice":
            return self._chosen(question, replies)
        text = replies[0].text
        if question.kind == "count":
            values = count_scores(text, question.answers[0], is_official=self._is_official)
            return Scored(values, unread=int(stated_number(text) is None))
        values = open_scores(text, question.answers)
        if self._is_official and question.kind == "open":
            values = {"exact": values["exact"]}
        if question.kind == "wups" and self.net is not None:
            values |= wups_scores(self.net, text, question.answers, question.categories["type"])
        if question.second is not None:  # the worse of both
            other = open_scores(replies[1].text, question.answers)
            values = {name: min(value, other[name]) for name, value in values.items()}
        return Scored(values, unread=sum(not one.text.strip() for one in replies))

    @property
    def _is_official(self) -> bool:
        return self.name == "official"

    def _chosen(self, question: Question, replies: Sequence[Reply]) -> Scored:
        readings = [self._read(question, one) for one in replies]
        right = [one.is_right for one in readings]
        values = {"accuracy": sum(right) / len(right)}
        if len(replies) > 1:
            values["consistent"] = float(all(right))
        return Scored(
            values,
            picked=tuple(one.letter for one in readings),
            unread=sum(one.letter is None for one in readings),
            drawn=sum(one.is_drawn for one in readings),
        )

    def _read(self, question: Question, reply: Reply) -> Reading:
        assert question.right is not None, "questions without an answer are not asked"
        options = [question.options[place] for place in reply.order]
        key = f"{question.id}\n{reply.order}"
        shown = Shown(options, reply.order.index(question.right), key)
        if reply.letter is not None:
            return shown.read(reply.letter)
        if self._is_official and self.rule in RULES:
            return RULES[self.rule](reply.text, shown)
        return shown.read(stated_letter(reply.text, options))


def orders(count: int, *, is_permuted: bool) -> tuple[tuple[int, ...], ...]:
    """Return the orders in which options are shown: as they are, and turned round each way."""
    turns = range(count) if is_permuted else range(1)
    return tuple(tuple((place + turn) % count for place in range(count)) for turn in turns)
