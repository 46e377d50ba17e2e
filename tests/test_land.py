"""`scripts/land`: main moves only to what passed, in a toy repository with a toy check."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LAND = Path(__file__).parents[1] / "scripts" / "land"
CHECK = """
echo "== all tests (after 0 s)"
test -z "$(git status --porcelain)" || exit 9  # a clean clone
if [ -e broken ]; then echo "FAILED tests/test_a.py::test_b - it is broken"; exit 1; fi
echo "3 passed in 0.1s"
"""


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".ci", "scripts"):
            (folder / name).mkdir(parents=True)
        shutil.copy(LAND, folder / "scripts" / "land")
        (folder / ".ci" / "run").write_text(CHECK)
        self.git("init", "-q", "-b", "main")
        self.commit("begun")

    def git(self, *words: str) -> str:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *author, *words], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, file: str) -> str:
        (self.folder / file).touch()
        self.git("add", "-A")
        self.git("commit", "-q", "-m", file)
        return self.git("rev-parse", "HEAD")

    def land(self, branch: str) -> "subprocess.CompletedProcess[str]":
        (self.folder / "uncommitted").write_text("is not a part of a branch")
        return subprocess.run(
            ["bash", "scripts/land", branch],
            cwd=self.folder, check=False, capture_output=True, text=True,
            env={**os.environ, "TMPDIR": str(self.folder.parent)},
        )  # fmt: skip

    @property
    def main(self) -> str:
        return self.git("rev-parse", "main")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "toy")


@pytest.mark.parametrize("current", ["main", "topic"])
def test_what_passes_becomes_main(repository: Repository, current: str) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    commit = repository.commit("better")
    repository.git("checkout", "-q", current)
    done = repository.land("topic")
    assert (done.returncode, repository.main) == (0, commit), done.stderr
    assert "3 passed" in done.stdout
    assert repository.git("status", "--porcelain") == "?? uncommitted"


def test_what_fails_is_named_and_main_stays(repository: Repository) -> None:
    before = repository.main
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("broken")
    done = repository.land("topic")
    assert (done.returncode, repository.main) == (1, before)
    assert "FAILED tests/test_a.py::test_b" in done.stdout
    assert "main stays at" in done.stderr


@pytest.mark.parametrize(
    ("branch", "said"), [("nothing", "no branch is called nothing"), ("topic", "main has moved on")]
)
def test_what_cannot_land_is_refused(repository: Repository, branch: str, said: str) -> None:
    repository.git("branch", "topic")
    before = repository.commit("since then")
    done = repository.land(branch)
    assert (done.returncode, repository.main) == (2, before)
    assert said in done.stderr
