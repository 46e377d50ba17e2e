"""How long a silent process is waited for: as long as it may be waiting for the machine itself.

A process that sleeps, or computes, and gives no sign of life is taken to hang. One that is ready to
go on and gets no CPU, waits for a disk or was stopped does not hang: others keep it from going on.
"""

import os
from contextlib import suppress
from pathlib import Path

BUSY_MACHINE = 15
"""After so many times the silence a process hangs, however little of the machine it got."""

STEPS = 20
"""How finely silence is measured out."""

HELD_UP = ("R", "D", "T")
"""States, in Linux's letters, of a thread that would go on: it could run, waits for a disk, or was
stopped."""
STATE, USER_TICKS, KERNEL_TICKS = 0, 11, 12
"""Places of these in a thread's `stat`, counted from behind its name (man proc_pid_stat)."""


class Patience:
    """Counts the silence of one process that is its own doing.

    Time is counted in steps that somebody waited in vain, never by a clock: while all is stopped
    (Ctrl-Z, a suspended laptop) nothing is counted. Where the system does not tell what its threads
    do (anything but Linux), every step counts in full.
    """

    def __init__(self, process_id: int, silence_s: float) -> None:
        """Begin to wait for a process.

        Args:
            process_id: of it.
            silence_s: how long it may go without a sign while nothing but itself holds it up.

        """
        self.step_s = silence_s / STEPS
        """How long to wait for a sign before `runs_out` is asked."""
        self._threads = Path(f"/proc/{process_id}/task")
        self._left_s = silence_s
        self._left_at_most_s = silence_s * BUSY_MACHINE
        self._used_s = _spent(self._threads)[1]

    def runs_out(self) -> bool:
        """Whether the process hangs, now that one more step went by without a sign of it."""
        is_held_up, used_s = _spent(self._threads)
        had_s = min(self.step_s, used_s - self._used_s)
        self._used_s = used_s
        self._left_s -= had_s if is_held_up else self.step_s
        self._left_at_most_s -= self.step_s
        return min(self._left_s, self._left_at_most_s) <= 0


def _spent(threads: Path) -> tuple[bool, float]:
    """Whether any thread would go on if it could, and the CPU time they all had, in seconds."""
    states, ticks = set(), 0
    with suppress(OSError):  # no such system; or the process has just ended
        for thread in threads.iterdir():
            with suppress(OSError, IndexError, ValueError):  # this thread has ended
                told = (thread / "stat").read_text().rpartition(")")[2].split()
                states.add(told[STATE])
                ticks += int(told[USER_TICKS]) + int(told[KERNEL_TICKS])
    return not states.isdisjoint(HELD_UP), ticks / os.sysconf("SC_CLK_TCK")
