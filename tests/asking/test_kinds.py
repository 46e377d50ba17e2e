"""Questions about all of a clip, about its words, and about something in it."""

import pytest

from vidqa.engine.asking.question.kinds import (
    asked_for,
    is_about_all,
    is_about_words,
    names_all,
    refers,
)


@pytest.mark.parametrize(
    "question",
    [
        "What happens?", "What is this video about?", "Summarize the talk", "What is said?",
        "Describe the video in order.", "What do you see?", "List everything that happens.",
        "What is the main topic?", "这个视频讲了什么", "概括视频的主要内容",
        "この動画は何についてですか", "Worum geht es in dem Video?", "De quoi parle la vidéo ?",
        "¿Qué pasa?",
    ],
)  # fmt: skip
def test_about_all(question: str) -> None:
    assert is_about_all(question)


@pytest.mark.parametrize(
    "question",
    [
        "Is there a dog?", "What is the dog called?", "What colour is the car?", "视频里有猫吗",
        "Was passiert mit dem Hund?", "¿Dónde está el perro?", "When did he die?",
        "Is there a watch?", "What is the title?", "Is there a man?",
        "Who is the man?", "How many people came to Cairo?",
    ],
)  # fmt: skip
def test_about_something(question: str) -> None:
    assert not is_about_all(question)


def test_about_words() -> None:
    assert is_about_words("What does she say about the dog?")
    assert is_about_words("他说了什么")
    assert is_about_words("Who is mentioned?")
    assert not is_about_words("Is there a dog?")
    assert not is_about_words("Is the speaker wearing glasses?")
    assert not is_about_words("What does the sign say?")
    assert not is_about_words("What sword is that?")


def test_what_is_asked_for() -> None:
    assert asked_for("What is the name of the red dog?") == "red dog"
    assert asked_for("How many people are called that?") == "people"
    assert asked_for("What is it called?") == "What is it called?"


def test_the_whole_is_named_or_what_was_spoken_of_before_is_meant() -> None:
    for question in ("What happens?", "What is it about?", "Summarize the video.", "What is said?"):
        assert names_all(question)
    for question in ("Who is he?", "Why?", "Who said that?", "What did he say about it?"):
        assert is_about_all(question)
        assert not names_all(question)
        assert refers(question)
    assert refers("Who made it?")
    assert refers("And then?")
    for question in ("Where is the dog?", "Is there a cake?", "What about the cat?"):
        assert not refers(question)
    assert not refers("Does he open the red door?")
