"""Scores, computed by hand: of single answers, and of whole benchmarks."""

from pathlib import Path
from typing import Any

import pytest
from evaluations import Replied, score

from layouts import wordnet
from vidqa.errors import UsageError
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.estimate import Mark, estimate
from vidqa.tasks.evaluate.scoring.letters import stated_letter
from vidqa.tasks.evaluate.scoring.official import RULES, Shown
from vidqa.tasks.evaluate.scoring.open_answers import count_scores, open_scores, stated_number
from vidqa.tasks.evaluate.scoring.score import Reply, Scorer, orders
from vidqa.tasks.evaluate.scoring.wups import WordNet, find_wordnet, wups_scores

OPTIONS = ("blue", "red", "green", "pink")


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        (" (B) ", "B"),
        ("**B**", "B"),
        ("B. red", "B"),
        ("B) red, not blue", "B"),
        ("B: because of the hat", "B"),
        ("B\nIt is red.", "B"),
        ("The best answer is B.", "B"),
        ("Answer: B", "B"),
        ("the correct option is (B).", "B"),
        ("Apples are red so the answer is B", "B"),
        ("I think it is option D because C is wrong", "D"),
        ("It must be (C), since nothing else fits.", "C"),
        ("I choose D", "D"),
        ("It is red.", "B"),
        ("A red car", "B"),
        ("The answer is red.", "B"),
        ("The answer is not option A, but red", "B"),
        ("Option A is incorrect, so it must be B.", "B"),
        ("(A) is wrong, (B) is right", "B"),
        ("A is correct.", "A"),
        ("B is correct.", "B"),
        ("answer: b", "B"),
        ("option b", "B"),
        ("Option A: blue. Option B: red. The answer is B.", "B"),
        ("I think A because it fits", "A"),
        ("Based on the video, the answer is D: pink.", "D"),
        ("D) pink is correct, A is wrong", "D"),
        ("A. blue is wrong. The answer is B.", "B"),
        ("A: no. B: yes. The answer is B", "B"),
        ("A - it is not there.\nB - it is.\n\nAnswer: B", "B"),
        ("The answer is 'B'.", "B"),
        # nothing is guessed
        ("A. blue\nB. red\nC. green\nD. pink", None),
        ("D. pink is incorrect", None),
        ("C. red", None),  # which is B
        ("B) blue", None),
        ("The answer is (A) red.", None),
        ("It is not B.", None),
        ("It is not red.", None),
        ("Neither A nor B", None),
        ("I don't think the answer is A", None),
        ("The answer is A or B", None),
        ("The answer is A, B", None),
        ("A, B and C", None),
        ("", None),
        ("(", None),
        ("Cannot tell", None),
        ("A dog is running", None),
        ("It is A or B", None),
        ("The answer is A. No, the answer is B.", None),
        ("red or blue", None),
        ("E", None),
        ("the answer is a mystery", None),
    ],
)
def test_the_option_that_an_answer_names(reply: str, letter: str | None) -> None:
    assert stated_letter(reply, OPTIONS) == letter


def test_letters_in_the_texts_of_options_are_none() -> None:
    options = ("A man is cooking", "A dog runs", "Vitamin C", "blue")
    assert stated_letter("Answer: A dog runs", options) == "B"
    assert stated_letter("The answer is: A man is cooking.", options) == "A"
    assert stated_letter("Vitamin C", options) == "C"
    assert stated_letter("The correct answer is (C) Vitamin C.", options) == "C"
    assert stated_letter("It must be Vitamin C, not blue", options) is None, "two are named"


def test_an_option_inside_another_is_not_named_beside_it() -> None:
    assert stated_letter("red and blue", ("red", "red and blue", "blue")) == "B"
    assert stated_letter("I see 2 dogs", ("2", "3")) == "A"


RIGHT, WRONG = True, False


