"""Benchmarks from the command line: asked, interrupted, gone on with, split and compared."""

import base64
import io
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Fake
from typing import Any

import pytest
from evaluations import Evaluate, score
from PIL import Image

from clips import make_clip
from layouts import LAYOUTS
from vidqa import engine
from vidqa.cli.app import run
from vidqa.engine import Clip, Model
from vidqa.engine.watch.fetch import View
from vidqa.errors import NotAVideoError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.tasks.evaluate import page
from vidqa.tasks.evaluate import run as running
from vidqa.tasks.evaluate.benchmarks.benchmark import find_benchmark
from vidqa.tasks.evaluate.benchmarks.prompts import Wording
from vidqa.tasks.evaluate.page import is_wrong
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.types import Frame

pytestmark = pytest.mark.numbers
Layout = Callable[[str], Path]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_benchmark_with_a_tiny_model(name: str, model: Model, evaluate: Evaluate) -> None:
    result = evaluate(name, status=40 if name == "msvd-qa" else 0)
    counts = result["counts"]
    assert counts["answered"] == counts["questions"] - counts["missing"] > 0
    assert result["missing"] == (["3"] if name == "msvd-qa" else [])
    assert result["model"] == "vidqa"
    assert len(result["questions"]) == counts["answered"]
    assert all(one["frame_times_s"] for one in result["questions"])
    assert result["scores"]


def test_a_result_says_how_it_was_made(model: Model, evaluate: Evaluate, layout: Layout) -> None:
    result = evaluate("longvideobench", "--frames", "2")
    assert {"python", "vidqa", "torch", "transformers"} <= result["versions"].keys()
    assert result["settings"]["frames"] == 2
    assert result["settings"]["words"] == "given"
    assert (result["device"], result["dtype"]) == ("cpu", "float32")
    assert "{question}" in result["prompts"]["choice"]
    assert list(result["data_files"]) == [
        "lvb_val.json",
        "subtitles/86CxyhFV9MI_en.json",
        "subtitles/tW9_jD5Cgik_en.json",
    ]
    assert str(layout("longvideobench")) not in json.dumps(result), "no path of a machine"
    shown = [" ".join(one["words"]).strip() for one in result["questions"]]
    assert shown == ["It is red.", "Blue."]


def test_words_are_those_that_are_asked_for(model: Model, evaluate: Evaluate) -> None:
    given = evaluate("video-mme", "--words", "given")
    assert [one["words_source"] for one in given["questions"]] == ["file"] * 2 + ["none"] * 2
    assert "It is red." in " ".join(given["questions"][0]["words"]), "without its tags"
    off = evaluate("video-mme", to="off.json")
    assert {one["words_source"] for one in off["questions"]} == {"off"}
    hidden = evaluate("tvqa", "--without", "words", to="hidden.json")
    assert {one["words_source"] for one in hidden["questions"]} == {"off"}


def test_frames_in_folders_are_three_a_second(model: Model, evaluate: Evaluate) -> None:
    result = evaluate("tvqa", "--frames", "6")
    times = result["questions"][0]["frame_times_s"]
    assert [round(one, 3) for one in times] == [0, 0.333, 0.667, 1, 1.333, 1.667]


def test_a_part_of_a_clip_is_watched(model: Model, evaluate: Evaluate) -> None:
    result = evaluate("mvbench")
    times = {one["categories"]["task"]: one["frame_times_s"] for one in result["questions"]}
    assert all(0.5 <= time <= 1.5 for time in times["action_sequence"])
    assert max(times["moving_attribute"]) > 1


