"""Words of any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.types.wording import count_words, first_words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("the cat's mat", 3),
        ("猫在垫子上。", 3),
        ("视频里有1只猫", 4),
        ("แมว", 2),
        ("고양이가 있다", 2),
        ("Das ist 猫 hier", 4),
    ],
)
def test_two_letters_are_a_word_where_none_are_written_apart(text: str, count: int) -> None:
    assert count_words(text) == count


def test_a_text_can_be_cut_within_a_line_without_blanks() -> None:
    assert first_words("猫在垫子上。", 2) == "猫在垫子"
    assert first_words("Das ist 猫 hier", 3) == "Das ist 猫"
    assert first_words("one two", 0) == ""


@given(st.text(), st.integers(0, 20))
def test_so_many_words_are_kept(text: str, count: int) -> None:
    kept = first_words(text, count)
    assert count_words(kept) == min(count, count_words(text))
    assert text.strip().startswith(kept)
