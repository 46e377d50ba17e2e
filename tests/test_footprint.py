"""Memory is planned by arithmetic that can be checked, and refusals say what would fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, MistralConfig, Qwen3VLMoeConfig

from tiny import native_folder, smolvlm_folder, vidqa_folder
from vidqa.engine.local.memory import Memory
from vidqa.errors import NotEnoughMemoryError
from vidqa.models.conversion.convert import paper_config
from vidqa.network.configuration import EvaVisionConfig
from vidqa.network.loading import load_folder
from vidqa.network.measure import footprint_of, measure
from vidqa.system import memory
from vidqa.system.containers import memory_limits
from vidqa.system.footprint import RUNTIME_BYTES, Footprint, plan_memory, smaller_plans
from vidqa.system.number_formats import OWN_FORMATS, cpu_formats

GB = 10**9
COMMON: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "torch_dtype": "bfloat16",
}
PAPER = {
    "llama2": (LlamaConfig(**COMMON, intermediate_size=11008, num_key_value_heads=32), 512),
    "mistral": (MistralConfig(**COMMON, intermediate_size=14336, num_key_value_heads=8), 128),
}
"""The real decoders, and the KiB that one token takes in their 16-bit KV caches."""


@pytest.fixture
def footprint() -> Footprint:
    return Footprint(
        block_parameters=7 * GB,
        other_parameters=GB,
        layers=32,
        kv_heads=8,
        head_dim=128,
        frame_tokens=70,
        patches=256,
        tower_inner=6144,
        decoder_inner=14336,
        vocabulary=32000,
        text_width=4096,
        context_tokens=32768,
    )


def wanted(footprint: Footprint, dtype: str = "bfloat16", frames: int = 90) -> memory.MemoryPlan:
    return plan_memory(footprint, dtype=dtype, frames=frames, words=800, new_tokens=512)


def test_what_reads_faster_only_goes_first(footprint: Footprint) -> None:
    sizes: Any = {"words": 800, "new_tokens": 512, "formats": OWN_FORMATS}
    mixed = plan_memory(footprint, dtype="float32+int8", frames=8, **sizes)
    plans = smaller_plans(footprint, mixed, **sizes)
    assert [(one.dtype, one.frames) for one in plans[:3]] == [
        ("float32", 8), ("float32", 4), ("int8", 8)
    ]  # fmt: skip
    assert plans[0].total_bytes < mixed.total_bytes


def test_weights_of_eight_bits_stand_beside_those_that_read(footprint: Footprint) -> None:
    sizes: Any = {"frames": 90, "words": 800, "new_tokens": 512, "formats": OWN_FORMATS}
    plain, mixed, alone = (
        plan_memory(footprint, dtype=dtype, **sizes)
        for dtype in ("float32", "float32+int8", "int8")
    )
    head = footprint.vocabulary * footprint.text_width
    narrow = 1.5 * (footprint.block_parameters + head)
    assert mixed.weights_bytes == plain.weights_bytes + narrow
    assert alone.weights_bytes == 4 * footprint.other_parameters + narrow
    assert plain.cache_bytes == mixed.cache_bytes == alone.cache_bytes


@pytest.mark.parametrize("make", [vidqa_folder, smolvlm_folder])
def test_a_tiny_models_parameters_are_counted_exactly(make: Any, tmp_path: Path) -> None:
    folder = make(tmp_path / "model")
    network: Any = load_folder(folder, device="cpu", dtype="float32").network
    measured = measure(folder)
    every = sum(one.numel() for one in network.parameters())
    assert measured.block_parameters + measured.other_parameters == every
    blocks = network.get_decoder().layers.parameters()
    assert measured.block_parameters == sum(one.numel() for one in blocks)
    assert (measured.layers, measured.kv_heads, measured.head_dim) == (2, 2, 8)


def test_a_rounded_head_counts_once(footprint: Footprint) -> None:
    """Tied, it is stored besides the word embeddings; a head of its own is rounded in its place."""
    head = footprint.vocabulary * footprint.text_width
    sizes = {"frames": 8, "words": 9, "new_tokens": 9, "formats": cpu_formats("float32")}
    tied, own = (
        replace(footprint, has_own_head=is_own, other_parameters=others)
        for is_own, others in ((False, 3 * head), (True, 4 * head))
    )
    plans = [plan_memory(one, dtype="int8", **sizes).weights_bytes for one in (tied, own)]
    assert plans == [footprint.block_parameters + 12 * head + head] * 2
    whole = [plan_memory(one, dtype="float32", **sizes).weights_bytes for one in (tied, own)]
    assert whole[1] - whole[0] == 4 * head


def test_a_head_of_its_own_is_found(tmp_path: Path) -> None:
    for is_tied in (True, False):
        decoder = LlamaConfig(**COMMON, tie_word_embeddings=is_tied)
        config = paper_config(EvaVisionConfig(), decoder)
        config.tie_word_embeddings = is_tied
        assert footprint_of(config).has_own_head is not is_tied
    assert not measure(native_folder(tmp_path / "model")).has_own_head


def test_experts_stay_as_they_are() -> None:
    """They lie in one tensor, which neither library rounds."""
    text = {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 24,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "vocab_size": 64,
    }
    vision = {"depth": 1, "hidden_size": 24, "out_hidden_size": 32, "num_heads": 2}
    config = Qwen3VLMoeConfig(text_config=text, vision_config=vision)
    measured = footprint_of(config)
    experts = 2 * 4 * 3 * 24 * 32
    assert measured.other_parameters > experts
    assert measured.block_parameters < experts


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_models_at_full_size(name: str, tmp_path: Path) -> None:
    decoder, kib_a_token = PAPER[name]
    paper_config(EvaVisionConfig(), decoder).save_pretrained(tmp_path)
    measured = measure(tmp_path)
    assert measured.block_parameters + measured.other_parameters == pytest.approx(8e9, rel=0.04)
    longer, shorter = (
        plan_memory(measured, dtype="bfloat16", frames=1, words=0, new_tokens=count)
        for count in (1001, 1)
    )
    # the clip's prefix is kept and copied, so every token counts twice
    assert longer.cache_bytes - shorter.cache_bytes == 2 * 1000 * kib_a_token * 1024


def test_the_parts_add_up(footprint: Footprint) -> None:
    made = wanted(footprint)
    assert made.weights_bytes == 16 * GB
    tokens = 90 * 70 + 1600 + 128 + 512
    assert made.cache_bytes == 2 * tokens * 32 * 8 * 128 * 2 * 2
    assert made.working_bytes > RUNTIME_BYTES
    assert made.total_bytes == made.weights_bytes + made.cache_bytes + made.working_bytes
    assert str(made).startswith("bfloat16, 90 frames: weights 16.0 GB + cache 2.2 GB + working")
    assert wanted(footprint, "int8").weights_bytes == 9 * GB
    assert wanted(footprint, "int4").weights_bytes == 5.5 * GB
    assert wanted(footprint, "float32").cache_bytes == 2 * made.cache_bytes


def test_scoring_takes_more_caches(footprint: Footprint) -> None:
    sizes = {"words": 800, "new_tokens": 512}
    two, four = (
        plan_memory(footprint, dtype="bfloat16", frames=90, caches=count, **sizes)
        for count in (2, 4)
    )
    assert four.cache_bytes == 2 * two.cache_bytes == 2 * wanted(footprint).cache_bytes
    (fewer, *_) = smaller_plans(footprint, four, caches=4, **sizes)
    assert fewer.cache_bytes == 2 * wanted(footprint, frames=45).cache_bytes


def test_no_cache_is_longer_than_the_context(footprint: Footprint) -> None:
    short = replace(footprint, context_tokens=1000)
    assert wanted(short).cache_bytes == 2 * 1000 * 32 * 8 * 128 * 2 * 2


def test_smaller_plans_first_take_frames_then_bits(footprint: Footprint) -> None:
    plans = smaller_plans(footprint, wanted(footprint), words=800, new_tokens=512)
    chosen = [(one.dtype, one.frames) for one in plans]
    assert chosen[:4] == [("bfloat16", 45), ("bfloat16", 22), ("int8", 90), ("int8", 45)]
    assert all(one.total_bytes < wanted(footprint).total_bytes for one in plans)


@pytest.mark.parametrize(
    ("total", "free", "said", "hint"),
    [
        (19 * GB, 19 * GB, "more memory than cuda has, 19.0 GB", "--frames 45, which takes"),
        (16 * GB, 16 * GB, "more memory than cuda has, 16.0 GB", "--dtype int8, which takes"),
        (24 * GB, 12 * GB, "has free only, 12.0 GB", "--frames 45 --dtype int8, which"),
        (2 * GB, 2 * GB, "more memory than cuda has, 2.0 GB", None),
    ],
)
def test_a_refusal_says_what_would_fit(
    footprint: Footprint,
    monkeypatch: pytest.MonkeyPatch,
    total: int,
    free: int,
    said: str,
    hint: str | None,
) -> None:
    monkeypatch.setattr(memory, "total_memory_bytes", lambda _: total)
    monkeypatch.setattr(memory, "free_memory_bytes", lambda _: free)
    made = wanted(footprint)
    smaller = smaller_plans(footprint, made, words=800, new_tokens=512)
    with pytest.raises(NotEnoughMemoryError) as caught:
        memory.require_memory(made, smaller, device="cuda", model="paper")
    assert said in caught.value.message
    assert "weights 16.0 GB" in caught.value.message
    assert (hint is None) == (caught.value.hint is None)
    assert hint is None or hint in str(caught.value.hint)


def test_what_fits_is_not_refused(footprint: Footprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_memory_bytes", lambda _: 24 * GB)
    monkeypatch.setattr(memory, "free_memory_bytes", lambda _: 23 * GB)
    memory.require_memory(wanted(footprint), [], device="cuda", model="paper")


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_memory_is_what_its_groups_leave(tmp_path: Path, version: int) -> None:
    names = ("memory.max", "memory.current", "inactive_file")
    if version == 1:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    most, used, reclaimed = names
    home = tmp_path if version == 2 else tmp_path / "memory"
    inner = home / "slice" / "session"
    inner.mkdir(parents=True)
    line = "0::/slice/session" if version == 2 else "4:memory:/slice/session"
    (tmp_path / "own").write_text(f"9:cpu:/elsewhere\n{line}\n")
    for group, limit in ((inner, "max"), (inner.parent, f"{8 * GB}"), (home, f"{16 * GB}")):
        (group / most).write_text(f"{limit}\n")
        (group / used).write_text(f"{3 * GB}\n")
        (group / "memory.stat").write_text(f"anon 5\n{reclaimed} {1 * GB}\n")
    limits = memory_limits(tmp_path, tmp_path / "own")
    assert min(one.most_bytes for one in limits) == 8 * GB
    assert min(one.free_bytes for one in limits) == 6 * GB
    assert memory_limits(tmp_path / "none", tmp_path / "none") == []


def test_free_memory_is_a_part_of_all_of_it() -> None:
    assert 0 < memory.free_memory_bytes("cpu") <= memory.total_memory_bytes("cpu")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_running_out_names_a_smaller_plan(footprint: Footprint, error: Exception) -> None:
    made = wanted(footprint)
    smaller = smaller_plans(footprint, made, words=800, new_tokens=512)
    with (
        pytest.raises(NotEnoughMemoryError, match="paper ran out of memory") as caught,
        Memory(made, tuple(smaller), made).errors("paper"),
    ):
        raise error
    assert "add --frames 45" in str(caught.value.hint)


def test_torchs_own_words_are_known(footprint: Footprint) -> None:
    with (
        pytest.raises(NotEnoughMemoryError, match="ran out"),
        Memory(wanted(footprint), (), wanted(footprint)).errors("paper"),
    ):
        torch.empty(10**15, dtype=torch.uint8)


def test_other_errors_stay_what_they_are(footprint: Footprint) -> None:
    with (
        pytest.raises(RuntimeError, match="a bug"),
        Memory(wanted(footprint), (), wanted(footprint)).errors("paper"),
    ):
        raise RuntimeError("a bug")
