"""Any model of the Hub, and folders of the user's own, taken into the cache.

huggingface_hub reads its settings when it is imported, so every pull has its own process.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import COMMIT, LoopbackHub, serve

from apart import run_apart
from families import MAKERS
from vidqa.errors import (
    ModelDamagedError,
    ModelMissingError,
    ModelUnsupportedError,
    UsageError,
)
from vidqa.models.add import add
from vidqa.models.inventory import others, verify
from vidqa.models.presets.hub import FAMILIES
from vidqa.models.registry import MODELS, SPEECH
from vidqa.models.remove import remove
from vidqa.models.resolve import find_local
from vidqa.models.sources.fetch import source_key
from vidqa.models.spec import HubSource
from vidqa.models.store.store import Store

PULL = """
import json, sys
from vidqa.models import registry
from vidqa.errors import VidqaError
from vidqa.models.spec import File, HubSource, SpeechSpec
from vidqa.models.pull import pull
ears = HubSource("someone/ears", sys.argv[2], (File("ears.bin", 4, None),), "MIT")
registry.SPEECH["whisper-small"] = SpeechSpec("whisper-small", ears, "many", "")
try:
    print(json.dumps({"folder": str(pull(sys.argv[1], offline="--offline" in sys.argv))}))
except VidqaError as error:
    print(json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint}))
"""


@dataclass
class Desk:
    """A Hub with one model, and a way to pull it in a process of its own."""

    hub: LoopbackHub

    def pull(
        self, name: str = "someone/model", *options: str, **environment: str
    ) -> dict[str, Any]:
        settings = {"HF_ENDPOINT": self.hub.url, **environment}
        return dict(json.loads(run_apart(PULL, name, COMMIT, *options, **settings)))

    def change_config(self, change: Callable[[dict[str, Any]], object]) -> None:
        told = json.loads(self.hub.files["config.json"])
        change(told)
        self.hub.files["config.json"] = json.dumps(told).encode()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MAKERS["qwen3_vl"](tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def desk(saved: Path) -> Iterator[Desk]:
    files = {file.name: file.read_bytes() for file in saved.iterdir()}
    more = {"README.md": b"# A model", "pytorch_model.bin": b"a pickle", "ears.bin": b"ears"}
    hub = LoopbackHub({**files, **more})
    with serve(hub):
        yield Desk(hub)


def test_a_model_of_the_hub_is_pulled_once_and_pinned(desk: Desk, saved: Path) -> None:
    folder = Path(desk.pull()["folder"])
    assert {file.name for file in folder.iterdir()} - {"verified.json"} == {
        file.name for file in saved.iterdir()
    }, "what transformers loads from, and neither pickles nor pages"
    asked_for = list(desk.hub.downloads)
    assert "ears.bin" in asked_for, "it listens with a speech model"
    assert "folder" in desk.pull(HF_ENDPOINT="http://127.0.0.1:9")
    assert desk.hub.downloads == asked_for
    local = find_local("someone/model")
    assert local is not None
    assert (local.folder, local.revision) == (folder, COMMIT)
    assert local.spec.family is FAMILIES["qwen3_vl"]


def test_a_pulled_model_is_listed_checked_and_removed(desk: Desk) -> None:
    folder = desk.pull()["folder"]
    assert "someone/model" in [held.name for held in others()]
    assert [str(one) for one in verify("someone/model")] == [folder]
    remove("someone/model")
    assert "someone/model" not in [held.name for held in others()]
    with pytest.raises(ModelMissingError, match="not in the cache") as caught:
        find_local("someone/model")
    assert caught.value.hint == "vidqa models pull someone/model"


def test_a_revision_is_another_model(desk: Desk) -> None:
    desk.pull(f"someone/model@{COMMIT}")
    local = find_local(f"someone/model@{COMMIT}")
    assert local is not None
    assert local.revision == COMMIT
    assert [held.name for held in others() if "ears" not in held.name] == [
        f"someone/model@{COMMIT}"
    ]
    with pytest.raises(ModelMissingError):
        find_local("someone/model")


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("someone/gated", "someone/gated is gated", "accept the terms"),
        ("someone/locked", "someone/locked is gated", "hf auth login"),
        ("someone/absent", "the Hub has no someone/absent", "hf auth login"),
        ("someone/model@v9", "the Hub has no someone/model at revision v9", "hf auth login"),
    ],
    ids=["gated", "no-login", "absent", "revision"],
)
def test_refusals_come_before_any_download(desk: Desk, name: str, message: str, hint: str) -> None:
    refused = desk.pull(name)
    assert refused["error"] == "DownloadError"
    assert message in refused["message"]
    assert hint in refused["hint"]
    assert desk.hub.sent == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "brand_new"}, "has no class for 'brand_new'"),
        ({"model_type": "brand_new", "auto_map": {"AutoModel": "m.M"}}, "needs custom code"),
        ({"model_type": "llama"}, "does not look at pictures"),
    ],
    ids=["too new", "remote code", "text only"],
)
def test_what_cannot_be_driven_is_refused_by_its_configuration(
    desk: Desk, change: dict[str, Any], said: str
) -> None:
    desk.change_config(lambda told: told.update(change))
    refused = desk.pull()
    assert refused["error"] == "ModelUnsupportedError"
    assert said in refused["message"]
    assert list(desk.hub.sent) == ["config.json"], "and not by gigabytes"


def test_pickled_weights_are_not_fetched(desk: Desk) -> None:
    del desk.hub.files["model.safetensors"]
    refused = desk.pull()
    assert refused["error"] == "DownloadError"
    assert "no weights as safetensors" in refused["message"]
    assert "pytorch_model.bin" not in desk.hub.downloads


def test_a_damaged_configuration_is_named(desk: Desk) -> None:
    desk.hub.files["config.json"] = b"{"
    refused = desk.pull()
    assert refused["error"] == "ModelDamagedError"


def test_without_the_network_it_says_so(desk: Desk) -> None:
    assert desk.pull("someone/model", "--offline")["error"] == "OfflineError"
    assert desk.pull(HF_HUB_OFFLINE="1")["error"] == "OfflineError"
    assert desk.hub.downloads == []


def test_a_folder_is_carried_over_and_its_origin_may_go(saved: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    shutil.copytree(saved, stick)
    (stick / "notes.md").write_text("not of the model")
    folder = add(stick, "mine")
    shutil.rmtree(stick)
    assert (folder / "model.safetensors").read_bytes() == (saved / "model.safetensors").read_bytes()
    assert not (folder / "notes.md").exists()
    local = find_local("mine")
    assert local is not None
    assert (local.spec.name, local.folder) == ("mine", folder)
    assert [held.name for held in others()] == ["mine"]
    assert verify("mine") == [folder]
    assert remove("mine") > 0
    assert find_local("mine") is None


@pytest.fixture
def adapter(saved: Path, tmp_path: Path) -> Path:
    """A LoRA for the model that was saved, as PEFT writes it."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    tuned = get_peft_model(AutoModelForImageTextToText.from_pretrained(saved), config)
    tuned.peft_config["default"].base_model_name_or_path = str(saved)
    tuned.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_a_lora_is_joined_with_its_model(saved: Path, adapter: Path) -> None:
    with pytest.raises(UsageError, match="holds a LoRA, no whole model") as caught:
        find_local(str(adapter))
    assert str(adapter) in str(caught.value.hint)
    folder = add(adapter, "tuned")
    assert (folder / "adapter" / "adapter_model.safetensors").is_file()
    assert (folder / "model.safetensors").samefile(saved / "model.safetensors")
    local = find_local("tuned")
    assert local is not None
    assert local.folder == folder


