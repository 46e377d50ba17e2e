"""Cues that people can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.tasks.transcribe.readable import Readable
from vidqa.types import Cue, Word

LONG = (
    "Whoever reads this aloud needs half a minute for it, since it goes on and on, says little, "
    "and was written for no other purpose than to be far too long for a screen."
)


def spoken(text: str, *, start_s: float = 0.0, word_s: float = 0.4) -> Cue:
    """A cue whose words are said one after the other."""
    words, now_s = [], start_s
    for word in text.split():
        words.append(Word(round(now_s, 3), round(now_s + word_s, 3), f" {word}"))
        now_s += word_s
    return Cue(start_s, now_s, text, tuple(words))


def test_a_short_cue_stays_as_it_is():
    assert list(Readable().split(spoken("Hello there."))) == [Cue(0.0, 0.8, "Hello there.")]


def test_a_long_line_becomes_two_of_nearly_one_length():
    (cue,) = Readable().split(spoken("The day starts with a cup of coffee at the espresso bar."))
    assert cue.text == "The day starts with a cup of\ncoffee at the espresso bar."


def test_a_long_cue_is_split_where_words_begin():
    whole = spoken(LONG, start_s=3.0)
    parts = list(Readable().split(whole))
    assert " ".join(part.text.replace("\n", " ") for part in parts) == LONG
    begins = {word.start_s for word in whole.words}
    for part in parts:
        assert part.end_s - part.start_s <= 7.0
        assert part.start_s in begins
        assert all(len(line) <= 42 for line in part.text.split("\n"))
        assert part.text.count("\n") <= 1
    lengths = [len(part.text) for part in parts]
    assert max(lengths) - min(lengths) < 25, "no word is left alone"


def test_times_go_by_letters_where_nobody_knows_better():
    parts = list(Readable(most_s=6.5).split(Cue(10.0, 20.0, "one two three four")))
    assert [part.text for part in parts] == ["one two", "three four"]
    assert parts[0].start_s == 10.0
    assert parts[-1].end_s == pytest.approx(20.0)
    assert parts[0].end_s == parts[1].start_s


def test_a_script_without_blanks_is_split_as_well():
    parts = list(Readable(width=8).split(Cue(0.0, 20.0, "猫在垫子上睡觉狗在门口等人回家")))
    assert len(parts) > 2
    assert all(len(line) <= 8 for part in parts for line in part.text.split("\n"))


@pytest.mark.parametrize("wrong", [{"most_s": 0.0}, {"width": 0}])
def test_limits_must_leave_room(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="Readable"):
        Readable(**wrong)  # type: ignore[arg-type]


@given(
    st.lists(
        st.text("abc .,猫", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=30
    ),
    st.floats(0.1, 30.0),
    st.integers(1, 60),
)
def test_nothing_is_lost_or_out_of_order(words: list[str], seconds: float, width: int):
    text = " ".join(" ".join(words).split())
    cue = Cue(1.0, 1.0 + seconds, text)
    parts = list(Readable(most_s=2.0, width=width).split(cue))
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    assert all(1.0 <= part.start_s <= part.end_s <= 1.0 + seconds + 0.002 for part in parts)
    assert [part.start_s for part in parts] == sorted(part.start_s for part in parts)
    assert all(part.text.count("\n") <= 1 for part in parts)