def test_an_interrupted_run_goes_on_to_the_same_result(
    model: Model, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate("video-mme", to="whole.json")
    answer = running._answered
    done = list[str]()

    def stopped(clip: Clip, question: Any, *more: Any) -> Any:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(question.id)
        return answer(clip, question, *more)

    with monkeypatch.context() as patched:
        patched.setattr(running, "_answered", stopped)
        with pytest.raises(AssertionError, match="== 0"):  # the exit status
            evaluate("video-mme")
    answers = tmp_path / "result.jsonl"
    assert len(answers.read_text().splitlines()) == 3
    assert not (tmp_path / "result.json").exists()
    with answers.open("a") as stream:
        stream.write('{"schema_version": 1, "id": "00')  # as a killed process leaves it
    assert evaluate("video-mme") == whole
    same = [(tmp_path / name).read_bytes() for name in ("result.json", "whole.json")]
    assert same[0] == same[1]
    assert len(answers.read_text().splitlines()) == 4, "nothing was asked twice"


def test_what_is_done_needs_no_model(
    model: Model, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate("mlvu")

    def loaded(*_: Any, **__: Any) -> None:
        raise AssertionError("it was loaded")

    monkeypatch.setattr(engine, "load", loaded)
    (tmp_path / "result.json").unlink()
    assert evaluate("mlvu") == first
    official = evaluate("mlvu", "--scorer", "official")
    assert official["known_faults"]
    assert [one["replies"] for one in official["questions"]] == [
        one["replies"] for one in first["questions"]
    ]


def test_a_clip_that_has_changed_is_asked_about_again(
    model: Model, layout: Layout, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("mlvu"), folder)
    words = ["eval", "--benchmark", "mlvu", "--data", str(folder), "--max-new-tokens", "2"]
    words += ["-o", str(tmp_path / "result.json")]
    assert run(words) == 0
    first = json.loads((tmp_path / "result.json").read_text())
    shutil.copy(
        layout("mvbench") / "video/star/Charades_v1_480/ABCDE.mp4",
        next(folder.rglob("movie101_66.mp4")),
    )
    make_clip(next(folder.rglob("movie101_66.mp4")), range(0, 900, 100))
    assert run(words) == 0
    again = json.loads((tmp_path / "result.json").read_text())
    marks = [[one["fingerprint"] for one in each["questions"]] for each in (first, again)]
    assert marks[0][0] != marks[1][0]
    assert marks[0][1] == marks[1][1]


def test_answers_stay_when_their_clips_are_gone(
    model: Model, layout: Layout, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("mlvu"), folder)
    words = ["eval", "--benchmark", "mlvu", "--data", str(folder), "--max-new-tokens", "2"]
    words += ["-o", str(tmp_path / "result.json")]
    assert run(words) == 0
    before = (tmp_path / "result.json").read_bytes()
    shutil.rmtree(folder / "MLVU" / "video")
    assert run(words) == 0
    assert (tmp_path / "result.json").read_bytes() == before


def test_the_result_may_lie_in_the_data(model: Model, layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("mlvu"), folder)
    words = ["eval", "--benchmark", "mlvu", "--data", str(folder), "--max-new-tokens", "2"]
    words += ["-o", str(folder / "MLVU" / "json" / "out.json")]
    assert run(words) == 0
    assert run([*words, "--scorer", "official"]) == 0


def test_another_models_answers_are_not_taken(
    model: Model, evaluate: Evaluate, layout: Layout, capsys: Any
) -> None:
    evaluate("mlvu")
    with pytest.raises(AssertionError):
        evaluate("mlvu", "-m", "starter")
    assert "holds answers of vidqa, not of starter" in capsys.readouterr().err


def test_a_folder_of_frames_stays_until_its_last_part(model: Model, layout: Layout) -> None:
    """However far ahead the next parts are read."""
    found = find_benchmark("tvqa").questions(layout("tvqa")).items
    whole = next(one for one in found if one.clip is not None and one.clip.is_dir())
    parts = [replace(whole, id=f"{at}", start_s=at / 10, end_s=None) for at in range(3)]
    seen = list[bool]()

    class Ahead:
        maker = model.maker

        def watch_all(self, views: Iterable[View]) -> Iterator[tuple[str, VidqaError]]:
            for path, _ in list(views):
                seen.append(Path(path).exists())
                yield path, NotAVideoError("it is not looked at")

    protocol = Fake(viewing_of=lambda _: Viewing(), require_able=None)
    asked = running.answer_all(Ahead(), parts, protocol, {}, on_error=lambda *_: None)
    assert len(list(asked)) == 3
    assert seen == [True] * 3


def test_two_parts_of_one_folder_of_frames(model: Model, layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("mvbench"), folder)
    file = folder / "json" / "episodic_reasoning.json"
    (row,) = json.loads(file.read_text())
    rows = [{**row, "start": at * 0.3, "end": at * 0.3 + 1, "question": str(at)} for at in range(5)]
    for name in ("one", "two"):
        shutil.copytree(folder / "video/tvqa/frames_fps3_hq" / row["video"],
                        folder / "video/tvqa/frames_fps3_hq" / name)  # fmt: skip
        rows += [{**row, "video": name, "question": name}]
    broken = folder / "video/tvqa/frames_fps3_hq/broken"
    broken.mkdir()
    (broken / "00001.jpg").write_bytes(b"no picture")
    file.write_text(json.dumps([*rows, {**row, "video": "broken"}]))
    words = ["eval", "--benchmark", "mvbench", "--data", str(folder), "--max-new-tokens", "2"]
    assert run([*words, "-o", str(tmp_path / "result.json")]) == 40
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["counts"]["failed"] == 1, "and the others are answered"
    assert result["failed"][0]["video"].endswith("broken")
    assert str(tmp_path) not in json.dumps(result["failed"][0]["id"])
    times = [
        one["frame_times_s"]
        for one in result["questions"]
        if one["categories"]["task"] == "episodic_reasoning" and "replies" in one
    ]
    assert len(times) == 7


def test_answers_made_otherwise_are_not_counted_together(
    model: Model, evaluate: Evaluate, layout: Layout, tmp_path: Path, capsys: Any
) -> None:
    evaluate("mlvu")
    before = (tmp_path / "result.json").read_bytes()
    words = ["eval", "--benchmark", "mlvu", "--data", str(layout("mlvu")), "--max-new-tokens", "3"]
    words += ["-o", str(tmp_path / "result.json")]
    assert run([*words, "--frames", "1"]) == 2
    assert "made otherwise: frames was None, is 1" in capsys.readouterr().err
    assert (tmp_path / "result.json").read_bytes() == before
    assert run([*words, "--frames", "1", "--force"]) == 0
    assert run([*words, "--frames", "1"]) == 0


def test_shards_together_are_the_whole(model: Model, evaluate: Evaluate, tmp_path: Path) -> None:
    whole = evaluate("next-qa", to="whole.json")
    parts = [evaluate("next-qa", "--shard", f"{part}/2", to=f"{part}.json") for part in (1, 2)]
    assert [part["counts"]["videos"] for part in parts] == [1, 1]
    together = "".join((tmp_path / f"{part}.jsonl").read_text() for part in (2, 1))
    (tmp_path / "result.jsonl").write_text(together)
    assert evaluate("next-qa") == whole


def test_a_part_of_the_questions(model: Model, evaluate: Evaluate, tmp_path: Path) -> None:
    assert evaluate("video-mme", "--limit", "3")["counts"]["questions"] == 3
    (tmp_path / "ids.txt").write_text("002-2\n001-1\n")
    one = evaluate("video-mme", "--subset", str(tmp_path / "ids.txt"), to="a.json")
    assert [each["id"] for each in one["questions"]] == ["001-1", "002-2"]
    (tmp_path / "ids.json").write_text('["002-2", "001-1"]')
    other = evaluate("video-mme", "--subset", str(tmp_path / "ids.json"), to="b.json")
    hashes = [each["selection"]["subset_hash"] for each in (one, other)]
    assert None not in hashes
    assert hashes[0] != hashes[1], "of the file"


def test_the_likeliest_letter(model: Model, evaluate: Evaluate, layout: Layout) -> None:
    result = evaluate("mlvu", "--answer-by", "letter")
    (first, *_) = find_benchmark("mlvu").questions(layout("mlvu")).items
    assert first.clip is not None
    wording = find_benchmark("mlvu").wordings["choice"]
    clip = model.watch(first.clip, subtitles="off", screen_text="off")
    ranked = clip.rank(
        wording.put(first.text, first.options), ["A", "B", "C", "D"], by="sum", beginnings=True
    )
    (reply,) = result["questions"][0]["replies"]
    assert reply["letter"] == ranked[0].text
    mass = math.fsum(math.exp(-one.nll) for one in ranked)
    assert reply["option_mass"] == pytest.approx(mass, abs=1e-5)
    assert 0 < result["option_mass"] < 1


def test_the_likeliest_text(model: Model, evaluate: Evaluate) -> None:
    result = evaluate("mlvu", "--answer-by", "likelihood")
    for one in result["questions"]:
        (reply,) = one["replies"]
        assert one["options"]["ABCD".index(reply["letter"])] == reply["text"]
        assert one["picked"] == [reply["letter"]]


def test_places_of_options(model: Model, evaluate: Evaluate) -> None:
    result = evaluate("video-mme", "--answer-by", "letter", "--permute")
    assert all(len(one["replies"]) == 4 for one in result["questions"])
    assert sum(one["right"] for one in result["positions"].values()) == pytest.approx(1)
    assert {one["right"] for one in result["positions"].values()} == {0.25}
    assert 0 <= score(result, "consistent") <= score(result, "accuracy")


def test_own_words_around_questions(model: Model, evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("{options}\nSo: {question}\n")
    result = evaluate("mlvu", "--prompt", str(tmp_path / "prompt.txt"))
    assert result["prompts"]["choice"] == "{options}\nSo: {question}"
    usual = evaluate("mlvu", to="usual.json")
    assert result["prompt_hash"] != usual["prompt_hash"]
    (tmp_path / "prompt.txt").write_text("So: {question}")
    words = ["--prompt", str(tmp_path / "prompt.txt")]
    with pytest.raises(AssertionError):
        evaluate("mlvu", *words, to="none.json")


def test_a_question_with_braces_is_put_as_it_is() -> None:
    wording = Wording("{question}\n{options}", "({letter}) {option}")
    assert wording.put("{options}?", ("{question}", "x")) == "{options}?\n(A) {question}\n(B) x"
    assert Wording(asks=True).put("is it red") == "Is it red?"
    assert Wording(asks=True).put("is it red?") == "Is it red?"


def test_a_clip_that_cannot_be_watched_is_counted_apart(
    model: Model, evaluate: Evaluate, layout: Layout, capsys: Any
) -> None:
    clip = layout("mlvu") / "MLVU/video/2_needle/needle_32.mp4"
    content = clip.read_bytes()
    try:
        clip.write_bytes(b"no video")
        result = evaluate("mlvu", status=40)
    finally:
        clip.write_bytes(content)
    assert result["counts"]["failed"] == 1
    assert result["failed"][0]["video"] == "needle_32.mp4"
    assert "needle_32.mp4" in capsys.readouterr().err
    assert {one["of"] for one in result["scores"]} == {"all", "plotQA"}
    assert evaluate("mlvu")["counts"]["failed"] == 0, "what failed is tried again"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--benchmark", "mlvux"], "there is no benchmark 'mlvux'"),
        (["--benchmark", "mlvu", "--scorer", "x"], "--scorer 'x': no such thing"),
        (["--benchmark", "mlvu", "--answer-by", "x"], "--answer-by 'x': no such thing"),
        (["--benchmark", "mlvu", "--words", "x"], "--words 'x': no such thing"),
        (["--benchmark", "mlvu", "--shard", "3"], "--shard '3' is not a part"),
        (["--benchmark", "mlvu", "--shard", "3/2"], "there is no shard 3 of 2"),
        (["--benchmark", "mlvu", "--split", "x"], "no file such as 1_plotQA.json"),
        (["--benchmark", "mvbench", "--split", "x"], "MVBench has no split 'x'"),
        (["--benchmark", "msvd-qa", "--answer-by", "letter"], "MSVD-QA has no options"),
        (["--benchmark", "mlvu", "--json", "-o", "-"], "would both write to stdout"),
        (["--benchmark", "mlvu", "-o", "."], "is a folder"),
        (["--benchmark", "mlvu", "--permute", "--answer-by", "likelihood"], "have no order"),
        (["--benchmark", "mlvu", "--against", "a.jsonl"], "--against compares own questions"),
        (["--benchmark", "mlvu", "questions.jsonl"], "has its own questions"),
        (["--benchmark", "mlvu", "-o", "a.jsonl"], "is what its answers would be called"),
        (["--benchmark", "tvqa"], "there is no tvqa_val.jsonl"),
        (["questions.jsonl", "--limit", "3"], "own questions are no benchmark"),
        (["questions.jsonl", "--max-words", "3"], "are for a --benchmark"),
        ([], "there is nothing to ask"),
    ],
)
def test_what_makes_no_sense_is_said(
    words: list[str], message: str, model: Model, layout: Layout, capsys: Any,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "questions.jsonl").write_text("")
    data = [] if "questions.jsonl" in words[:1] else ["--data", str(layout("mlvu"))]
    assert run(["eval", *words, *data]) == (2 if message else 0)
    assert message in capsys.readouterr().err


def test_nothing_to_ask(capsys: Any, layout: Layout) -> None:
    assert run(["eval"]) == 2
    assert "there is nothing to ask" in capsys.readouterr().err
    assert run(["eval", "--benchmark", "mlvu"]) == 2
    assert "--data FOLDER" in capsys.readouterr().err


def test_no_clip_at_all(layout: Layout, tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "test_qa.json").write_bytes((layout("msvd-qa") / "test_qa.json").read_bytes())
    assert run(["eval", "--benchmark", "msvd-qa", "--data", str(folder)]) == 10
    err = capsys.readouterr().err
    assert "there is no clip '1'" in err
    assert "not one clip" in err


def test_scores_in_a_pipe_and_as_json(model: Model, layout: Layout, capsys: Any) -> None:
    words = ["eval", "--benchmark", "mlvu", "--data", str(layout("mlvu")), "--quiet"]
    assert run(words) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["score", "of", "questions", "videos", "mean", "95 % interval"]
    assert [line[:4] for line in lines[1:]] == [
        ["accuracy", "all", "2", "2"],
        ["accuracy", "task: plotQA", "1", "1"],
        ["accuracy", "task: needle", "1", "1"],
    ]
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["questions"] == 2
    assert run([*words, "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["questions"]) == 2
    assert "95 % interval" in err


@pytest.fixture
def results(model: Model, evaluate: Evaluate, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two results of one benchmark, of which the first is right twice and the second once."""
    evaluate("video-mme")
    files = tmp_path / "a.json", tmp_path / "b.json"
    for file, right in zip(files, ((1, 1, 0, 0), (1, 0, 0, 0)), strict=True):
        record = json.loads((tmp_path / "result.json").read_text())
        for one, value in zip(record["questions"], right, strict=True):
            one["scores"] = {"accuracy": value}
        file.write_text(json.dumps(record))
    return files


def test_two_results_are_compared_question_by_question(
    results: tuple[Path, Path], capsys: Any
) -> None:
    capsys.readouterr()
    assert run(["eval", "compare", *map(str, results), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    whole = rows[0]
    assert (whole["one"], whole["other"]) == (0.5, 0.25)
    assert whole["difference"]["mean"] == 0.25
    # differences of the videos: 1/2 and 0
    assert (whole["difference"]["low"], whole["difference"]["high"]) == (0, 0.5)
    assert rows[1]["difference"]["low"] is None, "of one video nothing can be drawn"
    by = {(one["category"], one["of"]): one["difference"]["mean"] for one in rows}
    assert by["duration", "short"] == 0.5
    assert by["duration", "long"] == 0
    assert run(["eval", "compare", *map(str, results)]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[1][:6] == ["accuracy", "all", "4", "0.5000", "0.2500", "+0.2500"]


def test_questions_that_only_one_has_are_said(results: tuple[Path, Path], capsys: Any) -> None:
    record = json.loads(results[1].read_text())
    del record["questions"][0]["scores"]
    results[1].write_text(json.dumps(record))
    assert run(["eval", "compare", *map(str, results)]) == 0
    assert "not compared: 1 questions that only A has, 0 that only B" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"benchmark": "mlvu"}, "benchmark is video-mme in a.json, and mlvu in b.json"),
        ({"data_hash": "x"}, "data_hash is"),
        ({"scorer": "official"}, "scorer is own"),
        ({"questions": []}, "have no question in common"),
        ({"questions": 3}, "b.json is no result of a benchmark"),
    ],
)
def test_results_that_cannot_be_compared(
    change: dict[str, Any], message: str, results: tuple[Path, Path], capsys: Any
) -> None:
    results[1].write_text(json.dumps({**json.loads(results[1].read_text()), **change}))
    assert run(["eval", "compare", *map(str, results)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.network
def test_every_benchmark_with_the_starter(
    evaluate: Evaluate, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = engine.load("starter")
    monkeypatch.setattr(engine, "load", lambda *_, **__: starter)
    for name in LAYOUTS:
        result = evaluate(name, "-m", "starter", to=f"{name}.json", status=40 * (name == "msvd-qa"))
        assert result["counts"]["failed"] == 0
        assert result["counts"]["answered"] > 0
        assert result["model"] == "starter"


def test_thinking_is_refused_where_nothing_is_written(
    model: Model, layout: Layout, capsys: Any
) -> None:
    words = ["eval", "--benchmark", "mlvu", "--data", str(layout("mlvu")), "--think", "5"]
    assert run([*words, "--answer-by", "letter"]) == 2
    assert "thinks before it writes" in capsys.readouterr().err
    assert run(words) == 2
    assert "vidqa does not think" in capsys.readouterr().err


class Reader(HTMLParser):
    """Reads a page, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open = list[str]()
        self.pictures = list[str]()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs)["src"])
        elif tag in ("section", "table", "details", "h1", "h2", "h3", "pre", "div"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("section", "table", "details", "h1", "h2", "h3", "pre", "div"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_of_wrong_answers(model: Model, layout: Layout, tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("tvqa"), folder)
    file = folder / "tvqa_val.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["q"] = "<script>alert('x')</script> & more?"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["eval", "--benchmark", "tvqa", "--data", str(folder), "--max-new-tokens", "2"]
    words += ["-o", str(tmp_path / "result.json"), "--html", str(tmp_path / "wrong.html")]
    assert run(words) == 0
    text = (tmp_path / "wrong.html").read_text()
    reader = Reader()
    reader.feed(text)
    assert not reader.open
    assert "<script>alert" not in text
    assert "<script>alert('x')</script> & more?" in reader.text
    result = json.loads((tmp_path / "result.json").read_text())
    wrong = [one for one in result["questions"] if one["scores"]["accuracy"] < 1]
    assert f"{len(wrong)} of 2 answers are wrong" in reader.text
    assert len(reader.pictures) == len({one["video"] for one in wrong}) > 0
    for one in reader.pictures:
        kind, _, content = one.partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            assert picture.width > 100
    assert "Ann : I drink tea ." in reader.text
    assert "prompt_hash" in reader.text
    assert str(tmp_path) not in text
    assert run(words) == 2, "it is there already"
    (tmp_path / "wrong.html").unlink()
    assert run(words) == 0
    assert (tmp_path / "wrong.html").read_text() == text


def test_sheets_show_the_frames_that_the_model_saw(
    model: Model, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("egoschema"), folder)
    for clip in folder.rglob("*.mp4"):
        make_clip(clip, [round(1000 * at / 30) for at in range(60)], codec="mpeg4", rate=30)
    drawn = list[float]()
    add = ContactSheet.add

    def added(self: ContactSheet, frame: Frame) -> None:
        drawn.append(frame.time_s)
        add(self, frame)

    monkeypatch.setattr(ContactSheet, "add", added)
    words = ["eval", "--benchmark", "egoschema", "--data", str(folder), "--max-new-tokens", "1"]
    words += ["--frames", "7", "-o", str(tmp_path / "result.json")]
    assert run([*words, "--html", str(tmp_path / "wrong.html")]) == 0
    result = json.loads((tmp_path / "result.json").read_text())
    wrong = [one for one in result["questions"] if one["scores"]["accuracy"] < 1]
    assert wrong
    assert drawn == [time for one in wrong for time in one["frame_times_s"]]


def test_a_page_has_an_end_and_says_what_was_hidden(
    model: Model, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST", 1)
    evaluate("video-mme", "--without", "pictures", "--html", str(tmp_path / "wrong.html"))
    text = (tmp_path / "wrong.html").read_text()
    assert "the first 1 are here" in text
    assert text.count("<section>") == 1
    assert "grey pictures" in text


def test_the_authors_way_is_for_their_models(model: Model, layout: Layout, capsys: Any) -> None:
    words = ["eval", "--benchmark", "mlvu", "--data", str(layout("mlvu")), "--recipe", "paper"]
    assert run(words) != 0
    assert "recipe" in capsys.readouterr().err


def test_what_is_wrong() -> None:
    assert is_wrong({"accuracy": 0.75})
    assert not is_wrong({"accuracy": 1})
    assert not is_wrong({"judge_accuracy": 1, "judge_score": 2, "normalised": 0})
    assert is_wrong({"judge_accuracy": 0, "normalised": 1})
    assert is_wrong({"judge_correctness": 4, "judge_detail": 2, "normalised": 1})
    assert not is_wrong({"judge_correctness": 4, "judge_detail": 3, "normalised": 0})
    assert not is_wrong({"exact": 1})
    assert is_wrong({"exact": 0})
