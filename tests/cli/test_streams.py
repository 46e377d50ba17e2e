"""Streams that were closed before the program began, and threads at its end."""

import subprocess
import sys

import pytest

LEAVES = """
import threading, time
from vidqa.cli.output import leave
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("said")
leave(7)
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
        [sys.executable, "-c", LEAVES], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "said\n", "")
