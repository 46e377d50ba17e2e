"""How likely a model behind an address finds a given answer.

vLLM's chat completions return the log probability of every token of a prompt (`prompt_logprobs`);
an answer that is part of the prompt (`continue_final_message`) is scored so. `vidqa serve` does the
same.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from vidqa.engine.answer.rank import Likelihood
from vidqa.engine.remote.replies import STRANGE
from vidqa.engine.remote.server import Server
from vidqa.errors import EngineError, UsageError

SCORED = {"max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
"""Of a request that is made for the log probabilities of its prompt."""
BEHIND = {"continue_final_message": True, "add_generation_prompt": False}
"""Of one whose last message is the answer."""

OK = 200
REFUSED = (400, 404, 422)
"""Statuses of a server that does not know what it is asked for."""

Token = tuple[str, float] | None
"""A token's id and its log probability in nats; None if it has none."""


def scored(
    server: Server, asked: dict[str, Any], messages: Sequence[Any], texts: Sequence[str]
) -> tuple[list[Likelihood], int]:
    """Return how likely answers are behind messages, and how many tokens those have.

    Args:
        server: is asked once, and once more for each answer.
        asked: the model, and what it wants to know beside messages.
        messages: the conversation before the answers.
        texts: the answers.

    Raises:
        UsageError: the server does not tell.
        EngineError: it does not answer.

    """
    before = _tokens(server, {**asked, "messages": list(messages)})
    found = []
    for text in texts:
        answer = {"role": "assistant", "content": text}
        whole = _tokens(server, {**asked, "messages": [*messages, answer], **BEHIND})
        pairs = zip(before, whole, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: _id(pair[0]) == _id(pair[1]), pairs))
        nats = [one[1] for one in whole[same:] if one is not None]
        if not nats:
            message = f"the server at {server.place} scores no token of an answer"
            raise EngineError(message, status=OK)
        found.append(Likelihood(sum(nats), len(nats)))
    return found, len(before)


def can_score(server: Server, asked: dict[str, Any]) -> bool:
    """Find out whether a server tells, with a short question.

    Raises:
        EngineError: it does not answer that at all.

    """
    try:
        scored(server, asked, [{"role": "user", "content": "Is it day?"}], ["Yes."])
    except UsageError:
        return False
    except EngineError as error:
        if error.status not in (OK, *REFUSED):
            raise  # it may tell another time
        return False
    return True


def _id(token: Token) -> str | None:
    return None if token is None else token[0]


def _tokens(server: Server, asked: dict[str, Any]) -> list[Token]:
    """Return the tokens of a prompt."""
    reply = server.answer("POST", "/chat/completions", {**asked, **SCORED})
    told = reply.get("prompt_logprobs")
    if not isinstance(told, list):
        raise UsageError(
            f"the server at {server.place} does not tell how likely its model finds a given text",
            hint="vLLM does, and vidqa serve",
        )
    try:
        return [_token(one) for one in told]
    except ValueError as error:
        raise EngineError(f"the server at {server.place} {STRANGE}", status=OK) from error


def _token(told: Any) -> Token:
    """Return a token that a server tells of. Raises ValueError."""
    if told is None or told == {}:
        return None
    if isinstance(told, dict):
        number, known = next(iter(told.items()))
        nats = known.get("logprob") if isinstance(known, dict) else None
        if isinstance(nats, int | float):
            return str(number), float(nats)
    raise ValueError("not a token")
