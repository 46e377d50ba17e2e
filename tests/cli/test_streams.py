"""Streams that were closed before the program began, and threads at its end."""

import subprocess
import sys

import pytest

LEAVES = """
import atexit, sys, threading, time
from vidqa.cli import app as main
main.run = lambda _: 7
atexit.register(print, "tidied")
threading.Thread(target=time.sleep, args=(240,)).start()  # Python itself would wait for it
print("said")
main.main()
"""


def shell(command: str) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -m vidqa"
    return subprocess.run(
        ["sh", "-c", command.replace("vidqa", program)], capture_output=True, text=True, check=False
    )


def test_a_closed_stdout_is_told_plainly():
    done = shell("vidqa --version >&-")
    assert done.returncode == 24
    assert done.stderr == "error: stdout cannot be written: it is closed\n"


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "2>&- <&-"])
def test_other_streams_may_be_closed(closed: str):
    done = shell(f"vidqa --version {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("vidqa ")


def test_nobody_waits_for_a_thread_at_the_end():
    done = subprocess.run(
        [sys.executable, "-c", LEAVES], capture_output=True, text=True, check=False, timeout=200
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "said\ntidied\n", "")
