"""Frames and words, interleaved within a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.prompt.form import PromptForm
from vidqa.prompt.interleave import align, fit_words, neutralize, user_content
from vidqa.types import Cue, Segment

TIMES = st.lists(st.integers(0, 1000), min_size=1, max_size=20, unique=True).map(
    lambda values: sorted(value / 10 for value in values)
)
CUES = st.lists(
    st.tuples(st.integers(0, 1200), st.integers(0, 50), st.text("abc ", min_size=1, max_size=12)),
    max_size=20,
).map(lambda rows: [Cue(s / 10, (s + d) / 10, text.strip() or "x") for s, d, text in rows])


def test_a_cue_goes_to_the_first_frame_at_or_after_its_start() -> None:
    cues = [
        Cue(0.0, 1.0, "one"),
        Cue(1.0, 2.0, "two"),
        Cue(1.1, 3.0, "three"),
        Cue(9.0, 9.5, "late"),
    ]
    assert align([1.0, 2.0, 3.0], cues) == (
        Segment(1.0, "one two"),
        Segment(2.0, "three"),
        Segment(3.0, "late"),
    )


@given(TIMES, CUES)
def test_every_cue_lands_once_in_order_of_time(times: list[float], cues: list[Cue]) -> None:
    segments = align(times, cues)
    assert [segment.time_s for segment in segments] == times
    landed = " ".join(segment.text for segment in segments if segment.text)
    expected = sorted(cues, key=lambda cue: (cue.start_s, cue.end_s))
    assert landed == " ".join(cue.text for cue in expected)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(0, 120))
def test_the_budget_is_used_and_kept(counts: list[int], budget: int) -> None:
    segments = [Segment(float(i), " ".join(["w"] * count)) for i, count in enumerate(counts)]
    fitted = fit_words(segments, budget)
    kept = [len(segment.text.split()) for segment in fitted.segments]
    assert sum(kept) == fitted.used == min(budget, sum(counts))
    assert fitted.used + fitted.dropped == sum(counts)
    cut = [k for k, c in zip(kept, counts, strict=True) if k < c]
    assert not cut or max(kept) <= min(cut) + len(counts)


def test_a_long_start_does_not_starve_the_end() -> None:
    segments = [Segment(0.0, "a " * 100), Segment(1.0, "b b b")]
    fitted = fit_words(segments, 10)
    assert fitted.segments[1].text == "b b b"
    assert len(fitted.segments[0].text.split()) == 7
    assert fitted.dropped == 93


def test_content_keeps_frames_and_words_in_order() -> None:
    content = user_content([Segment(0, "hi"), Segment(1, "")], "What?", PromptForm())
    assert [item["type"] for item in content] == ["image", "text", "image", "text", "text"]
    assert content[1]["text"] == "\nHeard: hi\n"
    assert content[-1]["text"] == "What?"


@given(st.lists(st.sampled_from(["<image>", "<|im_end|>", "<", "|", "im_end|>", "image>", "x "])))
def test_no_control_token_survives(parts: list[str]) -> None:
    neutralized = neutralize("".join(parts), ["<image>", "<|im_end|>"])
    assert "<image>" not in neutralized
    assert "<|im_end|>" not in neutralized
    assert neutralized.replace(" ", "") == "".join(parts).replace(" ", "")


TOKENS = st.lists(st.text(st.sampled_from(" \u2028<a|>\ue000"), min_size=2, max_size=5), max_size=4)
TEXTS = st.text(st.sampled_from(" \u2028<a|>\ue000b") | st.characters(), max_size=40)


@given(TEXTS, TOKENS)
def test_no_token_survives_whatever_it_is_made_of(text: str, tokens: list[str]) -> None:
    neutralized = neutralize(text, tokens)
    assert not any(token in neutralized for token in tokens if token.strip())


@pytest.mark.parametrize(
    ("text", "token", "neutralized"),
    [
        ("a <x> b", " <x>", "a < x> b"),
        ("a  b", "  ", "a  b"),
        ("say a b c", "a b", "say  b c"),
        ("<<<x", "<<x", "<< <x"),
    ],
)
def test_tokens_with_blanks(text: str, token: str, neutralized: str) -> None:
    assert neutralize(text, [token]) == neutralized


@pytest.mark.parametrize("text", ["plain words", "a < b > c", "<img>", ""])
def test_other_text_is_left_alone(text: str) -> None:
    assert neutralize(text, ["<image>"]) == text


@given(TIMES, CUES, st.integers(0, 60))
def test_words_keep_their_frame_and_order_within_the_budget(
    times: list[float], cues: list[Cue], budget: int
) -> None:
    segments = align(times, cues)
    fitted = fit_words(segments, budget)
    assert [one.time_s for one in fitted.segments] == times
    assert sum(len(one.text.split()) for one in fitted.segments) == fitted.used <= budget
    for whole, kept in zip(segments, fitted.segments, strict=True):
        words = kept.text.split()
        assert words == whole.text.split()[: len(words)]
    assert fitted.used + fitted.dropped == sum(len(cue.text.split()) for cue in cues)
