"""Ask one question of a benchmark about a clip that was watched."""

import math

from vidqa.engine import Clip
from vidqa.tasks.evaluate.benchmarks.prompts import prompts_of
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Question
from vidqa.tasks.evaluate.protocol import Protocol
from vidqa.tasks.evaluate.scoring.score import Reply, orders
from vidqa.types import Choice


def ask(clip: Clip, question: Question, protocol: Protocol) -> tuple[Reply, ...]:
    """Return the answers to a question: one for each order of its options, or each wording.

    Raises:
        VidqaError: as `Clip.ask` does.

    """
    if question.kind != "choice":
        prompts = prompts_of(question, protocol.wordings, ())
        return tuple(_written(clip, one, protocol) for one in prompts)
    if protocol.answer_by == "likelihood":
        return (_likeliest(clip, question),)
    turned = orders(len(question.options), is_permuted=protocol.is_permuted)
    return tuple(_chosen(clip, question, order, protocol) for order in turned)


def _written(clip: Clip, prompt: str, protocol: Protocol, order: tuple[int, ...] = ()) -> Reply:
    answer = clip.ask(prompt, protocol.generation)
    return Reply(
        text=answer.text,
        order=order,
        thought_tokens=answer.thought_tokens,
        thought=answer.thought,
    )


def _chosen(clip: Clip, question: Question, order: tuple[int, ...], protocol: Protocol) -> Reply:
    shown = tuple(question.options[place] for place in order)
    (prompt,) = prompts_of(question, protocol.wordings, shown)
    if protocol.answer_by == "text":
        return _written(clip, prompt, protocol, order)
    ranked = clip.rank(prompt, tuple(question.letters), by="sum", beginnings=True)
    best = ranked[0].text
    return Reply(text=best, order=order, letter=best, option_mass=_mass(ranked))


def _likeliest(clip: Clip, question: Question) -> Reply:
    distinct = tuple(dict.fromkeys(one.strip() for one in question.options))
    ranked = clip.rank(question.text, distinct, beginnings=True)
    best = ranked[0].text
    same = [at for at, one in enumerate(question.options) if one.strip() == best]
    place = question.right if question.right in same else same[0]
    assert place is not None, "a choice is one of the options"
    order = tuple(range(len(question.options)))
    return Reply(text=best, order=order, letter=LETTERS[place], option_mass=_mass(ranked))


def _mass(choices: tuple[Choice, ...]) -> float:
    """Return how probable it is that an answer begins with one of some choices."""
    return min(1.0, math.fsum(math.exp(-one.nll) for one in choices))
