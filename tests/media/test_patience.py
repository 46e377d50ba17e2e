"""A process that hangs is told from one that others hold up."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vidqa.media.worker.patience import BUSY_MACHINE, STEPS, Patience

Start = Callable[[str], "subprocess.Popen[str]"]
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def start() -> Iterator[Start]:
    started = []

    def begin(program: str) -> "subprocess.Popen[str]":
        words = [sys.executable, "-c", f"import sys, time; print(flush=True); {program}"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def steps_until_it_runs_out(patience: Patience) -> int:
    steps = 1
    while time.sleep(patience.step_s) or not patience.runs_out():
        steps += 1
    return steps


def test_one_that_sleeps_hangs_after_the_silence(start: Start):
    process = start("time.sleep(1000)")
    wait_for_state(process.pid, "S (sleeping)")
    assert STEPS <= steps_until_it_runs_out(Patience(process.pid, 1.0)) <= STEPS + 3


def test_one_that_computes_gets_the_silence_in_full_however_busy_the_machine(start: Start):
    process = start("exec('while True: pass')")
    before_s = cpu_s(process.pid)
    patience = Patience(process.pid, 0.5)
    assert steps_until_it_runs_out(patience) >= STEPS
    assert cpu_s(process.pid) - before_s >= 0.5 - 2 * TICK_S  # it is counted in ticks


def test_one_that_was_stopped_is_waited_for_but_not_for_ever(start: Start):
    process = start("import signal; signal.raise_signal(signal.SIGSTOP)")
    wait_for_state(process.pid, "T (stopped)")
    assert steps_until_it_runs_out(Patience(process.pid, 0.2)) in range(
        STEPS * BUSY_MACHINE, STEPS * BUSY_MACHINE + 2
    )


def test_where_nothing_is_known_every_step_counts(tmp_path: Path):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    assert steps_until_it_runs_out(Patience(gone.pid, 0.2)) in (STEPS, STEPS + 1)


def wait_for_state(process_id: int, state: str) -> None:
    while state not in Path(f"/proc/{process_id}/status").read_text():
        time.sleep(0.01)


def cpu_s(process_id: int) -> float:
    return int(Path(f"/proc/{process_id}/schedstat").read_text().split()[0]) / 1e9
