"""Terms of queries and texts, in scripts with blanks and without."""

import pytest

from vidqa.engine.finding.terms import MOST_TERMS, searchable, terms_of


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("A man opens the red door", ("man", "opens", "red", "door")),
        ("where is the cat?", ("cat",)),
        ("to be or not to be", ("to", "be", "or", "not")),  # nothing else is said
        ("the dog, the DOG", ("dog",)),
        ("C3PO's 12 café", ("c3po", "12", "café")),
        ("猫在哪里", ("猫在", "在哪", "哪里")),
        ("红 door", ("红", "door")),
        ("ねこ cat", ("ねこ", "cat")),
        ("?! …", ()),
        ('" OR ( NEAR', ("near",)),
        ("große Straße", ("große", "straße")),
        ("cafe\u0301", ("café",)),
        ("नमस्ते दुनिया", ("नमस्ते", "दुनिया")),
    ],
)
def test_what_a_query_is_searched_by(query: str, terms: tuple[str, ...]) -> None:
    assert terms_of(query) == terms


def test_a_page_of_text_is_no_endless_query() -> None:
    assert len(terms_of(" ".join(f"word{number}" for number in range(1000)))) == MOST_TERMS


def test_only_scripts_without_blanks_are_taken_apart() -> None:
    assert searchable("Straße über ноль").split() == ["Straße", "über", "ноль"]
    stored = searchable("我在北京。去!").split()
    assert stored == ["我", "在", "北", "京", "我在", "在北", "北京", "。", "去", "去", "!"]
