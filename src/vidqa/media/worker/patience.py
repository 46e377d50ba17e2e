"""Decide how long to wait for a silent process: longer if the machine itself holds it up.

A process that sleeps, or computes, and sends no heartbeat is taken to hang. One that is ready to
run and gets no CPU, waits for a disk or was stopped does not hang: others hold it up.
"""

import os
from contextlib import suppress
from pathlib import Path

BUSY_MACHINE = 15
"""Multiple of the allowed silence after which a process hangs, however busy the machine is."""

STEPS = 20
"""Steps into which the allowed silence is divided."""

HELD_UP = ("R", "D", "T")
"""Linux state letters of a thread that is held up: ready to run, waiting for a disk, or stopped."""
STATE, USER_TICKS, KERNEL_TICKS = 0, 11, 12
"""Indices of these fields in a thread's `stat`, counted from after its name (man proc_pid_stat)."""


class Patience:
    """The silence of one process, as far as nothing else holds it up.

    Time is counted in steps waited in vain, never by a clock: while everything is stopped (Ctrl-Z,
    a suspended laptop) nothing is counted. If the system does not report thread states (any but
    Linux), every step counts in full.
    """

    def __init__(self, process_id: int, silence_s: float) -> None:
        """Start to wait for a process.

        Args:
            process_id: its PID.
            silence_s: seconds it may go without a heartbeat while nothing else holds it up.

        """
        self.step_s = silence_s / STEPS
        """Seconds to wait for a heartbeat before each call of `runs_out`."""
        self._threads = Path(f"/proc/{process_id}/task")
        self._left_s = silence_s
        self._left_at_most_s = silence_s * BUSY_MACHINE
        self._used_s = _spent(self._threads)[1]

    def runs_out(self) -> bool:
        """Count one more step without a heartbeat; return whether the process hangs."""
        is_held_up, used_s = _spent(self._threads)
        had_s = min(self.step_s, used_s - self._used_s)
        self._used_s = used_s
        self._left_s -= had_s if is_held_up else self.step_s
        self._left_at_most_s -= self.step_s
        return min(self._left_s, self._left_at_most_s) <= 0


def _spent(threads: Path) -> tuple[bool, float]:
    """Return whether any thread is held up, and the CPU time of all threads in seconds."""
    states, ticks = set(), 0
    with suppress(OSError):  # no such system; or the process has just ended
        for thread in threads.iterdir():
            with suppress(OSError, IndexError, ValueError):  # this thread has ended
                stat = (thread / "stat").read_text().rpartition(")")[2].split()
                states.add(stat[STATE])
                ticks += int(stat[USER_TICKS]) + int(stat[KERNEL_TICKS])
    return not states.isdisjoint(HELD_UP), ticks / os.sysconf("SC_CLK_TCK")
