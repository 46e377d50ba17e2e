"""Judges: what they are asked, how they are read, and how two of them agree."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluations import Evaluate, Replied, score

from tiny import vidqa_folder
from vidqa.cli.app import run
from vidqa.engine import Model
from vidqa.tasks.evaluate.judging import judge as judges
from vidqa.tasks.evaluate.judging.agreement import SQUARED, kappa
from vidqa.tasks.evaluate.judging.aspects import USUAL, Prompts
from vidqa.tasks.evaluate.judging.verdict import Verdict, read_official, read_verdict

pytestmark = pytest.mark.numbers
Say = Callable[[str], str | int]


@contextmanager
def judging(say: Say) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve a judge as OpenAI's clients know one; yields its address and what it was asked."""
    asked = list[dict[str, Any]]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, {"object": "list", "data": [{"id": "the-judge"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({**body, "key": self.headers.get("Authorization")})
            said = say(body["messages"][0]["content"])
            if isinstance(said, int):
                self._send(said, {"error": "busy"})
            else:
                self._send(200, {"choices": [{"message": {"content": said}}]})

        def _send(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


TEXTS = {"one_0": "Indeed.", "one_1": "crimson", "two_2": "three"}


def generous(prompt: str) -> str:
    """Accept whatever is no number."""
    if "three" in prompt:
        return '{"pred": "no", "score": 0}'
    return 'Sure. ```json\n{"pred": "yes", "score": 4.8}\n```'


def test_a_judge_behind_an_address(
    replied: Replied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with judging(generous) as (url, asked):
        result = replied("activitynet-qa", TEXTS, "--judge", url)
    assert score(result, "judge_accuracy") == pytest.approx(2 / 3, abs=1e-6)
    assert score(result, "judge_score") == pytest.approx(9.6 / 3)
    assert score(result, "judge_accuracy", "number") == 0
    assert score(result, "normalised") == 0
    assert result["judge"]["name"] == "the-judge"
    assert result["judge"]["at"].startswith("127.0.0.1:")
    assert result["judge"]["sampling"] == {"temperature": 0, "max_tokens": 256}
    assert len(result["judge"]["prompt_hash"]) == 64
    (verdict,) = result["questions"][1]["verdicts"]
    assert verdict["raw"].startswith("Sure.")
    assert (verdict["match"], verdict["score"]) == (True, 4.8)
    assert len(asked) == 3
    assert {(one["model"], one["temperature"]) for one in asked} == {("the-judge", 0)}
    assert "secret" not in json.dumps(result)
    assert {one["key"] for one in asked} == {"Bearer secret"}
    assert any("crimson" in one["messages"][0]["content"] for one in asked)


def test_official_scores_are_cut_to_whole_numbers(replied: Replied) -> None:
    def say(prompt: str) -> str:
        return "{'pred': 'yes', 'score': 4.8}" if "crimson" in prompt else "I would say yes."

    with judging(say) as (url, _):
        own = replied("activitynet-qa", TEXTS, "--judge", url)
        official = replied("activitynet-qa", TEXTS, "--judge", url, "--scorer", "official")
    assert score(own, "judge_score") == 4.8
    assert own["counts"]["unjudged"] == 2
    assert score(own, "judge_accuracy") == 1
    # what cannot be read is no yes or no, and 0 of 5
    assert score(official, "judge_accuracy") == 1
    assert score(official, "judge_score") == pytest.approx(4 / 3, abs=1e-6)


def test_five_scores(replied: Replied) -> None:
    texts: dict[str, Any] = {
        "generic/v_one": "A man cooks.",
        "generic/v_one#2": "In a kitchen.",
        "generic/v_two": "A dog.",
        "temporal/v_two": "It eats.",
        "consistency/v_one": ["He cooks.", "He sleeps."],
    }
    grades = {"true": 5, "complete": 3, "subject": 4, "order": 2, "agree": 1}

    def say(prompt: str) -> str:
        (grade,) = [value for word, value in grades.items() if word in prompt]
        return json.dumps({"score": grade})

    with judging(say) as (url, asked):
        result = replied("video-chatgpt", texts, "--judge", url)
    found = {name: score(result, f"judge_{name}") for name in USUAL if name != "match"}
    assert found == {
        "correctness": 5, "detail": 3, "context": 4, "temporal": 2, "consistency": 1,
    }  # fmt: skip
    assert len(asked) == 3 * 3 + 1 + 1
    (pair,) = [one for one in asked if "He sleeps." in one["messages"][0]["content"]]
    assert "What does he do?" in pair["messages"][0]["content"]


def test_the_official_judge_of_pairs_sees_the_first_question_twice(replied: Replied) -> None:
    texts: dict[str, Any] = dict.fromkeys(
        ("generic/v_one", "generic/v_one#2", "generic/v_two", "temporal/v_two"), "x"
    )
    texts["consistency/v_one"] = ["He cooks.", "He sleeps."]
    with judging(lambda _: "{'score': 3}") as (url, asked):
        result = replied("video-chatgpt", texts, "--judge", url, "--scorer", "official")
    (pair,) = [one for one in asked if "He sleeps." in one["messages"][0]["content"]]
    assert pair["messages"][0]["content"].count("What is done?") == 2
    assert "What does he do?" not in pair["messages"][0]["content"]
    assert any("twice" in fault for fault in result["known_faults"])


def test_what_a_judge_refuses_stops_nothing(replied: Replied) -> None:
    def refuses(prompt: str) -> str | int:
        return 400 if "crimson" in prompt else '{"pred": "yes", "score": 5}'

    with judging(refuses) as (url, asked):
        result = replied("activitynet-qa", TEXTS, "--judge", url)
    assert result["counts"]["unjudged"] == 1
    assert score(result, "judge_accuracy") == 1
    assert len(asked) == 3


def test_an_answer_that_was_given_anew_is_judged_anew(
    replied: Replied, evaluate: Evaluate, tmp_path: Path
) -> None:
    with judging(generous) as (url, asked):
        replied("activitynet-qa", TEXTS, "--judge", url)
        file = tmp_path / "result.jsonl"
        file.write_text(file.read_text().replace('"crimson"', '"scarlet"'))
        evaluate("activitynet-qa", "--judge", url)
        assert len(asked) == 4
        assert "scarlet" in asked[-1]["messages"][0]["content"]
        evaluate("activitynet-qa", "--judge", url, "--scorer", "official")
        assert len(asked) == 4, "the official script asks the same"


def test_verdicts_are_kept(
    replied: Replied, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "AT_ONCE", 1)
    said = iter(range(100))

    def fails(_: str) -> str | int:
        return 404 if next(said) == 2 else '{"pred": "yes", "score": 5}'

    with judging(fails) as (url, _), pytest.raises(AssertionError, match="== 0"):
        replied("activitynet-qa", TEXTS, "--judge", url)
    with judging(generous) as (url, asked):
        result = evaluate("activitynet-qa", "--judge", url)
        assert len(asked) == 1, "two are kept"
        again = evaluate("activitynet-qa", "--judge", url)
        assert len(asked) == 1
    assert again == result


def test_a_busy_judge_is_asked_again(replied: Replied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidqa.engine.remote.server.PAUSE_S", 0.01)
    turns = iter([503, 429])

    def busy(prompt: str) -> str | int:
        return next(turns, generous(prompt))

    with judging(busy) as (url, asked):
        assert score(replied("activitynet-qa", TEXTS, "--judge", url), "judge_accuracy") > 0
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--judge", "http://127.0.0.1:9/v1"], 26, "cannot be reached"),
        (["--judge", "http:///v1"], 2, "is no address"),
        (["--judge", "http://[::1/v1"], 2, "is no address"),
        (["--judge", "nosuchmodel"], 2, "nosuchmodel"),
        (["--judge", "starter", "--judge-model", "x"], 2, "behind an address"),
        (["--judge-model", "x"], 2, "--judge"),
    ],
)
def test_a_judge_that_cannot_be_had(
    words: list[str], status: int, message: str, model: Model, layout: Callable[[str], Path],
    capsys: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("vidqa.engine.remote.server.PAUSE_S", 0.01)
    folder = str(layout("activitynet-qa"))
    asked = ["eval", "--benchmark", "activitynet-qa", "--data", folder, "--max-new-tokens", "1"]
    assert run([*asked, *words]) == status
    out, err = capsys.readouterr()
    assert message in err
    assert not out, "before anything was asked"


def test_a_model_here_judges(model: Model, evaluate: Evaluate, tmp_path: Path) -> None:
    folder = vidqa_folder(tmp_path / "judge")
    result = evaluate("activitynet-qa", "--judge", str(folder))
    assert result["judge"]["name"] == "judge"
    assert result["judge"]["revision"].startswith("local-")
    assert [one["verdicts"][0]["aspect"] for one in result["questions"]] == ["match"] * 3
    assert result["counts"]["unjudged"] == 3, "a random model says nothing"


def test_own_words_for_a_judge(replied: Replied, tmp_path: Path) -> None:
    (tmp_path / "judge.txt").write_text("{question} | {answer} | {prediction}\n")
    with judging(generous) as (url, asked):
        replied(
            "activitynet-qa", TEXTS, "--judge", url, "--judge-prompt", str(tmp_path / "judge.txt")
        )
    said = sorted(one["messages"][0]["content"] for one in asked)
    assert said[-1] == "what colour is the car | red | crimson"
    assert Prompts.usual().hash != Prompts.read(tmp_path / "judge.txt", is_graded=False).hash
    (tmp_path / "judge.txt").write_text("{question}")
    with pytest.raises(AssertionError, match="== 0"):
        replied(
            "activitynet-qa",
            TEXTS,
            "--judge",
            "starter",
            "--judge-prompt",
            str(tmp_path / "judge.txt"),
        )


@pytest.mark.parametrize(
    ("raw", "own", "official"),
    [
        ('{"pred": "yes", "score": 4}', (True, 4), (True, 4)),
        ("{'pred': 'no', 'score': 2}", (False, 2), (False, 2)),
        ("{'pred': 'yes', 'score': 4.8}", (True, 4.8), (True, 4)),
        ("{''score': 4.8}", (None, 4.8), (None, None)),
        ('Well: {"pred": "yes", "score": 3}.', (True, 3), (None, None)),
        ('<think>{"score": 1}</think>{"pred": "no", "score": 2}', (False, 2), (None, None)),
        ("{'pred': 'yes', 'score': 7}", (True, None), (True, 7)),
        ("{'pred': 'maybe', 'score': '5'}", (None, 5), (None, 5)),
        ("{'pred': 'not yes', 'score': 1}", (None, 1), (True, 1)),
        ("yes", (None, None), (None, None)),
        ("", (None, None), (None, None)),
        ("[1, 2]", (None, None), (None, None)),
        ("{'pred': 'yes', 'score': 1e999}", (True, None), (None, None)),
        ('{"pred": "Yes.", "score": 4} I like {braces}.', (True, 4), (None, None)),
    ],
)
def test_what_a_verdict_means(raw: str, own: Any, official: Any) -> None:
    assert read_verdict(raw) == Verdict(*own)
    assert read_official(raw) == Verdict(*official)


def test_kappa_by_hand() -> None:
    # both yes 20, both no 15, one alone 5 and 10: 0.7 alike, 0.5 by chance
    table = np.zeros((6, 6))
    table[1, 1], table[0, 0], table[1, 0], table[0, 1] = 20, 15, 5, 10
    assert kappa(table) == pytest.approx(0.4)
    assert kappa(np.diag([1.0, 2, 0, 0, 0, 1])) == 1
    assert kappa(np.diag([0.0, 2, 0, 0, 0, 0])) is None, "chance alone gives the same"
    table = np.zeros((6, 6))
    table[0, 1] = table[5, 4] = 1
    # apart by 1 each time, by chance (1 + 16 + 16 + 1) / 4
    assert kappa(table, SQUARED) == pytest.approx(1 - 1 / 8.5)


def test_two_judges_of_one_file(
    replied: Replied, evaluate: Evaluate, tmp_path: Path, capsys: Any
) -> None:
    with judging(generous) as (url, _):
        replied("activitynet-qa", TEXTS, "--judge", url)
    with judging(lambda _: '{"pred": "yes", "score": 4}') as (url, _):
        evaluate("activitynet-qa", "--judge", url, "--judge-model", "other")
    capsys.readouterr()
    file = str(tmp_path / "result.jsonl")
    assert run(["eval", "agree", file, "--json"]) == 0
    match, scored = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (match["one"], match["other"]) == ("the-judge", "other")
    assert match["alike"] == pytest.approx(2 / 3, abs=1e-6)
    assert match["kappa"] == 0, "the other always says yes"
    assert (scored["of"], scored["answers"], scored["videos"]) == ("score", 3, 2)
    assert run(["eval", "agree", file, file]) == 2
    assert "there are 4" in capsys.readouterr().err
    assert run(["eval", "agree", file]) == 0
    assert capsys.readouterr().out.splitlines()[0].split("\t")[:3] == ["judged", "of", "answers"]


def test_judges_of_other_answers_are_not_compared(
    replied: Replied, tmp_path: Path, capsys: Any
) -> None:
    for name, texts in (("a", TEXTS), ("b", dict.fromkeys(TEXTS, "else"))):
        with judging(generous) as (url, _):
            replied("activitynet-qa", texts, "--judge", url, "--judge-model", name)
        (tmp_path / "result.jsonl").rename(tmp_path / f"{name}.jsonl")
    assert run(["eval", "agree", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]) == 2
    assert "judged no answer in common" in capsys.readouterr().err


def test_files_without_verdicts(replied: Replied, tmp_path: Path, capsys: Any) -> None:
    replied("activitynet-qa", TEXTS)
    assert run(["eval", "agree", str(tmp_path / "result.jsonl")]) == 2
    assert "holds no verdicts" in capsys.readouterr().err
    (tmp_path / "x.jsonl").write_text("3\n")
    assert run(["eval", "agree", str(tmp_path / "x.jsonl")]) == 2
    assert "does not hold the answers" in capsys.readouterr().err