def test_a_lora_without_its_model_says_which_it_needs(adapter: Path) -> None:
    file = adapter / "adapter_config.json"
    told = json.loads(file.read_text())
    for base in ("Qwen/Qwen3-VL-2B-Instruct", "someone/else", ""):
        file.write_text(json.dumps({**told, "base_model_name_or_path": base}))
        with pytest.raises(ModelMissingError) as caught:
            add(adapter, "tuned")
        if base:
            assert base in f"{caught.value.message} {caught.value.hint}" or "qwen3-vl-2b" in (
                caught.value.hint or ""
            )
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(ModelUnsupportedError, match=r"no adapter_model\.safetensors"):
        add(adapter, "tuned")
    assert others() == []


def test_an_added_model_that_was_touched_is_found_out(saved: Path) -> None:
    folder = add(saved, "mine")
    (folder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelDamagedError, match=r"model\.safetensors"):
        find_local("mine")


@pytest.mark.parametrize("name", ["starter", "whisper-tiny.en", "owner/name", "-x", "a b", ""])
def test_names_that_mean_something_else_are_refused(saved: Path, name: str) -> None:
    with pytest.raises(UsageError):
        add(saved, name)


def test_a_name_is_given_once(saved: Path) -> None:
    add(saved, "mine")
    with pytest.raises(UsageError, match="there is a model called 'mine'"):
        add(saved, "mine")


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("config.json", "no config.json"),
        ("processor_config.json", "has no processor"),
        ("model.safetensors", "no weights as safetensors"),
    ],
)
def test_half_a_folder_is_not_added(saved: Path, tmp_path: Path, lost: str, said: str) -> None:
    half = tmp_path / "half"
    shutil.copytree(saved, half)
    (half / lost).unlink()
    with pytest.raises(ModelUnsupportedError, match=said):
        add(half, "half")
    assert others() == []


