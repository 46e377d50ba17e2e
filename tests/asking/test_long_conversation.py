"""Conversations about a long clip, by a tiny random model: what each turn is shown."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from long_clips import ALONE, answers, load, stream, supported, words

from vidqa.engine import Model
from vidqa.engine.asking.long_conversation import LongConversation
from vidqa.engine.conversation import Conversation
from vidqa.engine.local.local_clip import LocalClip
from vidqa.types import Answer, Grounding

pytestmark = pytest.mark.numbers


@pytest.fixture
def model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    supported(monkeypatch, lambda _: True)
    return load(folder)


def begun(model: Model, clip: Path) -> LongConversation:
    talk = model.watch(clip).converse()
    assert isinstance(talk, LongConversation)
    return talk


def test_a_short_clip_has_a_plain_conversation(model: Model, long_clip: Path) -> None:
    talk = model.watch(long_clip, end_s=39).converse()
    assert type(talk) is Conversation


def test_turns_go_where_they_point_and_follow_ups_stay(
    model: Model,
    long_clip: Path,
) -> None:
    talk = begun(model, long_clip)
    first = stream(talk, "Where is the dog?")
    assert (first.chosen_by, words(talk.clip)) == ("words", "The dog speaks first.")
    assert first.claims
    followed = stream(talk, "And what colour?")
    assert followed.looked_at == first.looked_at
    assert followed.prompt_tokens > first.prompt_tokens, "the turn before is read, too"
    other = stream(talk, "What about the cat?")
    assert (words(talk.clip), len(talk.turns)) == ("The cat is called Chelsea.", 3)
    assert other.looked_at != first.looked_at
    assert [turn.answer for turn in talk.turns] == [first, followed, other]


def test_a_turn_is_as_if_all_were_read_behind_its_windows(
    model: Model,
    long_clip: Path,
) -> None:
    talk = begun(model, long_clip)
    stream(talk, "Where is the dog?")
    stream(talk, "What about the cat?")
    kept, talk._context = talk._context, None
    assert kept is not None
    again = begun(model, long_clip)
    again.clip, again._shown = talk.clip, talk._shown
    again.turns, again._context = list(talk.turns), None
    assert stream(again, "And who?").text == stream(talk, "And who?").text


def test_all_of_it_stands_alone_and_is_known_afterwards(
    model: Model,
    long_clip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = begun(model, long_clip)
    with monkeypatch.context() as patch:
        answers(patch, "The cat is called Chelsea.")
        whole = stream(talk, "What happens?")
    assert whole.chosen_by == "all"
    assert [turn.answer for turn in talk.turns] == [whole]
    dog = stream(talk, "Where is the dog?")
    alone = stream(begun(model, long_clip), "Where is the dog?")
    assert dog.prompt_tokens > alone.prompt_tokens
    talk.forget()
    assert (talk.turns, talk.clip) == ([], talk._long.clip)


def test_what_has_no_evidence_is_forgotten(
    model: Model,
    long_clip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = begun(model, long_clip)
    answer = stream(talk, "What is said about the submarine?")
    assert (answer.text, talk.turns) == ("not enough evidence", [])


def test_sentences_are_checked_on_the_windows_alone(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grounds(_: LocalClip, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        return tuple(Grounding("guess", 0.0, 0.0, 0.0) for _ in texts)

    talk = begun(model, long_clip)
    first, clip = stream(talk, "Where is the dog?"), talk.clip
    monkeypatch.setattr(LocalClip, "grounds", grounds)
    assert stream(talk, "And what colour is it?").text == "not enough evidence"
    assert ([turn.answer for turn in talk.turns], talk.clip) == ([first], clip)


@pytest.mark.parametrize("question", ["Where is the cat?", "And what colour?", "What happens?"])
def test_a_turn_that_is_broken_off_leaves_no_trace(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    talk = begun(model, long_clip)
    first, clip = stream(talk, "Where is the dog?"), talk.clip

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalClip, "grounds", stop)
        answers(patch, "A mug.")
        with pytest.raises(KeyboardInterrupt):
            stream(talk, question)
    assert ([turn.answer for turn in talk.turns], talk.clip) == ([first], clip)
    closed = talk.stream(question)
    next(closed)
    closed.close()  # type: ignore[attr-defined]
    assert ([turn.answer for turn in talk.turns], talk.clip) == ([first], clip)
    again = stream(talk, "And what colour?")
    assert again.looked_at == first.looked_at


def test_a_question_that_refers_to_the_last_stays_there(model: Model, long_clip: Path) -> None:
    talk = begun(model, long_clip)
    dog = stream(talk, "Where is the dog?")
    for question in ("Who is he?", "Is it called Chelsea?", "And then?"):
        assert stream(talk, question).looked_at == dog.looked_at


def test_a_time_outside_is_said(model: Model, long_clip: Path) -> None:
    talk = begun(model, long_clip)
    stream(talk, "Where is the dog?")
    outside = stream(talk, "What happens at 1:00:00?")
    assert outside.text == "not enough evidence"
    assert any("lies outside" in one for one in outside.warnings)


def test_off_is_about_frames_of_all_of_it(model: Model, long_clip: Path) -> None:
    talk = begun(model, long_clip)
    stream(talk, "Where is the cat?")
    talk.turns.clear()
    talk._context = None
    plain = stream(talk, "Where is the dog?", windows="off")
    asked = model.watch(long_clip).ask("Where is the dog?", windows="off")
    assert replace(plain, timings_s={}) == replace(asked, timings_s={})


def test_a_small_model_is_asked_as_if_nothing_had_been_said(
    folder: Path,
    long_clip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    supported(monkeypatch, lambda _: True)
    talk = begun(load(folder, form=ALONE), long_clip)
    stream(talk, "Where is the cat?")
    dog = stream(talk, "Where is the dog?")
    alone: Answer = load(folder, form=ALONE).watch(long_clip).ask("Where is the dog?")
    assert dog.text == alone.text
    assert 'A voice says: "The dog speaks first."' in dog.text
    followed = stream(talk, "And what colour?")
    assert followed.looked_at == dog.looked_at
    assert len(talk.turns) == 3