@pytest.mark.parametrize(
    ("reply", "own", "video_mme", "mvbench"),
    [
        ("B", "B", "B", RIGHT),
        ("(B)", "B", "B", RIGHT),
        ("B. x", "B", "B", RIGHT),
        ("The best answer is B.", "B", "B", WRONG),
        ("Apples are red so the answer is B", "B", "A", WRONG),
        ("I think it is option D because C is wrong", "D", "D", WRONG),
        ("Cannot tell", None, "C", WRONG),
        ("b", "B", None, RIGHT),
        ("", None, None, RIGHT),
        ("(", None, None, RIGHT),
        ("Best answer: C", "C", "B", WRONG),
    ],
)
def test_known_faults_of_official_rules(
    reply: str, own: str | None, video_mme: str | None, mvbench: bool
) -> None:
    shown = Shown(OPTIONS, 1, "key")
    assert stated_letter(reply, OPTIONS) == own
    assert RULES["video_mme"](reply, shown).letter == video_mme
    assert RULES["mvbench"](reply, shown).is_right == mvbench


@pytest.mark.parametrize(
    ("rule", "reply", "letter"),
    [
        ("mlvu", "B", "B"),
        ("mlvu", "B) red", "B"),
        ("mlvu", "(B)", None),
        ("mlvu", "B.", None),
        ("mmmu_last", "(A) and not (B)", "B"),
        ("mmmu_first", "(A) and not (B)", "A"),
        ("mmmu_last", "B.", "B"),
        ("mmmu_last", "A dog is B", "B"),
        ("mmmu_first", "A dog is B", "A"),
        ("mmmu_last", "I believe that it is red", "B"),
        ("mmmu_last", "I believe it is blue or rather red", "B"),
        ("longvideobench", "The answer is: D", "D"),
        ("longvideobench", "Dark red", "D"),
    ],
)
def test_other_official_rules(rule: str, reply: str, letter: str | None) -> None:
    found = RULES[rule](reply, Shown(OPTIONS, 1, "key"))
    assert (found.letter, found.is_drawn) == (letter, False)
    assert found.is_right == (letter == "B")


@pytest.mark.parametrize("rule", ["mmmu_last", "mmmu_first", "longvideobench"])
def test_what_is_drawn_by_lot_is_the_same_each_time(rule: str) -> None:
    drawn = [RULES[rule]("no idea", Shown(OPTIONS, 1, str(key))) for key in range(400)]
    again = [RULES[rule]("nothing", Shown(OPTIONS, 1, str(key))) for key in range(400)]
    assert all(one.is_drawn for one in drawn)
    assert [one.letter for one in drawn] == [one.letter for one in again]
    assert {one.letter for one in drawn} == {*"ABCD"}
    assert 60 < sum(one.is_right for one in drawn) < 140, "a quarter"