def test_half_of_the_shards_are_not_added(saved: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(saved, half)
    (half / "model.safetensors").rename(half / "model-00001-of-00002.safetensors")
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (half / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    with pytest.raises(ModelUnsupportedError, match="model-00002-of-00002"):
        add(half, "half")


def test_a_marker_of_another_cache_vouches_for_nothing(saved: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    shutil.copytree(add(saved, "one"), stick)
    weights = bytearray((stick / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (stick / "model.safetensors").write_bytes(weights)
    folder = add(stick, "two")
    assert verify("two") == [folder], "its own bytes were hashed, not what the marker said"


@pytest.mark.parametrize(
    "template",
    [
        None,
        "{% for m in messages %}no question{% endfor %}",
        "{% for m in messages %}{% for i in m['content'] %}"
        "{% if i['type'] == 'image' %}<|image_pad|>{% endif %}{% endfor %}"
        "{% for i in m['content'] %}{% if i['type'] != 'image' %}{{ i['text'] }}{% endif %}"
        "{% endfor %}{% endfor %}",
    ],
    ids=["none", "no question", "frames first"],
)
def test_a_template_that_loses_the_order_is_refused(
    saved: Path, tmp_path: Path, template: str | None
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    for name in ("chat_template.jinja", "chat_template.json"):
        (folder / name).unlink(missing_ok=True)
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    with pytest.raises(ModelUnsupportedError, match="chat template"):
        add(folder, "mine")


def test_a_class_that_cannot_be_driven_is_refused_before_its_weights(desk: Desk) -> None:
    from transformers import Kosmos2Config

    desk.hub.files["config.json"] = Kosmos2Config().to_json_string().encode()
    refused = desk.pull()
    assert refused["error"] == "ModelUnsupportedError"
    assert list(desk.hub.sent) == ["config.json"]


def test_a_gated_preset_is_refused_before_anything_is_fetched(desk: Desk) -> None:
    source = HubSource("someone/gated", "main", (), "MIT", gated=True, about_bytes=1)
    program = (
        "import sys; from dataclasses import replace; from vidqa.models import registry\n"
        "from vidqa.models.spec import HubSource\n"
        f"source = {source!r}\n"
        "sys.argv[1] = 'tried'\n"
        "registry.MODELS['tried'] = replace(registry.MODELS['minicpm-v-4.6'], name='tried', "
        "sources=(source,))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program + PULL, "tried", COMMIT],
        env={**os.environ, "HF_ENDPOINT": desk.hub.url},
        capture_output=True,
        check=True,
        text=True,
    )
    assert "someone/gated is gated" in json.loads(done.stdout)["message"]
    assert desk.hub.sent == {}


def test_what_an_added_model_listens_with_stays(saved: Path) -> None:
    add(saved, "mine")
    word_finder = source_key(SPEECH["whisper-small"].source)
    with Store().publish(word_finder) as draft:
        (draft / "model.bin").write_bytes(b"ears")
    with pytest.raises(UsageError, match="mine listens with whisper-small"):
        remove("whisper-small")
    preset = MODELS["qwen3-vl-2b"]
    with Store().publish(source_key(preset.sources[0])) as draft:  # type: ignore[arg-type]
        (draft / "config.json").write_text("{}")
    remove("qwen3-vl-2b")
    assert Store().has(word_finder)


def test_a_path_is_no_name(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    add(saved, "mine")
    shutil.copytree(saved, tmp_path / "mine")
    for path in ("./mine", "mine/"):
        local = find_local(path)
        assert local is not None
        assert local.folder == Path(path)
    with pytest.raises(UsageError):
        find_local("../added/mine")


def test_a_damaged_added_model_says_how_to_mend_it(saved: Path) -> None:
    (add(saved, "mine") / "model.safetensors").write_bytes(b"other")
    for look in (verify, find_local):
        with pytest.raises(ModelDamagedError) as caught:
            look("mine")
        assert caught.value.hint == "vidqa models rm mine, then vidqa models add FOLDER --as mine"
