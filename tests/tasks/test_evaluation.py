"""Files of questions, from the command line to the shares, on a tiny random model."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import tiny
from media.clips import make_clip
from vidqa import engine
from vidqa.cli.app import run
from vidqa.engine import Clip, Model, open_folder
from vidqa.errors import UsageError
from vidqa.tasks.evaluate import evaluation
from vidqa.tasks.evaluate.evaluation import missing_clips, read_items, read_marks

pytestmark = pytest.mark.numbers


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tiny.vidqa_folder(tmp_path_factory.mktemp("tiny"))
    spec = tiny.spec("vidqa", frames=2)
    return open_folder(spec, folder, revision="test", device="cpu", dtype="float32")


@pytest.fixture
def questions(tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two questions about one clip: the model's own answer counts as right for the first."""
    monkeypatch.setattr(engine, "load", lambda *_, **__: model)
    monkeypatch.setenv("VIDQA_MODEL", "vidqa")
    for number in range(2):
        make_clip(tmp_path / f"{number}.mp4", [0, 100, 200])
    (tmp_path / "0.srt").write_text("1\n00:00:00,000 --> 00:00:00,100\nhello there\n")
    said = model.watch(tmp_path / "0.mp4").ask("what?").text
    lines: list[dict[str, object]] = [
        {"skill": "a", "video": "0.mp4", "question": "what?", "answer": ["zzzz", said + " word"]},
        {"skill": "a", "video": "0.mp4", "question": "what?", "answer": "zzzz", "rule": "lacks"},
        {"skill": "b", "video": "1.mp4", "question": "is it?", "answer": "yes", "rule": "yes_no"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def test_shares_in_a_pipe(questions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", str(questions)]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["skill", "questions", "right", "95 % interval"]
    assert [line[:2] for line in lines[1:]] == [["a", "2"], ["b", "1"]]
    assert lines[1][2] == "50.0%"


def test_records_are_on_disk_whatever_ends_it(
    questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, file = evaluation._ask, tmp_path / "first.jsonl"

    def two_clips(clip: Clip, items: Iterable[evaluation.Item]) -> Iterator[evaluation.Result]:
        if file.read_text():
            raise KeyboardInterrupt
        yield from ask(clip, items)

    monkeypatch.setattr(evaluation, "_ask", two_clips)
    assert run(["eval", str(questions), "-o", str(file), "--quiet"]) == 130
    assert len(read_marks(file)) == 2


def test_what_is_there_is_replaced_with_force_only(
    questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.jsonl").write_text("old")
    words = ["eval", str(questions), "-o", str(tmp_path / "old.jsonl"), "--quiet"]
    assert run(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "old.jsonl").read_text() == "old"
    assert run([*words, "--force"]) == 0
    assert len(read_marks(tmp_path / "old.jsonl")) == 3


def test_records_on_stdout_are_alone_there(
    questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", str(questions), "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert all("right" in json.loads(line) for line in out.splitlines())
    assert "95 % interval" in err
    assert run(["eval", str(questions), "-o", "-", "--json"]) == 2


def test_shares_as_json_against_another_evaluation(
    questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert run(["eval", str(questions), "-o", str(first), "--quiet"]) == 0
    records = [json.loads(line) for line in first.read_text().splitlines()]
    assert [record["right"] for record in records] == [False, True, False]
    assert all(isinstance(record["answer"], str) for record in records)
    capsys.readouterr()
    status = run(["eval", str(questions), "-o", str(second), "--against", str(first), "--json"])
    assert status == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown[0]["right"] == 0.5
    assert shown[0]["more_than_the_other"] == {"right": 0, "low": 0, "high": 0}


def test_a_lost_clip_is_said_first_and_no_wrong_answer(
    questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1.mp4").unlink()
    out = tmp_path / "out.jsonl"
    assert run(["eval", str(questions), "-o", str(out), "--json"]) == 40
    told = capsys.readouterr()
    assert told.err.count("1.mp4") == 1
    assert told.err.splitlines()[0].startswith("error: there is no file")
    shown = [json.loads(line) for line in told.out.splitlines()]
    assert [(one["skill"], one["questions"], one["failed"]) for one in shown] == [
        ("a", 2, 0),
        ("b", 0, 1),
    ]
    assert shown[1]["right"] is None
    record = json.loads(out.read_text().splitlines()[-1])
    assert (record["right"], record["answer"]) == (None, None)
    assert "1.mp4" in record["error"]
    assert len(read_marks(out)) == 2


def test_nothing_is_loaded_where_no_clip_is_there(
    questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(2):
        (tmp_path / f"{number}.mp4").unlink()
    assert run(["eval", str(questions)]) == 10
    assert "not one clip of" in capsys.readouterr().err


def test_letters_and_numbers_are_answers(tmp_path: Path) -> None:
    answers = ["A", 1, 2.5, 12345678901234567, 0.00001, 10**399]
    line = {"video": "a.mp4", "question": "which?", "answer": answers}
    (tmp_path / "questions.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(line).encode())
    (item,) = read_items(tmp_path / "questions.jsonl")
    numbers = ["1", "2.5", "12345678901234567", "0.00001", f"1{'0' * 399}"]
    assert item.expected.answers == (("A",), *((one,) for one in numbers))


def test_yes_is_yes_however_it_is_written(tmp_path: Path) -> None:
    line = {"video": "a.mp4", "question": "is it?", "answer": "Yes", "rule": "yes_no"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(line))
    (item,) = read_items(tmp_path / "questions.jsonl")
    assert (item.stratum, item.expected.is_right("Yes.")) == ("yes", True)


def test_names_that_are_none_are_clips_that_are_not_there(tmp_path: Path) -> None:
    line = {"video": "what is it? " * 40, "question": "what?", "answer": "x"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(line))
    assert len(missing_clips(read_items(tmp_path / "questions.jsonl"), tmp_path)) == 1


@pytest.mark.parametrize("without", ["pictures", "words"])
def test_what_is_kept_from_the_model_changes_its_prompt(
    questions: Path, model: Model, without: str, tmp_path: Path
) -> None:
    clip = tmp_path / "0.mp4"
    whole = model.watch(clip)
    less = model.watch(
        clip, blank=without == "pictures", subtitles="off" if without == "words" else "auto"
    )
    likely = [watched.rank("what?", ["one", "two"])[0].nll for watched in (whole, less)]
    assert likely[0] != likely[1]
    assert any("blanked" in one for one in less.warnings) == (without == "pictures")
    assert run(["eval", str(questions), "--without", without]) == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope", "line 1"),
        ("[]", "line 1"),
        ('{"video": "a", "question": "b"}', "'answer' is missing"),
        ('{"video": "a", "question": "", "answer": "c"}', "question must be a text"),
        ('{"video": "a", "question": "b", "answer": []}', "answer must be"),
        ('{"video": "a", "question": "b", "answer": [true]}', "answer must be"),
        ('{"video": "a", "question": "b", "answer": [[], "c"]}', "answer must be"),
        ('{"video": "a", "question": "b", "answer": NaN}', "answer must be"),
        ('{"video": "a", "question": "b", "answer": "may be", "rule": "yes_no"}', "yes or no"),
        ("[" * 100_000, "line 1: it is nested too deep"),
        ('{"video": "a", "question": "b", "answer": "..."}', "answer must be"),
        ('{"video": "a", "question": "b", "answer": "c", "rule": "magic"}', "no rule 'magic'"),
        ("", "holds no questions"),
    ],
)
def test_bad_lines_are_named(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(line)
    with pytest.raises(UsageError, match=said):
        read_items(tmp_path / "bad.jsonl")


def test_bad_options_are_named(questions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", str(questions), "--without", "sense"]) == 2
    assert run(["eval", str(questions), "--against", str(questions)]) == 2
    assert "not an evaluation" in capsys.readouterr().err
