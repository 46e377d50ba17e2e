"""Where the sentences of an answer are from, and how that is told."""

import pytest

from vidqa.engine.asking.evidence import claim, claimed, told
from vidqa.engine.finding.passages import passages_of
from vidqa.engine.summaries.windows import Window
from vidqa.types import Claim, Cue, Grounding

FIRST, SECOND, FAR = Window(0, 42, "start"), Window(40, 82, "even"), Window(400, 442, "even")
CUES = passages_of(
    (Cue(3, 5, "The dog is called Pepper."), Cue(45, 48, "The ferry leaves at nine."))
)
HEARD = Grounding("heard", 0.0, 9.0, 9.0)
SEEN = Grounding("seen", 8.0, 0.0, 8.0)
GUESS = Grounding("guess", 0.0, 0.1, 0.1)
GUESSED = Claim("It rains.", (), GUESS)


def test_sentences_without_doubts_repeats_and_times_of_the_model() -> None:
    text = "A dog [0:10]. A dog. I cannot tell. It sleeps at [1:02:03-1:03:00] noon. [aside]"
    assert claimed(text, ["I cannot tell."]) == ("A dog.", "It sleeps at noon.", "[aside]")


def test_a_sentence_is_where_it_was_said() -> None:
    one = claim("The ferry leaves at nine.", {FIRST: GUESS, SECOND: HEARD}, CUES)
    assert one.spans == ((45, 48),)
    assert one.grounding == HEARD


def test_or_in_its_window() -> None:
    seen = claim("The ferry leaves at nine.", {SECOND: SEEN}, CUES)
    assert seen.spans == ((40, 82),)
    other = claim("Somebody sails away.", {SECOND: HEARD}, CUES)
    assert other.spans == ((40, 82),), "no sentence there has its words"


def test_the_best_window_or_all_that_support_it() -> None:
    grounds = {FIRST: SEEN, SECOND: Grounding("seen", 9.0, 0.0, 9.0), FAR: SEEN}
    assert claim("A red car.", grounds, CUES).spans == ((40, 82),)
    assert claim("A red car.", grounds, CUES, everywhere=True).spans == ((0, 82), (400, 442))


@pytest.mark.parametrize(
    "text",
    [
        "No, there is no dog.", "Nein, da ist keiner.", "没有狗", "I cannot tell who it is.",
        "Nothing is said.", "The buyer is not said.", "The video does not mention a dog.",
        "There isn\u2019t a dog.", "There is nothing on the table.", "A dog cannot be seen.",
        "Es gibt keinen Hund.", "视频中没有狗", "No dog is visible.", "No one is there.",
        "No.", "No dog.", "It's not mentioned.", "The video shows no dog.",
        "The dog does not appear.",
        "The price is never mentioned.", "The dog is not in the video.", "犬はいません。",
    ],
)  # fmt: skip
def test_no_part_shows_that_something_is_nowhere(text: str) -> None:
    assert claim(text, {FIRST: SEEN}, CUES).spans == ()
    assert claim(text, {FIRST: SEEN}, CUES, is_whole=True).spans == ((0, 42),)


@pytest.mark.parametrize(
    "text",
    [
        "Nobel was born there.", "Notes are on the desk.", "It is not far.", "No doubt he won.",
        "Non-stop trains leave at nine.", "She did not tell her mother.", "我没有钱",
        "No smoking is written on the wall.", 'A voice says: "There is no bus on Sunday."',
        "He does not say a word and leaves.",
    ],
)  # fmt: skip
def test_no_denials(text: str) -> None:
    assert claim(text, {FIRST: SEEN}, CUES).spans == ((0, 42),)


def test_a_denial_needs_all_of_its_windows() -> None:
    grounds = {FIRST: SEEN, SECOND: GUESS}
    assert claim("No dog.", grounds, CUES, everywhere=True, is_whole=True).spans == ()


def test_what_no_window_is_about_is_supported_by_none() -> None:
    assert claim("A red car.", {}, CUES) == Claim("A red car.", (), None)
    assert claim("A red car.", {FIRST: GUESS}, CUES).spans == ()


def test_places_are_told_and_guesses_are_marked_or_left_out() -> None:
    claims = [Claim("A dog.", ((751.2, 770.9),), SEEN), GUESSED]
    assert "".join(told(claims, strict=False)) == "A dog. [12:31-12:50] It rains. [no evidence]"
    assert "".join(told(claims, strict=True)) == "A dog. [12:31-12:50]"
    assert "".join(told(claims[::-1], strict=True)) == "A dog. [12:31-12:50]"


def test_of_many_places_a_few_are_told() -> None:
    spans = tuple((100.0 * at, 100.0 * at + 5) for at in range(5))
    (text,) = told([Claim("A dog.", spans, SEEN)], strict=False)
    assert text == "A dog. [0:00-0:05, 1:40-1:45, 3:20-3:25 and 2 more]"


@pytest.mark.parametrize("claims", [[], [GUESSED]])
@pytest.mark.parametrize("strict", [False, True])
def test_without_evidence_that_is_the_answer(claims: list[Claim], strict: bool) -> None:
    assert list(told(claims, strict=strict)) == ["not enough evidence"]


def test_the_record_of_a_claim() -> None:
    assert Claim("A dog.", ((1.23456, 2.0),), SEEN).to_record() == {
        "text": "A dog.", "spans": [[1.235, 2.0]], "verdict": "seen", "without_pictures": 8.0,
        "without_words": 0.0, "without_both": 8.0,
    }  # fmt: skip
    assert Claim("A dog.", (), None).to_record() == {
        "text": "A dog.", "spans": [], "verdict": "guess"
    }  # fmt: skip
