"""`vidqa ask`: what lands on stdout and stderr, and how it ends."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fake
import pytest

from vidqa.cli.app import run

ESCAPE = "\x1b[31mred\x1b[0m\x07\u202e"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install the fake engine; call it for other texts or warnings."""
    from vidqa import engine
    from vidqa.cli.session import ModelSession

    monkeypatch.setattr(ModelSession, "check", ModelSession.check)
    for name in ("load", "identify"):
        monkeypatch.setattr(engine, name, None)
    monkeypatch.setattr("vidqa.cli.session.silence_libraries", lambda: None)
    monkeypatch.setattr("vidqa.cli.session.keep_libraries_off_the_network", lambda: None)
    fake.install()
    return fake.install


@pytest.fixture
def ask(
    engine: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def call(*words: str) -> tuple[int, str, str]:
        status = run(["ask", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


Ask = Callable[..., tuple[int, str, str]]


def test_a_pipe_gets_the_answer_alone(ask: Ask) -> None:
    status, out, err = ask("clip.mp4", "what happens?")
    assert (status, out) == (0, "The video shows **a cat**, then a mug.\n")
    assert "saw 2 frames from 0.5 to 1.5 s of 2.0 s" in err
    assert "heard 7 words (speech, 1 dropped)" in err
    assert "starter@0123456789ab on cpu, float32" in err


def test_quiet_says_nothing_more(ask: Ask) -> None:
    assert ask("clip.mp4", "what?", "--quiet")[2] == ""


def test_verbose_says_more(ask: Ask) -> None:
    err = ask("clip.mp4", "what?", "--verbose")[2]
    for part in ("decoder: pyav", "whisper-tiny.en", "50 in the prompt", "load 1.00"):
        assert part in err


def test_json_is_one_object(ask: Ask) -> None:
    status, out, _ = ask("clip.mp4", "what?", "--json")
    assert status == 0
    record = json.loads(out)
    assert list(record) == [
        "schema_version", "answer", "question", "video", "fingerprint", "model", "revision",
        "recipe", "device", "dtype", "seed", "frame_times_s", "first_seen_s", "last_seen_s",
        "duration_s", "words_source", "words_used", "words_dropped", "visual_tokens",
        "prompt_tokens", "new_tokens", "stopped_by", "warnings", "subtitles_fingerprint",
        "vidqa", "settings",
    ]  # fmt: skip
    assert record["answer"] == "The video shows **a cat**, then a mug."
    assert record["seed"] is None


def test_timings_only_when_asked(ask: Ask) -> None:
    record = json.loads(ask("clip.mp4", "what?", "--json", "--timings")[1])
    assert record["timings_s"] == {"load": 1.0, "generate": 0.25}


def test_several_clips_get_a_line_each(ask: Ask) -> None:
    status, out, _ = ask("a.mp4", "b.mp4", "what?")
    answer = "The video shows **a cat**, then a mug."
    assert (status, out) == (0, f"a.mp4\t{answer}\nb.mp4\t{answer}\n")


def test_several_questions_share_a_clip(ask: Ask) -> None:
    _, out, _ = ask("a.mp4", "-q", "one?", "-q", "two?")
    assert [line.split("\t")[:2] for line in out.splitlines()] == [
        ["a.mp4", "one?"],
        ["a.mp4", "two?"],
    ]


def test_a_question_from_stdin(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("what is\nit?\n"))
    record = json.loads(ask("a.mp4", "-q", "-", "--json")[1])
    assert record["question"] == "what is\nit?"


def test_a_dash_behind_the_clips_is_a_question_from_stdin(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("what is it?\n"))
    assert json.loads(ask("a.mp4", "-", "--json")[1])["question"] == "what is it?"


def test_a_file_behind_the_clips_is_no_question(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "b.mp4").touch()
    status, _, err = ask("a.mp4", str(tmp_path / "b.mp4"))
    assert status == 2
    assert "is a file and no question" in err
    assert "hint: put a question behind it" in err
    assert ask("a.mp4", "-q", str(tmp_path / "b.mp4"))[0] == 0


def test_a_question_on_stdin_that_is_no_text(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    status, out, err = ask("a.mp4", "-q", "-")
    assert (status, out) == (2, "")
    assert "the question on stdin is not utf-8 text" in err


@pytest.mark.parametrize(
    ("clip", "status", "kind"),
    [
        ("missing.mp4", 10, "no_such_file"),
        ("text.mp4", 11, "not_a_video"),
        ("audio.mp4", 12, "no_video_stream"),
    ],
)
def test_one_bad_clip_has_its_own_status(ask: Ask, clip: str, status: int, kind: str) -> None:
    code, out, err = ask(clip, "what?")
    assert (code, out) == (status, "")
    assert err.splitlines() == [f"error: '{clip}' cannot be watched", "hint: ffprobe it"]
    code, out, err = ask(clip, "what?", "--json")
    record = json.loads(out)
    assert code == record["error"]["code"] == status
    assert record["error"]["kind"] == kind
    assert (record["question"], record["video"]) == ("what?", clip)
    assert "hint: ffprobe it" in err


def test_one_bad_clip_among_good_ones(ask: Ask) -> None:
    status, out, err = ask("a.mp4", "text.mp4", "b.mp4", "what?")
    assert status == 40
    assert [line.split("\t")[0] for line in out.splitlines()] == ["a.mp4", "b.mp4"]
    assert "error: text.mp4: 'text.mp4' cannot be watched" in err
    assert "a.mp4: saw 2 frames" in err


def test_one_bad_question_among_good_ones(ask: Ask) -> None:
    status, out, err = ask("a.mp4", "-q", "one?", "-q", "too long?", "-q", "two?", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 2
    assert [record["question"] for record in records] == ["one?", "too long?", "two?"]
    assert ["error" in record for record in records] == [False, True, False]
    assert "error: the question does not fit\nhint: ask a shorter one" in err


def test_a_missing_model_is_told_before_torch_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import vidqa

    demo = Path(vidqa.__file__).parent / "data" / "demo.mp4"
    assert run(["ask", str(demo), "what?"]) == 20
    out, err = capsys.readouterr()
    assert out == ""
    assert "hint: vidqa models pull starter" in err
    assert run(["ask", str(demo), "what?", "--json"]) == 20
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "model_missing"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["only-a-clip.mp4"], "a clip and a question are needed"),
        (["a.mp4", " "], "the question is empty"),
        (["a.mp4", "what?", "--start", "soon"], "--start 'soon' is not a time"),
        (["a.mp4", "what?", "--start", "1:75"], "--start '1:75' is not a time"),
        (["a.mp4", "what?", "--start", "1:75:00"], "--start '1:75:00' is not a time"),
        (["a.mp4", "what?", "--start", ""], "--start '' is not a time"),
        (["a.mp4", "what?", "--start", "h"], "--start 'h' is not a time"),
        (["a.mp4", "what?", "--subtitles", "no.srt"], "no such file"),
        (["a.mp4", "what?", "--model", "nope"], "no model is called 'nope'"),
        (["a.mp4", "what?", "--frames", "many"], "--frames"),
        (["a.mp4", "what?", "--frames", "0"], "--frames"),
        (["a.mp4", "what?", "--max-new-tokens", "0"], "--max-new-tokens"),
        (["a.mp4", "what?", "--temperature", "nan"], "--temperature"),
        (["a.mp4", "what?", "--top-p", "1.5"], "--top-p"),
        (["a.mp4", "what?", "--seed", "-1"], "--seed"),
        (["a.mp4", "what?", "--nonsense"], "nonsense"),
        ([], "a clip and a question are needed"),
    ],
)
def test_senseless_commands(
    words: list[str], part: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import shutil

    import vidqa

    clip = tmp_path / "a.mp4"
    shutil.copy(Path(vidqa.__file__).parent / "data" / "demo.mp4", clip)
    status = run(["ask", *(str(clip) if word == "a.mp4" else word for word in words)])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert part in err
    assert "Traceback" not in err


def test_the_token_limit_is_said(ask: Ask) -> None:
    err = ask("a.mp4", "what?", "--max-new-tokens", "12")[2]
    assert "the answer was cut: it came to the limit of new tokens; --max-new-tokens 24" in err


def test_show_prompt(ask: Ask) -> None:
    status, out, err = ask("a.mp4", "what?", "--show-prompt")
    assert (status, out.count("\n")) == (0, 1)
    assert "0.500\t5\t2\thello [red]" in err
    assert "1.500\t5\t0\t-" in err
    assert "prompt: 50 tokens, 10 of them visual, 2 of words" in err


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_escapes_never_reach_the_screen(
    ask: Ask, engine: Callable[..., None], mode: list[str]
) -> None:
    engine([f"It says {ESCAPE}."], warnings=(f"odd {ESCAPE}",))
    for words in (["a.mp4", "what?"], [f"{ESCAPE}.mp4", "b.mp4", "what?"]):
        _, out, err = ask(*words, *mode)
        for bad in ("\x1b", "\x07", "\u202e"):
            assert bad not in out + err
        assert "red" in out


@pytest.mark.parametrize(
    "name", ["two words.mp4", 'it\'s "q".mp4', "new\nline.mp4", "grüße 🎬.mp4", "[red]x[/red].mp4"]
)
def test_hostile_names_come_out_whole(ask: Ask, name: str) -> None:
    status, out, _ = ask(name, "b.mp4", "what?")
    assert status == 0
    assert len(out.splitlines()) == 2
    assert json.loads(ask(name, "what?", "--json")[1])["video"] == name


def test_an_unknown_error_is_a_traceback(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(fake.FakeModel, "watch", fail)
    status, out, err = ask("a.mp4", "what?")
    assert (status, out) == (70, "")
    assert "Traceback" in err
    assert "ZeroDivisionError: a bug" in err


def test_interrupted(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fake.FakeModel, "watch", interrupt)
    assert ask("a.mp4", "what?")[0] == 130


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "3"], "note: --seed does nothing without --temperature"),
        (["--seed", "3", "--top-p", "0.5"], "note: --seed and --top-p do nothing without"),
        (["--timings", "--quiet"], "--quiet leaves no place for --timings"),
        (["--choices", ",".join(map(str, range(3000)))], "3000 answers; 256 are the most"),
        (["--start", "10", "--end", "5"], "--end 5 does not come after --start 10"),
    ],
)
def test_options_that_do_nothing_are_named(ask: Ask, words: list[str], said: str) -> None:
    assert said in ask("a.mp4", "what?", *words)[2]


