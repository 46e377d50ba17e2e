"""Chat from a pipe and on a terminal, with a fake engine."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_ask import engine  # noqa: F401  (a fixture)

from vidqa.cli.app import run
from vidqa.cli.commands.chat import HISTORY

Chat = Callable[..., tuple[int, str, str]]
SAID = "The video shows **a cat**, then a mug."


@pytest.fixture
def chat(
    engine: object,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Chat:
    def call(*lines: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        status = run(["chat", "clip.mp4", *options])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_every_line_of_a_pipe_is_a_question(chat: Chat) -> None:
    assert chat("what?", "", "and then?") == (0, f"{SAID}\n{SAID}\n", "")


@pytest.mark.parametrize("words", [("/dev/stdin",), ("clip.mp4", "--subtitles", "-")])
def test_stdin_holds_questions_and_nothing_else(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["chat", *words]) == 2
    assert "takes its questions from stdin" in capsys.readouterr().err


def test_records_know_the_turns_before(chat: Chat) -> None:
    _, out, _ = chat("what?", "and then?", "/new", "who?", options=("--json",))
    answers = [json.loads(line)["answer"] for line in out.splitlines()]
    assert [answer.removeprefix(SAID) for answer in answers] == [
        " 0 turns before.",
        " 1 turns before.",
        " 0 turns before.",
    ]


def test_ctrl_c_ends_all_lines_of_a_pipe(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    import fake

    asked = []

    def stop(self: fake.FakeTalk, question: str, *_: object) -> Iterator[object]:
        asked.append(question)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(fake.FakeTalk, "stream", stop)
    assert chat("what?", "and then?")[0] == 130
    assert asked == ["what?"]


def test_what_can_be_looked_up(chat: Chat) -> None:
    assert chat("/frames")[1] == "0.500\thello [red]\n1.500\t-\n"
    assert chat("/words")[1] == "0.250\t0.750\thello [red]\n"
    assert "/save FILE" in chat("/help")[1]
    assert chat("what?", "/quit", "never asked")[1] == f"{SAID}\n"


def test_a_moment_is_looked_at_again(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    import fake

    spans = list[tuple[float | None, float | None]]()
    watch = fake.FakeModel.watch

    def spy(self: fake.FakeModel, video: str, **settings: object) -> fake.FakeClip:
        spans.append((settings["start_s"], settings["end_s"]))  # type: ignore[arg-type]
        return watch(self, video, **settings)

    monkeypatch.setattr(fake.FakeModel, "watch", spy)
    assert chat("/at 0:42 what is that?") == (0, f"{SAID}\n", "")
    assert chat("/at 2 what?")[0] == 0
    assert spans == [(None, None), (37.0, 47.0), (None, None), (0.0, 7.0)]


@pytest.mark.parametrize(
    "line", ["/at", "/at 0:42", "/at 1:00 what?", "/at soon what?", "/bogus", "/save", "too long?"]
)
def test_a_line_that_fails_does_not_end_it(chat: Chat, line: str) -> None:
    status, out, err = chat(line, "what?")
    assert (status, out) == (2, f"{SAID}\n")
    assert err.startswith("error: ")
    _, out, _ = chat(line, options=("--json",))
    assert json.loads(out)["error"]["kind"] == "usage"


def test_turns_are_saved_once(chat: Chat, tmp_path: Path) -> None:
    file = tmp_path / "talk.md"
    assert chat("what?", "and then?", f"/save {file}")[0] == 0
    assert file.read_text().startswith(f"> what?\n\n{SAID} 0 turns before.\n\n> and then?")
    assert chat("what?", f"/save {file}")[0] == 2, "nothing is overwritten"
    assert chat(f"/save {tmp_path / 'empty.md'}")[0] == 2, "there is nothing to save"
    assert not (tmp_path / "empty.md").exists()
    assert chat("/at 0:42 what?", f"/save {tmp_path / 'close.md'}")[0] == 0
    assert "> what?" in (tmp_path / "close.md").read_text()
    records = tmp_path / "talk.jsonl"
    chat("what?", f"/save {records}")
    assert json.loads(records.read_text())["question"] == "what?"


def test_a_clip_that_cannot_be_watched(capsys: pytest.CaptureFixture[str], chat: Chat) -> None:
    assert run(["chat", "text.mp4"]) == 11
    assert run(["chat", "https://example.org/a.mp4"]) == 2


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, *options: str, term: str = "xterm-256color") -> None:
        fake = str(Path(__file__).with_name("fake.py"))
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, fake, "chat", "clip.mp4", *options],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": term},
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def until(self, text: str) -> None:
        end = time.monotonic() + 120
        while text not in self.screen:
            assert time.monotonic() < end, f"no {text!r} in {self.screen!r}"
            self.screen += os.read(self.master, 1000).decode()
        self.screen = self.screen.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        self.type("\x04")
        return self.process.wait(120)


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_on_a_terminal(term: str, clean_environment: Path) -> None:
    terminal = Terminal(term=term)
    terminal.until("/help says")
    terminal.until("> ")
    terminal.type("what?\n")
    terminal.until("then a mug.")
    terminal.until("> ")
    terminal.type("/frames\n")
    terminal.until("hello [red]")
    terminal.until("> ")
    assert terminal.end() == 0
    assert (clean_environment / HISTORY).read_text().split("\n")[:2] == ["what?", "/frames"]


def test_ctrl_c_stops_the_answer_not_the_program(clean_environment: Path) -> None:
    terminal = Terminal("--no-cache")
    terminal.until("> ")
    terminal.type("wait?\n")
    terminal.until("The video")
    terminal.process.send_signal(signal.SIGINT)
    terminal.until("stopped")
    terminal.until("> ")
    terminal.type("what?\n")
    terminal.until("then a mug.")
    terminal.until("> ")
    assert terminal.end() == 0
    assert not (clean_environment / HISTORY).exists()
