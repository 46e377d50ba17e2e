"""Which model is asked where none is named."""

from pathlib import Path

import pytest

from vidqa.cli.model_choice import likely_model, settled_model
from vidqa.cli.render.status import StatusReporter
from vidqa.errors import ModelMissingError
from vidqa.models import choose as choice
from vidqa.models.choose import Choice, Machine, choose_model, offered
from vidqa.models.installed import helper_key, model_key
from vidqa.models.registry import BEST_FIRST, MODELS, find_speech
from vidqa.models.store.store import Store

GB = 10**9


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Machine]:
    machines = [Machine("cuda", "bfloat16", 16 * GB)]
    monkeypatch.setattr(choice, "this_machine", lambda device: machines[0])
    return machines


def hold(store: Store, name: str) -> None:
    """Put an entry of a model, and of what it listens with, into the cache."""
    spec = MODELS[name]
    keys = [
        model_key(spec),
        *([] if spec.speech is None else [helper_key(find_speech(spec.speech))]),
    ]
    for key in keys:
        with store.publish(key) as draft:
            (draft / "file").write_text(name)


def test_one_model_alone_is_known_before_the_machine_is_examined(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "this_machine", lambda device: pytest.fail("it was examined"))
    assert likely_model(None, store) is None
    hold(store, "starter")
    assert likely_model(None, store) == "starter"
    assert likely_model("some/folder", store) == "some/folder"
    hold(store, "qwen3-vl-2b")
    assert likely_model(None, store) is None
    monkeypatch.setenv("VIDQA_MODEL", "starter")
    assert likely_model(None, store) == "starter"


def test_every_preset_has_its_place() -> None:
    assert sorted(BEST_FIRST) == sorted(MODELS)


def test_the_best_in_the_cache_that_fits_is_taken(store: Store, machine: list[Machine]) -> None:
    hold(store, "starter")
    first = choose_model(store=store)
    assert first.name == "starter"
    assert "the best in the cache for cuda (16 GB)" in first.why
    assert first.better.startswith("qwen3-vl-4b is better: vidqa models pull qwen3-vl-4b")
    hold(store, "qwen3-vl-2b")
    hold(store, "qwen3-vl-8b")
    assert choose_model(store=store).name == "qwen3-vl-2b", "the 8b does not fit 16 GB"
    machine[0] = Machine("cuda", "bfloat16", 24 * GB)
    assert choose_model(store=store).name == "qwen3-vl-8b"
    assert not choose_model(store=store).better


def test_a_cpu_gets_what_it_answers_with_in_time(store: Store, machine: list[Machine]) -> None:
    machine[0] = Machine("cpu", "float32", 64 * GB)
    hold(store, "qwen3-vl-2b")
    hold(store, "smolvlm2-500m")
    assert choose_model(store=store).name == "smolvlm2-500m"


def test_what_more_would_need_is_said(store: Store, machine: list[Machine]) -> None:
    hold(store, "qwen3-vl-4b")
    machine[0] = Machine("cuda", "bfloat16", 16 * GB)
    better = choose_model(store=store).better
    assert better == "better ones need more: qwen3.5-9b 21.3 GB of memory"


def test_what_a_cpu_lacks_is_said_in_its_own_terms(store: Store, machine: list[Machine]) -> None:
    hold(store, "qwen3.5-0.8b")
    machine[0] = Machine("cpu", "float32", 64 * GB)
    assert choose_model(store=store).better.endswith("minicpm-v-4.6 4.6 GB of GPU memory")


def test_a_look_ahead_takes_what_is_there(store: Store, machine: list[Machine]) -> None:
    assert choice.best_cached(store=store) is None
    hold(store, "qwen3-vl-2b")
    machine[0] = Machine("cpu", "float32", 64 * GB)
    assert choice.best_cached(store=store) == Choice("qwen3-vl-2b", "the only one in the cache")
    hold(store, "qwen3-vl-4b")
    found = choice.best_cached(store=store)
    assert found is not None
    assert found.name == "qwen3-vl-4b"
    assert "would be slow or too large" in found.why


def test_with_nothing_cached_sizes_are_offered(store: Store, machine: list[Machine]) -> None:
    with pytest.raises(ModelMissingError, match="no model is in the cache") as caught:
        choose_model(store=store)
    assert caught.value.hint == (
        "vidqa models pull starter (0.2 GB) or vidqa models pull qwen3-vl-4b (9.4 GB)"
    )
    sizes = [choice._download_bytes(one) for one in offered(machine[0])]
    assert sizes == sorted(sizes)
    assert offered(machine[0])[0].name == "starter"


def test_no_machine_is_too_large_or_too_small(store: Store, machine: list[Machine]) -> None:
    machine[0] = Machine("cuda", "bfloat16", GB)
    hold(store, "starter")
    with pytest.raises(ModelMissingError, match=r"suits cuda \(1 GB\): starter would be"):
        choose_model(store=store)


def test_what_is_set_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDQA_MODEL", "qwen3-vl-8b")
    assert settled_model(None, "auto", StatusReporter()) == "qwen3-vl-8b"
    assert settled_model("starter", "auto", StatusReporter()) == "starter"


def test_a_pipe_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        settled_model(None, "cpu", StatusReporter())