def test_what_makes_no_sense_is_refused_before_stdin_is_read(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert ask("a.mp4", "what?", "--subtitles", "-", "--start", "5", "--end", "3")[0] == 2
    assert stdin.read().startswith("1\n")


def test_a_question_that_is_no_text_is_refused_before_anything_else(ask: Ask) -> None:
    status, out, err = ask("a.mp4", "what\udcff?")
    assert (status, out) == (2, "")
    assert "not text" in err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("1:30", 90.0),
        ("75:30", 4530.0),
        ("0:01:30.5", 90.5),
        ("00:01:30,500", 90.5),
        ("2:00:00", 7200.0),
        ("1m30s", 90.0),
        ("2h", 7200.0),
        ("1h30", 5400.0),
        ("1h30m", 5400.0),
        ("1h30s", 3630.0),
        ("12,5s", 12.5),
    ],
)
def test_times(text: str, seconds: float) -> None:
    from vidqa.cli.parse import read_time

    assert read_time(text, "--start") == seconds


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="Linux only")
@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_a_full_disk_behind_stdout_is_told_plainly(mode: list[str]) -> None:
    command = [sys.executable, str(Path(__file__).with_name("fake.py")), "ask", "clip.mp4", "what?"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, *mode], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 24
    assert "error: stdout cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
