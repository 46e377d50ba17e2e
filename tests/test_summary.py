"""The text of summaries and titles."""

import pytest

from vidqa.engine.summaries.summary import MOST_TITLE, sentences, title_of, whole_sentences


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("A dog runs. A cat", "A dog runs."),
        ('He says "Run!" And then', 'He says "Run!"'),
        ("It is 3.5 m long. It", "It is 3.5 m long."),
        ("All of it.\n", "All of it."),
        ("no end at all ", "no end at all …"),
        ("The man met Dr. Smith and then", "The man met Dr. Smith and then …"),
        ("He left. The man met Dr. Smith and", "He left."),
        ("1. A man walks.\n2. A dog", "1. A man walks."),
        ("It is long, e.g. one", "It is long, e.g. one …"),
        ("\u4e00\u4e2a\u4eba\u3002\u4ed6\u5f88", "\u4e00\u4e2a\u4eba\u3002"),
        ("", ""),
    ],
)
def test_a_text_that_was_cut_ends_with_a_sentence(text: str, whole: str) -> None:
    assert whole_sentences(text) == whole


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ('"The Cat Sleeps."', "The Cat Sleeps"),
        ("# **a day out**\n\nIt shows a day.", "A day out"),
        ("\n- \u201cTea\u201d", "- \u201cTea"),
        ("", ""),
        ("A, B and C", "A, B and C"),
        ("???", "???"),
        ("a dog, a cat and the dog", "A dog and a cat"),
        ("a dog, a cat and a", "A dog and a cat"),
    ],
)
def test_a_title_is_one_bare_line(answer: str, title: str) -> None:
    assert title_of(answer, ()) == title


def test_a_title_without_what_the_model_begins_with() -> None:
    leads = ("The video shows ",)
    assert title_of("The video shows a cat, then a mug.", leads) == "A cat, then a mug"
    assert title_of("Nothing is said.", leads) == ""


def test_a_title_has_an_end() -> None:
    title = title_of("word " * 100, ())
    assert len(title) <= MOST_TITLE
    assert title.endswith("word …")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A dog runs. A cat sits!", ["A dog runs.", "A cat sits!"]),
        ('A voice says: "One. Two." It ends.', ['A voice says: "One. Two."', "It ends."]),
        ("\u201cOne. Two.\u201d It ends.", ["\u201cOne. Two.\u201d", "It ends."]),
        ('A 3" nail. It bends.', ['A 3" nail.', "It bends."]),
        ("Dr. Smith is here. He waits.", ["Dr. Smith is here.", "He waits."]),
        ("# Heading\n\n1. A man.\n2. A dog", ["# Heading", "1. A man.", "2. A dog"]),
        (
            "\u732b\u3067\u3059\u3002\u72ac\u3067\u3059\u3002",
            ["\u732b\u3067\u3059\u3002", "\u72ac\u3067\u3059\u3002"],
        ),
        ("cut in its first \u2026", ["cut in its first \u2026"]),
        (" \n", []),
    ],
)
def test_a_text_is_its_sentences(text: str, found: list[str]) -> None:
    parts = sentences(text)
    assert [sentence for sentence, _ in parts] == found
    assert "".join(sentence + gap for sentence, gap in parts).strip() == text.strip()


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("The espresso bar, the cat and the cat", "The espresso bar and the cat"),
        (
            "The optical, space telescope, the cleanrooms, the space telescope and the ...",
            "The optical, space telescope and the cleanrooms",
        ),
        ("A cat and the cat", "A cat"),
        ("Bread, butter, and jam", "Bread, butter, and jam"),
        ("Salt and pepper", "Salt and pepper"),
        ("Now and then", "Now and then"),
    ],
)
def test_a_title_names_nothing_twice(answer: str, title: str) -> None:
    assert title_of(answer, ()) == title