@pytest.mark.parametrize(
    ("reply", "exact", "normalised", "f1"),
    [
        ("cooking", 1, 1, 1),
        ("Cooking.", 0, 1, 1),
        ("the cooking", 0, 1, 1),
        ("a man is cooking", 0, 0, 0.5),  # 1 of 3 words and 1 of 1: 2 * 1 / 4
        ("running", 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_short_answers(reply: str, exact: float, normalised: float, f1: float) -> None:
    assert open_scores(reply, ("cooking",)) == {"exact": exact, "normalised": normalised, "f1": f1}


def test_numbers_are_the_same_in_words_and_in_digits() -> None:
    assert open_scores("Two", ("2",))["normalised"] == 1
    assert open_scores("twenty-one men", ("21 men",))["normalised"] == 1
    assert stated_number("He nods twice.") == 2
    assert stated_number("3 times") == stated_number("three") == 3
    assert stated_number("two or three") is None
    assert stated_number("often") is None
    assert stated_number("Answer-3") == 3
    assert stated_number("1,000 times") == 1000
    assert stated_number("-2") == -2


@pytest.mark.parametrize(
    ("reply", "official", "scores"),
    [
        ("3", False, (1, 0)),
        ("five times", False, (0, 4)),
        ("often", False, (0, 49)),  # 10 is farther from 3 than 1
        ("20", False, (0, 289)),
        ("20", True, (0, 49)),  # brought to 10
        ("2.6", True, (1, 0)),  # rounded
        ("2.6", False, (0, pytest.approx(0.16))),
    ],
)
def test_counts(reply: str, official: bool, scores: tuple[float, float]) -> None:
    found = count_scores(reply, "3", is_official=official)
    assert (found["accuracy"], found["squared_error"]) == scores


def test_wups_by_hand(tmp_path: Path) -> None:
    wordnet(tmp_path / "wordnet")
    net = WordNet(tmp_path / "wordnet")
    # depths from 1: entity 1, object and colour 2, vehicle and red 3, car 4
    assert net.alike("car", "truck") == pytest.approx(2 * 3 / (4 + 4))
    assert net.alike("red", "blue") == pytest.approx(2 * 2 / (3 + 3))
    assert net.alike("car", "red") == pytest.approx(2 * 1 / (4 + 3))
    assert net.alike("car", "nothing") == 0
    assert net.lemmas("The children are in red cars!") == ("child", "red", "car")
    near = wups_scores(net, "a blue truck", ("red car",), "CW")
    assert near["wups_0"] == pytest.approx(2 / 3 * 3 / 4)
    assert near["wups_0.9"] == pytest.approx(2 / 30 * 3 / 40)
    assert wups_scores(net, "red cars", ("blue truck", "a red car"), "CW")["wups_0.9"] == 1
    assert wups_scores(net, "", ("red car",), "CW") == {"wups_0": 0, "wups_0.9": 0}
    assert wups_scores(net, "the car", ("car",), "DC")["wups_0"] == 1
    assert wups_scores(net, "truck", ("car",), "DC")["wups_0"] == 0, "it must be the same"


def test_a_benchmarks_own_stopwords_go_before(tmp_path: Path) -> None:
    wordnet(tmp_path / "wordnet")
    (tmp_path / "stopwords.txt").write_text("red\nblue\n")
    net = find_wordnet(tmp_path / "wordnet", tmp_path / "stopwords.txt")
    assert net.lemmas("the red car") == ("the", "car")
    assert net.record != find_wordnet(tmp_path / "wordnet", None).record
    with pytest.raises(UsageError, match=r"there is no data\.noun"):
        find_wordnet(tmp_path, None)


def test_wordnet_is_looked_for_where_nltk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    with pytest.raises(UsageError, match="which is not here"):
        find_wordnet(None, None)
    wordnet(tmp_path / "corpora" / "wordnet")
    assert find_wordnet(None, None).alike("car", "truck") == 0.75


def test_options_are_turned_round() -> None:
    assert orders(3, is_permuted=True) == ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    assert orders(3, is_permuted=False) == ((0, 1, 2),)
    question = Question(
        id="q", video="v", clip=None, kind="choice", text="?", options=OPTIONS, right=1
    )
    always_first = [Reply(text="A", order=order) for order in orders(4, is_permuted=True)]
    scored = Scorer("own", "video_mme").scored(question, always_first)
    assert scored.values == {"accuracy": 0.25, "consistent": 0}
    knows = [
        Reply(text="ABCD"[order.index(1)], order=order) for order in orders(4, is_permuted=True)
    ]
    assert Scorer("own", "video_mme").scored(question, knows).values == {
        "accuracy": 1,
        "consistent": 1,
    }


def test_intervals_are_of_videos_not_of_questions() -> None:
    apart = estimate([Mark(float(at < 50), f"{at}") for at in range(100)])
    alike = estimate([Mark(float(at < 50), f"{at // 50}") for at in range(100)])
    assert apart.mean == alike.mean == 0.5
    assert (alike.low, alike.high) == (0, 1), "each draw has one video twice, or both"
    assert 0.38 < apart.low < 0.42
    assert (alike.questions, alike.videos) == (100, 2)
    alone = estimate([Mark(1, "a"), Mark(0, "a"), Mark(1, "b", "x")])
    assert (alone.mean, alone.low, alone.high) == (0.75, None, None), "nothing can be drawn"
    many = estimate([Mark(1, "a")] * 9 + [Mark(0, "b")])
    assert many.mean == 0.9, "a mean over questions"
    by_task = estimate([Mark(1, "a", "x")] * 9 + [Mark(0, "b", "y")])
    assert by_task.mean == 0.5, "tasks weigh the same"


def test_a_benchmark_of_options(replied: Replied) -> None:
    # right: A B C D E, of two videos with two and three questions
    names = [f"2435100235_{at}" for at in range(2)] + [f"8968804598_{at}" for at in range(2, 5)]
    texts = dict(zip(names, ("A", "(B)", "It is green.", "no idea", "D"), strict=True))
    result = replied("next-qa", texts)
    assert score(result, "accuracy") == pytest.approx(3 / 5)
    assert score(result, "accuracy", "causal") == 1
    assert score(result, "accuracy", "descriptive") == 0
    assert result["counts"]["unread"] == 1
    assert result["positions"]["D"] == {"picked": 0.2, "right": 0.2}
    whole = result["scores"][0]
    # the mean of two drawn videos is 2/2, 3/5 or 1/3
    assert (whole["low"], whole["high"]) == (pytest.approx(1 / 3, abs=1e-5), 1)
    assert (whole["questions"], whole["videos"]) == (5, 2)


def test_the_same_answers_officially(replied: Replied) -> None:
    names = [f"2435100235_{at}" for at in range(2)] + [f"8968804598_{at}" for at in range(2, 5)]
    texts = dict(zip(names, ("A", "(B)", "It is green.", "no idea", "D"), strict=True))
    result = replied("next-qa", texts, "--scorer", "official")
    assert result["counts"]["drawn"] == 2
    assert any("drawn by lot" in one for one in result["known_faults"])


def test_tasks_weigh_the_same(replied: Replied) -> None:
    texts = {
        "action_count/video_1.mp4|How many times?": "B",
        "action_count/video_1.mp4|How many times?#2": "B",
        "action_sequence/ABCDE.mp4|What moves?": "",
        "episodic_reasoning/friends_s01e01_seg01_clip_00|What moves?": "",
        "moving_attribute/video_1.mp4|What moves?": "",
    }
    assert score(replied("mvbench", texts), "accuracy") == 0.25
    assert score(replied("mvbench", texts, "--scorer", "official"), "accuracy") == 1


def test_short_answers_of_a_benchmark(replied: Replied) -> None:
    result = replied("activitynet-qa", {"one_0": "Yes.", "one_1": "red", "two_2": "two"})
    assert score(result, "normalised") == 1
    assert score(result, "exact") == pytest.approx(1 / 3, abs=1e-6)
    assert score(result, "exact", "colour") == 1
    official = replied(
        "activitynet-qa", {"one_0": "Yes.", "one_1": "red", "two_2": "two"}, "--scorer", "official"
    )
    assert {one["score"] for one in official["scores"]} == {"exact"}


def test_tasks_of_different_kinds_have_no_common_mean(replied: Replied) -> None:
    texts: dict[str, Any] = {
        f"{task}/{at}": "B" for task in ("action", "transition") for at in "01"
    }
    result = replied("tgif-qa", {**texts, "count/1": "five", "frameqa/1": "Red"})
    assert score(result, "accuracy", "action") == 1
    assert score(result, "accuracy", "transition") == 0
    assert score(result, "squared_error", "count") == 4
    assert score(result, "normalised", "frameqa") == 1
    assert not [one for one in result["scores"] if one["of"] == "all"]


def test_phrases_by_wordnet(replied: Replied) -> None:
    names = [f"2435100235_{at}" for at in range(2)] + [f"8968804598_{at}" for at in range(2, 5)]
    said = ("a red truck", "red lorry", "blue car", "2", "")
    result = replied("next-qa-open", dict(zip(names, said, strict=True)))
    # the first has a second answer, a red lorry; the third is TN, the fourth wants "two"
    values = (1, 3 / 4, 2 / 3, 0, 0)
    assert score(result, "wups_0") == pytest.approx(sum(values) / 5, abs=1e-5)
    assert score(result, "wups_0", "CW") == 1


def test_two_wordings_count_as_the_worse(replied: Replied) -> None:
    texts: dict[str, Any] = {
        "generic/v_one": "A man cooks.",
        "generic/v_one#2": "In a kitchen.",
        "generic/v_two": "",
        "temporal/v_two": "It eats.",
        "consistency/v_one": ["He cooks.", "He sleeps."],
    }
    result = replied("video-chatgpt", texts)
    assert score(result, "exact", "generic") == pytest.approx(2 / 3, abs=1e-5)
    assert score(result, "f1", "consistency") == 0.5


def test_options_by_probability(replied: Replied) -> None:
    order = list(range(4))
    picked = {"text": "B", "order": order, "letter": "B", "option_mass": 0.5}
    texts: dict[str, Any] = {
        "86CxyhFV9MI_0": [picked],
        "tW9_jD5Cgik_0": [{**picked, "option_mass": 0.25}],
    }
    result = replied("longvideobench", texts)
    assert score(result, "accuracy") == 0.5
    assert result["option_mass"] == 0.375
