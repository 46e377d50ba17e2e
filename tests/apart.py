"""Programs in processes of their own that have torch already: importing it takes seconds.

huggingface_hub reads its settings from the environment when it is imported; each of them reads
those anew.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PRELOADED = ("torch", "torch._dynamo", "torchvision", "huggingface_hub.constants", "transformers")

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(PRELOADED))


def run_apart(program: str, *arguments: str, **environment: str) -> str:
    """What a program prints, with this environment and more.

    Args:
        program: Python; it finds its arguments in `sys.argv[1:]`.
        arguments: of it.
        environment: goes before this process's own.

    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        work = (program, arguments, {**os.environ, **environment}, told)
        process = _processes.Process(target=_run, args=work)
        process.start()
        process.join()
        said = told.read_text()
    assert process.exitcode == 0, said
    return said


class Command:
    """`vidqa` at work in a session of its own."""

    def __init__(self, words: Sequence[str], told: Path, **environment: str) -> None:
        """Start it; its stderr goes into a file."""
        self._told = told
        work = (tuple(words), {**os.environ, **environment}, told)
        self._process = _processes.Process(target=_command, args=work)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit status, once it has ended; less than 0 is a signal that ended it."""
        return self._process.exitcode

    def said(self) -> str:
        """Its stderr, once it has ended."""
        return self._told.read_text()

    def send_signal(self, number: signal.Signals) -> None:
        """As `os.kill` does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status, as soon as it has ended."""
        self._process.join(timeout)
        return self.poll()


def _command(words: tuple[str, ...], environment: Mapping[str, str], told: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _take(environment)
    os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
    sys.argv[1:] = words
    from vidqa.cli.entry import main

    main()


def _take(environment: Mapping[str, str]) -> None:
    """Go on as a process that was begun with this environment."""
    os.environ.clear()
    os.environ.update(environment)
    settings = importlib.reload(sys.modules["huggingface_hub.constants"])
    assert environment.get("HF_ENDPOINT", settings.ENDPOINT) == settings.ENDPOINT


def _run(
    program: str, arguments: tuple[str, ...], environment: Mapping[str, str], told: Path
) -> None:
    _take(environment)
    output = os.open(told, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, sys.stdout.fileno())
    sys.argv[1:] = arguments
    exec(compile(program, "<apart>", "exec"), {"__name__": "__main__"})
