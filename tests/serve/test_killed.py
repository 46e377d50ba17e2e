"""A server as a process of its own: many clients, some that vanish, and a kill in the middle."""

import concurrent.futures
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from servers import TOKENS

from vidqa.cli.app import run
from vidqa.serve.running import uploads_of
from vidqa.serve.socket.address import server_socket

pytestmark = [pytest.mark.slow, pytest.mark.numbers]
QUESTIONS = ("what?", "who?", "is it red?")
CLIPS = ("one.mp4", "two.mp4")
ALLOWED_GROWTH = 50e6
"""Bytes by which the peak of memory may rise once every clip was asked about."""


@contextmanager
def served(folder: Path, clips: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server; it must answer within a minute."""
    command = [sys.executable, "-m", "vidqa", "serve", "-m", str(folder), "--port", str(port)]
    with subprocess.Popen([*command, "--root", str(clips), "--quiet"]) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(httpx2.HTTPError):
                httpx2.get(f"http://127.0.0.1:{port}/healthz")
                break
            assert process.poll() is None
            time.sleep(0.1)
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(30) == 0 or process.returncode == -signal.SIGKILL


def ask(port: int, clip: Path, question: str) -> Any:
    asked = {"video": str(clip), "question": question, "max_new_tokens": TOKENS}
    url = f"http://127.0.0.1:{port}/v1/vidqa/ask"
    return httpx2.post(url, json=asked, timeout=120).json()


def vanish(port: int, clip: Path) -> None:
    """Ask, and close the connection."""
    body = json.dumps({"video": str(clip), "question": "?", "max_new_tokens": TOKENS})
    head = (
        "POST /v1/vidqa/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        one.sendall(f"{head}{body}".encode())


def peak_bytes(port: int) -> float:
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    (line,) = [one for one in text.splitlines() if one.startswith("vidqa_peak_memory_bytes")]
    return float(line.split()[1])


def test_many_clients_and_a_kill(
    model_folder: Path, clips: Path, capsys: pytest.CaptureFixture[str],
    rounds: Callable[[int, int], int],
) -> None:  # fmt: skip
    chance, wanted = random.Random(0), dict[tuple[str, str], Any]()
    for clip in (*CLIPS, "broken.mp4"):
        for question in QUESTIONS:
            run(
                ["ask", str(clips / clip), question, "-m", str(model_folder), "--json",
                 "--no-server", "--max-new-tokens", str(TOKENS)]
            )  # fmt: skip
            wanted[clip, question] = json.loads(capsys.readouterr().out)
    count = rounds(200, 20)
    keys = [(chance.choice(CLIPS), chance.choice(QUESTIONS)) for _ in range(count)]
    for number in range(0, count, 10):
        keys[number] = ("broken.mp4", chance.choice(QUESTIONS))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(model_folder, clips, port):
        for key in wanted:
            ask(port, clips / key[0], key[1])
        before = peak_bytes(port)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(ask, port, clips / clip, one) for clip, one in keys]
            for number in range(20):
                vanish(port, clips / CLIPS[number % 2])
            for key, answer in zip(keys, answers, strict=True):
                require_same(answer.result(), wanted[key])
        assert peak_bytes(port) - before < ALLOWED_GROWTH
    path = server_socket()
    assert path is not None
    assert not path.exists()
    with served(model_folder, clips, port) as process, concurrent.futures.ThreadPoolExecutor() as p:
        asked = [p.submit(ask, port, clips / clip, one) for clip, one in keys[1:5]]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for one in asked:
            with suppress(httpx2.HTTPError):
                one.result()
    (uploads_of(path) / "left").touch()
    with served(model_folder, clips, port):
        for key in keys[:6]:
            require_same(ask(port, clips / key[0], key[1]), wanted[key])
        assert list(uploads_of(path).iterdir()) == []
    assert not path.exists()
    assert not uploads_of(path).exists()


def require_same(answer: Any, wanted: Any) -> None:
    """An error over HTTP says what the record of the command line does."""
    if "error" in wanted:
        assert answer["error"]["type"] == wanted["error"]["kind"]
    else:
        assert answer == wanted
