"""Nothing in a model's folder runs code, lies elsewhere, or sends a library elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.models.adapter import Base, put_together
from vidqa.models.add import add
from vidqa.models.gate import require_plain, require_safe, require_safe_adapter
from vidqa.models.resolve import find_local
from vidqa.models.store.store import Store

INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the gate lets through."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen3_vl"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle that nobody reads")
    return folder


def bin_of_the_folder(folder: Path) -> None:
    write_index(folder, "pytorch_model.bin")


def bin_of_another(folder: Path) -> None:
    other = folder.parent / "other.bin"
    other.write_bytes(b"pickle")
    write_index(folder, str(other))


def shard_of_another(folder: Path) -> None:
    write_index(folder, "../model.safetensors")


def pickles_alone(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def link_to_a_secret(folder: Path) -> None:
    (folder / "notes.txt").symlink_to("/etc/passwd")


def weights_of_another(folder: Path) -> None:
    other = folder.parent / "model.safetensors"
    (folder / "model.safetensors").rename(other)
    (folder / "model.safetensors").symlink_to(other)


def adapter_of_another(folder: Path) -> None:
    (folder.parent / "adapter").mkdir()
    (folder / "adapter").symlink_to(folder.parent / "adapter")


def pickled_adapter(folder: Path) -> None:
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_config.json").write_text("{}")
    (folder / "adapter" / "adapter_model.bin").write_bytes(b"pickle")


def lora_of_another_model(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "/other"}')


def write_index(folder: Path, *shards: str) -> None:
    names = {f"tensor.{number}": shard for number, shard in enumerate(shards)}
    (folder / INDEX).write_text(json.dumps({"weight_map": names}))


@pytest.mark.parametrize(
    "change",
    [
        bin_of_the_folder,
        bin_of_another,
        shard_of_another,
        pickles_alone,
        link_to_a_secret,
        weights_of_another,
        adapter_of_another,
        pickled_adapter,
        lora_of_another_model,
    ],
)
def test_a_folder_that_could_run_code_or_leads_elsewhere_is_refused(
    folder: Path, change: Callable[[Path], None]
) -> None:
    find_local(str(folder))
    change(folder)
    with pytest.raises(ModelUnsupportedError):
        find_local(str(folder))
    with pytest.raises(ModelUnsupportedError):
        add(folder, "mine")
    assert not Store().has("added/mine")


@pytest.mark.parametrize(
    "told",
    [
        {"audio_tokenizer": {"audio_tokenizer_name_or_path": "/other"}},
        {"vision_config": {"backbone_config": {"use_pretrained_backbone": True}}},
        {"attn_implementation": "someone/kernel"},
        {"layers": [{"_attn_implementation": "someone/kernel"}]},
        {"text_config": {"_experts_implementation": "someone/kernel"}},
        {"transformers_weights": "pytorch_model.bin"},
        {"vision_config": {"model_type": "timm_wrapper", "architecture": "hf-hub:someone/model"}},
        {"vision_config": {"model_type": "timm_wrapper", "architecture": "local-dir:/other"}},
        {"vision_config": {"model_args": {"checkpoint_path": "./weights.pth"}}},
        {"backbone": "someone/model"},
        {"backbone_kwargs": {"pretrained": True}},
    ],
)
def test_settings_that_send_a_library_elsewhere_are_refused(
    folder: Path, told: dict[str, object]
) -> None:
    for name in ("config.json", "processor_config.json"):
        (folder / name).write_text(json.dumps({"model_type": "qwen3_vl", **told}))
        with pytest.raises(ModelUnsupportedError, match="loaded from elsewhere"):
            find_local(str(folder))


def test_plain_settings_pass(folder: Path) -> None:
    told = {
        "attn_implementation": "sdpa",
        "use_pretrained_backbone": False,
        "a": [{"b": "c/d"}],
        "vision_config": {
            "architecture": "vit_base_patch16_224.augreg",
            "model_args": {"depth": 3},
        },
        "pretrained_cfg": {"input_size": [3, 224, 224]},
        "depths": [2, 2, 18, 2],
    }
    (folder / "config.json").write_text(json.dumps(told))
    require_plain(folder / "config.json")


@pytest.mark.parametrize(
    "told",
    [
        {"depth": 10**9},
        {"vision_config": {"depths": [2, 1e9]}},
        {"num_layers": [[1e9]]},
        {"n_layer": 10**9},
        {"vocab_size": 10**12},
    ],
)
def test_sizes_that_no_model_has_are_refused(folder: Path, told: dict[str, object]) -> None:
    (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises(ModelUnsupportedError, match="is not a model's"):
        require_safe(folder)


@pytest.mark.parametrize("depth", [70, 300, 480, 700, 960])
@pytest.mark.parametrize("key", ["layers", "attn_implementation", "a"])
def test_settings_that_are_nested_too_deep_are_refused(folder: Path, key: str, depth: int) -> None:
    (folder / "config.json").write_text(f'{{"{key}": {"[" * depth}1{"]" * depth}}}')
    with pytest.raises(ModelDamagedError, match="nested too deep"):
        require_safe(folder)


@pytest.mark.parametrize("size", [10**9, {"height": 10**9}])
def test_pictures_that_no_machine_holds_are_refused(folder: Path, size: object) -> None:
    (folder / "verified.json").write_text('{"files": [{"size": 10000000000}]}')
    require_safe(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": size}))
    with pytest.raises(ModelUnsupportedError, match="is not a model's"):
        require_safe(folder)


def test_tokens_are_no_settings(folder: Path) -> None:
    (folder / "added_tokens.json").write_text('{"width": 151650, "backbone": 151651}')
    require_safe(folder)


def test_a_link_that_leads_to_itself_is_nothing(folder: Path) -> None:
    (folder / "extra.json").symlink_to("extra.json")
    require_safe(folder)


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    """A folder of a LoRA alone that the gate lets through."""
    folder = tmp_path / "lora"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    write_lora(folder)
    return folder


def write_lora(folder: Path, **told: object) -> None:
    plain = {"peft_type": "LORA", "r": 8, "init_lora_weights": True, "loftq_config": {}}
    (folder / "adapter_config.json").write_text(json.dumps({**plain, **told}))


@pytest.mark.parametrize(
    "told",
    [
        {"peft_type": "XLORA", "adapters": {"0": "someone/lora"}},
        {"peft_type": None},
        {"kasa_config": {}},
        {"velora_config": {"rank": 4}},
        {"something_new": True},
        {"target_modules": "(([a-z._0-9]+)+)+Z"},
        {"target_modules": "(a|.*)*"},
        {"target_modules": ".*" * 20},
        {"exclude_modules": ["(a+)+b"]},
        {"rank_pattern": {"(a+)+b": 8}},
        {"alpha_pattern": {"(a+)+b": 8}},
        {"layer_replication": [[0, 10**8]]},
        {"init_lora_weights": "pissa"},
        {"init_lora_weights": ["orthogonal"]},
        {"corda_config": {"cache_file": "/other.pt"}},
        {"r": 10**9},
        {"rank_pattern": {"q_proj": 10**9}},
        {"rank_pattern": 10**9},
    ],
)
def test_only_plain_loras_are_loaded(lora: Path, told: dict[str, object]) -> None:
    require_safe_adapter(lora)
    write_lora(lora, **told)
    with pytest.raises(ModelUnsupportedError):
        require_safe_adapter(lora)


@pytest.mark.parametrize(
    "told",
    [
        {"target_modules": r".*language_model.*\.(q_proj|k_proj)"},
        {"target_modules": r"^(?!.*visual).*(?:q_proj|v_proj)$"},
        {"target_modules": ["q_proj", "layers.3.mlp.up_proj"]},
        {"target_modules": r"model\.layers\.\d+\.self_attn\.q_proj"},
        {"target_modules": "all-linear", "use_dora": True, "loftq_config": {}},
        {"rank_pattern": {"q_proj": 16}, "alpha_pattern": {"q_proj": 32}},
    ],
)
def test_loras_as_people_make_them_pass(lora: Path, told: dict[str, object]) -> None:
    write_lora(lora, **told)
    require_safe_adapter(lora)


def test_a_loras_weights_lie_in_its_folder(lora: Path) -> None:
    weights = lora / "adapter_model.safetensors"
    weights.rename(lora.parent / "secret")
    weights.symlink_to(lora.parent / "secret")
    with pytest.raises(ModelUnsupportedError, match="leads out of the folder"):
        require_safe_adapter(lora)


def test_a_model_is_put_together_of_files_that_are_read(
    folder: Path, lora: Path, tmp_path: Path
) -> None:
    (folder / "code.py").write_text("import os")
    (folder / "secret").symlink_to("/etc/passwd")
    target = tmp_path / "whole"
    target.mkdir()
    put_together(lora, Base(folder), target)
    names = sorted(str(file.relative_to(target)) for file in target.rglob("*") if file.is_file())
    assert names == [
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "config.json",
        "model.safetensors",
    ]
    require_safe(target)


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"a":' * 100_000, "\ud800"])
@pytest.mark.parametrize("name", ["config.json", "vidqa.json", INDEX])
def test_settings_that_cannot_be_read_are_an_error(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, errors="surrogatepass")
    with pytest.raises(ModelDamagedError):
        find_local(str(folder))


def test_a_snapshot_in_the_hubs_cache_links_to_its_blobs(folder: Path) -> None:
    home = folder.parent / "models--someone--model"
    (home / "blobs").mkdir(parents=True)
    (home / "snapshots").mkdir()
    snapshot = folder.rename(home / "snapshots" / "abc")
    (snapshot / "config.json").rename(home / "blobs" / "123")
    (snapshot / "config.json").symlink_to("../../blobs/123")
    require_safe(snapshot)
    (snapshot / "notes.txt").symlink_to("/etc/passwd")
    with pytest.raises(ModelUnsupportedError, match="leads out of the folder"):
        require_safe(snapshot)


def test_hidden_files_and_other_folders_are_not_the_models(folder: Path) -> None:
    (folder / ".git").symlink_to("/tmp")
    (folder / "runs").symlink_to("/tmp")
    (folder / "._config.json").write_bytes(b"\0\5\7")
    local = find_local(str(folder))
    assert local is not None


def test_the_revision_covers_all_that_is_loaded(folder: Path) -> None:
    def revision() -> str:
        local = find_local(str(folder))
        assert local is not None
        return local.revision

    seen = {revision()}
    for name in ("vocab.txt", "merges.txt", "tokenizer.model", "chat_template.jinja"):
        (folder / name).write_text("one")
        seen.add(revision())
        (folder / name).write_text("two")
        seen.add(revision())
    assert len(seen) == 9
