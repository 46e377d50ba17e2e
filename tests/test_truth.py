"""The measure of truth on real footage: what is claimed, and what counts as true."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("claims")


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("truth")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The video shows a dog.", ["dog"]),
        ("The video shows an espresso, then clogs.", ["espresso", "clogs"]),
        ("The video shows a cat, then a hot pot, and then a man. Nothing is said.",
         ["cat", "hot pot", "man"]),
        ('The video shows a cat. A voice says: "the video shows a dog."', ["cat"]),
        ("I cannot tell what the video shows.", []),
        ('A voice says: "The video shows a dog."', []),
    ],
)  # fmt: skip
def test_claims_are_what_the_pictures_are_said_to_show(
    claims: Any, answer: str, expected: list[str]
) -> None:
    assert claims.claims_of(answer) == expected


def test_doubt_is_the_models_own(claims: Any) -> None:
    assert claims.is_doubt("I cannot tell what the video shows. Nothing is said.")
    assert not claims.is_doubt('The video shows a cat. A voice says: "I cannot tell."')


SEEN = {
    "things": ["table/desk", "red cups", "sunglasses (in her hand)", "laptop/computer", "leaves"],
    "place": "indoors, meeting room/living room",
    "has_person": True,
    "people_accept": [1],
}


@pytest.mark.parametrize(
    "claim", ["desk", "dining table", "cup", "coffee cup", "person", "worker", "leaf", "screen",
              "living room", "sunglasses", "notebook"],
)  # fmt: skip
def test_what_is_written_down_is_true(claims: Any, claim: str) -> None:
    assert claims.is_shown(claim, SEEN)


@pytest.mark.parametrize("claim", ["bathroom", "tablet", "hand", "cupboard", "dog", "", "!"])
def test_what_is_not_is_not(claims: Any, claim: str) -> None:
    assert not claims.is_shown(claim, SEEN)


def test_several_people_are_not_one(claims: Any) -> None:
    assert not claims.is_shown("several people", SEEN)
    assert claims.is_shown("several people", {**SEEN, "people_accept": ["several", 1]})
    assert claims.is_shown("several people", {**SEEN, "people_accept": [2]})


def test_people_are_only_where_they_are(claims: Any) -> None:
    assert not claims.is_shown("man", {**SEEN, "has_person": False})


def test_a_longer_word_is_what_it_ends_with(claims: Any) -> None:
    truth = {"things": ["glasses", "shirt"], "place": "", "has_person": False}
    assert claims.is_shown("sunglasses", truth)
    assert claims.is_shown("sweatshirt", truth)
    assert not claims.is_shown("bathroom", {**truth, "things": ["room"]})


def test_shares_are_of_claims_and_intervals_of_files(truth: Any) -> None:
    def seen(claims: dict[str, bool], number: Any, *, says: bool, told: str) -> dict[str, Any]:
        return {
            "claims": claims, "doubts": not claims, "person": [number != 0, says],
            "people": [[number], f"There {told}."], "not_there": {"dog": says},
        }  # fmt: skip

    every = [
        seen({"cat": True, "mop": False, "bra": False}, 2, says=True, told="are several people"),
        seen({"car": True}, 1, says=False, told="are several people"),
        seen({}, 0, says=False, told="is one person"),
    ]
    found = truth.figures(every)
    assert found["claims that are true"][0] == 50.0  # 2 of 4
    assert found["claims that are true"][3] == 2
    low, high = found["claims that are true"][1:3]
    assert (low, high) == (33.3, 100.0)
    assert found["files with a true claim"][0] == 66.7
    assert found["files of which it says that it cannot tell"][0] == 33.3
    assert found["a person is seen where there is one"][::3] == [50.0, 2]
    assert found["none is seen where there is none"][::3] == [100.0, 1]
    assert found["a person is seen or not, balanced"] == [75.0, 50.0, 100.0, 3]
    assert found["where people are told, one or several is right"][::3] == [50.0, 2]
    assert found["things that are not there are denied"][0] == 66.7
    assert truth.balanced(every[:2]) == [0.0, 0.0, 100.0, 0]
    assert truth.share([], lambda one: [True]) == [0.0, 0.0, 100.0, 0]


def test_half_of_the_files_are_kept_apart(truth: Any) -> None:
    tuned = sum(truth.is_tuned_on(f"clip-{number}.mp4") for number in range(400))
    assert 160 < tuned < 240


@pytest.mark.parametrize(
    ("name", "article"), [("dog", "a dog"), ("umbrella", "an umbrella"), ("glasses", "glasses"),
                          ("glasses of wine", "glasses of wine"), ("goal net", "a goal net")],
)  # fmt: skip
def test_things_are_asked_for_by_their_article(truth: Any, name: str, article: str) -> None:
    assert truth.with_article(name) == article
