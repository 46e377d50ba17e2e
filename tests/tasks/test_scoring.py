"""When an answer counts as right."""

import pytest

from vidqa.tasks.evaluate.rules import Expected, RuleName, quoted_share, words_of


def right(
    answer: str, *accepted: str, rule: RuleName = "contains", wrong: tuple[str, ...] = ()
) -> bool:
    return Expected(tuple((one,) for one in accepted), rule, wrong).is_right(answer)


def test_words_know_neither_case_nor_punctuation_nor_articles() -> None:
    assert words_of("The cat's A “Big” one, isn\N{RIGHT SINGLE QUOTATION MARK}t it?") == [
        "cat's",
        "big",
        "one",
        "isn't",
        "it",
    ]


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("The video shows a cat, then a dog.", ["cat"], True),
        ("The video shows cats.", ["cat"], True),
        ("A concatenation.", ["cat"], False),
        ("A fire engine!", ["truck", "fire engine"], True),
        ("An engine on fire.", ["fire engine"], False),
        ("", ["cat"], False),
    ],
)
def test_contains(answer: str, accepted: list[str], expected: bool) -> None:
    assert right(answer, *accepted) is expected
    assert right(answer, *accepted, rule="lacks") is not expected


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("A", "A", True),
        ("(a)", "A", True),
        ("The answer is A.", "A", True),
        ("A: a dog", "A", True),
        ("Option A shows it.", "A", True),
        ("A dog runs.", "A", False),
        ("B", "A", False),
        ("There is 1.", "1", True),
        ("There are 12.", "1", False),
    ],
)
def test_a_letter_may_be_the_answer(answer: str, accepted: str, expected: bool) -> None:
    assert right(answer, accepted) is expected


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("视频里有一只猫", "猫", True),
        ("视频里有一只猫。", "一只猫", True),
        ("视频里有一只狗", "猫", False),
        ("มีแมวอยู่ในวิดีโอ", "แมว", True),
        ("動画には猫がいます", "猫", True),
        ("고양이가 있다", "고양이", True),
        ("यह एक बिल्ली है", "बिल्ली", True),
        ("यह एक बिल्ला है", "बिल्ली", False),
        ("यह एक बिल्ली।", "बिल्ली", True),
        ("고양이입니다", "고양이", True),
        ("개인이 있다", "개", False),
        ("개나리가 있다", "개", False),
    ],
)
def test_scripts_that_write_no_blanks(answer: str, accepted: str, expected: bool) -> None:
    assert right(answer, accepted) is expected


def test_exact() -> None:
    assert right("A cat.", "the cat", rule="exact")
    assert not right("A black cat.", "cat", rule="exact")


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("Yes, there is no doubt.", "yes", True),
        ("No. I would say yes if I saw one.", "no", True),
        ("I cannot tell.", "no", False),
        ("Nobody knows.", "no", False),
    ],
)
def test_yes_or_no(answer: str, accepted: str, expected: bool) -> None:
    assert right(answer, accepted, rule="yes_no") is expected


def test_naming_both_is_not_choosing() -> None:
    assert right("The cat comes first.", "cat", rule="names_only", wrong=("dog",))
    assert not right("The cat or the dog.", "cat", rule="names_only", wrong=("dog",))


def test_order() -> None:
    expected = Expected((("hen", "chicken"), ("cow",)), "in_order")
    assert expected.is_right("A chicken, then a cow.")
    assert not expected.is_right("A cow, then a chicken.")
    assert not expected.is_right("A chicken.")


def test_quoting_takes_four_words_of_five() -> None:
    sentence = "one two three four five six seven eight nine ten"
    assert right('A voice says: "One two three four five six seven eight."', sentence, rule="words")
    assert not right("One two three four five six seven.", sentence, rule="words")
    assert quoted_share(sentence, sentence.split()[::-1]) < 0.2
