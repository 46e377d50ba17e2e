"""Turns about one clip, on every family: history is read once, and what is too long is dropped."""

from pathlib import Path
from typing import Any

import pytest
import torch

from clips import make_clip
from families import MAKERS, family_spec
from vidqa.engine import Clip, Model, open_folder
from vidqa.engine.conversation import ANSWER_ROOM, Conversation
from vidqa.errors import UsageError
from vidqa.network.inference import decode as decoding
from vidqa.types import Answer, TextDelta

pytestmark = pytest.mark.numbers

QUESTIONS = ("What happens?", "And then?", "Who is it?")
TOLERANCE = 1e-4
"""Of logits in fp32: matrix products of other shapes round differently."""


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "model")
    settings = {"revision": "test", "device": "cpu", "dtype": "float32"}
    return open_folder(family_spec(request.param), folder, **settings)


@pytest.fixture
def clip(model: Model, tmp_path: Path) -> Clip:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40))
    return model.watch(tmp_path / "clip.mp4")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each step of the decoder was given."""
    steps: list[int] = []
    outputs = decoding._outputs

    def spy(network: Any, input_ids: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        steps.append(input_ids.shape[1])
        return outputs(network, input_ids, *args, **kwargs)

    monkeypatch.setattr(decoding, "_outputs", spy)
    return steps


def say(talk: Conversation, question: str, **settings: Any) -> Answer:
    *pieces, answer = talk.stream(question, **settings)
    assert isinstance(answer, Answer)
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == answer.text
    return answer


def test_the_first_turn_is_a_plain_question(clip: Clip) -> None:
    assert say(clip.converse(), QUESTIONS[0]).to_record() == clip.ask(QUESTIONS[0]).to_record()


def test_a_turn_reads_only_what_is_new(clip: Clip, read: list[int]) -> None:
    talk = clip.converse()
    say(talk, QUESTIONS[0])
    before = len(talk._ids("")) - len(clip.model.loaded.encode(clip.video_prefix.suffix_text))
    read.clear()
    answer = say(talk, QUESTIONS[1])
    unread = sum(read) - (answer.new_tokens - 1)
    added = answer.prompt_tokens - clip.video_prefix.prefix_tokens - before
    assert added <= unread <= added + 20, "the new question, and the mark of the last turn's end"


def test_what_was_read_is_as_if_it_were_read_at_once(clip: Clip) -> None:
    """Logits behind three turns, against a prefill of the same ids from the beginning."""
    talk = clip.converse()
    for question in QUESTIONS[:2]:
        say(talk, question)
    ids = talk._ids(QUESTIONS[2])
    assert talk._context is not None
    turn_by_turn, _ = talk._read(talk._context, ids)
    at_once, _ = talk._read(clip.video_prefix.fresh(), ids)
    torch.testing.assert_close(turn_by_turn, at_once, atol=TOLERANCE, rtol=0)


def test_earlier_turns_change_the_answer(clip: Clip) -> None:
    """The second question's prompt holds the first turn; a new conversation does not."""
    talk = clip.converse()
    say(talk, QUESTIONS[0])
    second = say(talk, QUESTIONS[1])
    alone = say(clip.converse(), QUESTIONS[1])
    assert second.prompt_tokens > alone.prompt_tokens
    talk.forget()
    assert say(talk, QUESTIONS[1]).to_record() == alone.to_record()


def test_the_same_conversation_twice_is_the_same(clip: Clip) -> None:
    talks = [clip.converse() for _ in range(2)]
    said = [[say(talk, question).to_record() for question in QUESTIONS] for talk in talks]
    assert said[0] == said[1]


def test_a_broken_off_turn_leaves_no_trace(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, broken = clip.converse(), clip.converse()
    for talk in (whole, broken):
        say(talk, QUESTIONS[0])
    outputs, steps = decoding._outputs, iter(range(100))

    def interrupted(*args: Any, **kwargs: Any) -> torch.Tensor:
        if next(steps) == 3:
            raise KeyboardInterrupt
        return outputs(*args, **kwargs)

    monkeypatch.setattr(decoding, "_outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        say(broken, QUESTIONS[2])
    monkeypatch.setattr(decoding, "_outputs", outputs)
    assert len(broken.turns) == 1
    one, other = (say(talk, QUESTIONS[1]) for talk in (whole, broken))
    assert one.prompt_tokens == other.prompt_tokens
    assert len(broken.turns) == 2


def test_a_full_context_drops_the_oldest_turns_and_says_so(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = clip.converse()
    first = say(talk, QUESTIONS[0], max_new_tokens=3)
    monkeypatch.setattr(
        type(clip.model.loaded),
        "context_tokens",
        property(lambda _: first.prompt_tokens + ANSWER_ROOM + 8),
    )
    answer = say(talk, QUESTIONS[1], max_new_tokens=3)
    assert "the first 1 turns did not fit" in answer.warnings[-1]
    assert answer.prompt_tokens < first.prompt_tokens + 8, "the first turn is not read"
    with pytest.raises(UsageError, match="do not fit"):
        say(talk, "why " * 200)
    assert [turn.question for turn in talk.turns] == [*QUESTIONS[:2]], "all can be saved"


@pytest.mark.parametrize(
    ("question", "settings", "said"),
    [(" ", {}, "empty"), ("a?", {"temperature": -1}, "temperature"), ("a?", {"top_p": 0}, "top_p")],
)
def test_senseless_turns_are_refused(
    clip: Clip, question: str, settings: dict[str, float], said: str
) -> None:
    talk = clip.converse()
    with pytest.raises(UsageError, match=said):
        say(talk, question, **settings)
    assert talk.turns == []
