"""Questions in languages that a model does not speak."""

import pytest

from vidqa.engine.answer.question_language import foreign, language_warnings
from vidqa.models.registry import find_model

ENGLISH = ("en",)


@pytest.mark.parametrize(
    "question",
    [
        "What happens?",
        "what is this?",
        "cat?",
        "dog or cat?",
        "describe",
        "list objects",
        "Is there a sombrero?",
        "who speaks?",
        "Where is Juan?",
        "What is the capital of Deutschland?",
        "count the balls",
        "espresso?",
        "1 + 1",
        "?",
        "Is Señor López in the café?",
        "What does \u00bfqu\u00e9 tal? mean?",
    ],
)
def test_english_is_left_alone(question: str) -> None:
    assert foreign(question, ENGLISH) is None


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Was passiert in dem Video?", "de"),
        ("Que se passe-t-il ?", "fr"),
        ("\u00bfQu\u00e9 pasa en el video?", "es"),
        ("O que acontece no v\u00eddeo?", "pt"),
        ("\u0427\u0442\u043e \u043f\u0440\u043e\u0438\u0441\u0445\u043e\u0434\u0438\u0442?", "ru"),
        ("\u4f55\u304c\u8d77\u3053\u308a\u307e\u3059\u304b\uff1f", "ja"),
        ("\u53d1\u751f\u4e86\u4ec0\u4e48\uff1f", "zh"),
        ("Wat gebeurt er?", "nl"),
        ("Co si\u0119 dzieje?", "pl"),
    ],
)
def test_other_languages_are_named(question: str, language: str) -> None:
    assert foreign(question, ENGLISH) == language
    (said,) = language_warnings(question, find_model("starter"))
    assert f"{language!r}; starter understands only en" in said


def test_a_model_that_claims_nothing_is_not_warned_about() -> None:
    assert language_warnings("Was ist das?", find_model("minigpt4-video-mistral")) == ()
