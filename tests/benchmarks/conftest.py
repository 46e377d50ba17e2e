"""Benchmarks in their official layouts, and models to ask."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from evaluations import Evaluate, Replied

import tiny
from layouts import LAYOUTS
from vidqa import engine
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.media.fingerprint import fingerprint
from vidqa.tasks.evaluate.answers import about
from vidqa.tasks.evaluate.benchmarks.benchmark import find_benchmark
from vidqa.tasks.evaluate.benchmarks.question import Question

MAKER = {"model": "tiny", "revision": "r", "device": "cpu", "dtype": "float32"}


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a layout, made once."""
    folders = dict[str, Path]()

    def made(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp("layouts") / name
            LAYOUTS[name][1](folders[name])
        return folders[name]

    return made


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tiny.vidqa_folder(tmp_path_factory.mktemp("tiny"))
    spec = tiny.spec("vidqa", frames=2)
    return open_folder(spec, folder, revision="test", device="cpu", dtype="float32")


@pytest.fixture
def model(tiny_model: Model, monkeypatch: pytest.MonkeyPatch) -> Model:
    """What commands load."""
    monkeypatch.setattr(engine, "load", lambda *_, **__: tiny_model)
    monkeypatch.setenv("VIDQA_MODEL", "vidqa")
    return tiny_model


@pytest.fixture
def evaluate(layout: Callable[[str], Path], tmp_path: Path) -> Evaluate:
    """Run a benchmark; returns its result."""

    def evaluated(
        name: str, *words: str, status: int = 0, to: str = "result.json"
    ) -> dict[str, Any]:
        folder = layout(name)
        more = ["--wordnet", str(folder / "wordnet")] if LAYOUTS[name][0] == "next-qa-open" else []
        asked = ["eval", "--benchmark", LAYOUTS[name][0], "--data", str(folder), *more]
        assert run([*asked, "-o", str(tmp_path / to), "--max-new-tokens", "3", *words]) == status
        record: dict[str, Any] = json.loads((tmp_path / to).read_text())
        return record

    return evaluated


@pytest.fixture
def replied(
    layout: Callable[[str], Path], evaluate: Evaluate, tmp_path: Path, monkeypatch: Any
) -> Replied:
    """Score answers that are given by hand; no model is loaded."""

    def loaded(*_: Any, **__: Any) -> None:
        raise AssertionError("every question is answered already")

    def scored(name: str, texts: Mapping[str, str | list[Any]], *words: str) -> dict[str, Any]:
        monkeypatch.setattr(engine, "load", loaded)
        benchmark = find_benchmark(LAYOUTS[name][0])
        lines = [
            json.dumps(
                {
                    **about(one),
                    "fingerprint": fingerprint(one.clip) if one.clip.is_file() else "v1:frames",
                    "replies": _replies(one, texts[one.id]),
                    **MAKER,
                }
            )
            for one in benchmark.questions(layout(name)).items
            if one.clip is not None
        ]
        (tmp_path / "result.jsonl").write_text("".join(f"{line}\n" for line in lines))
        missing = 40 if name in ("msvd-qa",) else 0
        return evaluate(name, *words, status=missing)

    return scored


def _replies(question: Question, given: str | list[Any]) -> list[dict[str, Any]]:
    if isinstance(given, str):
        given = [given]
    order = list(range(len(question.options)))
    return [
        one if isinstance(one, dict) else {"text": one, **({"order": order} if order else {})}
        for one in given
    ]
