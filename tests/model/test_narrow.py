"""Answers written with weights of 8 or 4 bits: near the whole ones, always the same bits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from clips import make_clip
from families import family_spec
from tiny import native_folder, smolvlm_folder, talkative
from vidqa.engine import open_folder
from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.network.inference import decode as decoding
from vidqa.network.inference.decode_together import decode_together
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.network.loaded import Loaded
from vidqa.network.native import kv_cache
from vidqa.network.native.config import TextConfig
from vidqa.network.native.kv_cache import KeyValueCache
from vidqa.network.native.llama import Llama
from vidqa.network.native.narrow_decoder import NarrowDecoder, NarrowSteps
from vidqa.network.native.quantized import dequantize, quantize
from vidqa.network.opening import chosen_dtype, open_network, open_processor
from vidqa.system.cache import Cache

pytestmark = pytest.mark.numbers

SIZES = {
    "groups of three": TextConfig(
        vocab_size=97, hidden_size=48, intermediate_size=80, num_hidden_layers=3,
        num_attention_heads=6, num_key_value_heads=2, head_dim=16, rms_norm_eps=1e-5,
        rope_theta=10_000.0, max_position_embeddings=128,
    ),
    "one head, wide": TextConfig(
        vocab_size=64, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=1, num_key_value_heads=1, head_dim=64, rms_norm_eps=1e-6,
        rope_theta=100_000.0, max_position_embeddings=64,
    ),
}  # fmt: skip
EXACT = 1e-4
"""How far logits of the same weights may be apart."""


def drawn(config: TextConfig) -> Llama:
    torch.manual_seed(0)
    llama = Llama(config).eval()
    for weight in llama.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return llama


def rounded(llama: Llama, bits: int) -> Llama:
    """The decoder with the weights that its rounded ones stand for."""
    same = drawn(llama.config)
    for weight in same.parameters():
        if weight.ndim == 2:
            weight.data = dequantize(quantize([weight], bits), weight.shape[1])
    return same


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("columns", [32, 45, 96])
def test_weights_are_rounded_by_half_a_step_at_most(bits: int, columns: int) -> None:
    torch.manual_seed(0)
    weight = torch.randn(7, columns) * torch.logspace(-3, 3, 7)[:, None]
    weight[2] = 0
    weight[3].abs_()
    found = quantize([weight[:3], weight[3:]], bits)
    again = dequantize(found, columns)
    steps = torch.from_numpy(found.scales).repeat_interleave(32, dim=1)[:, :columns]
    # in 4 bits zero itself is rounded, too
    assert bool(((again - weight).abs() <= steps * (0.501 if bits == 8 else 1.001)).all())
    assert bool((again[2] == 0).all())
    assert found.values.nbytes == 7 * -(-columns // 32) * 32 * bits // 8


@torch.inference_mode()
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("size", SIZES)
def test_the_graph_computes_what_the_decoder_does(
    bits: int, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidqa.network.native.decoder_graph.INTEGER_PRODUCTS", 1)
    llama = drawn(SIZES[size])
    expected, narrow = rounded(llama, bits), NarrowDecoder(llama, bits, threads=2)
    head, layers = expected.embed_tokens.weight, llama.config.num_hidden_layers
    ours, theirs = (KeyValueCache.of(layers) for _ in range(2))
    for tokens, keep in ((20, 0), (7, 1), (1, 1), (1, 1), (3, 2)):
        states = torch.randn(1, tokens, llama.config.hidden_size)
        wanted = expected(states, theirs)[:, -keep:] @ head.T
        found = narrow.read(states, ours, keep=keep)
        assert found.shape == wanted.shape
        torch.testing.assert_close(found, wanted, rtol=EXACT, atol=EXACT * float(wanted.std()))
    for mine, other in zip(ours.layers, theirs.layers, strict=True):
        torch.testing.assert_close(mine.keys, other.keys, rtol=EXACT, atol=EXACT)
        torch.testing.assert_close(mine.values, other.values, rtol=EXACT, atol=EXACT)


WIDE = replace(SIZES["one head, wide"], hidden_size=512, intermediate_size=1024, vocab_size=3000)
"""Wide enough that threads share the work."""
ROUNDED = 0.1
"""Of how far logits differ among themselves: the most that another order of sums may move one. It
moves an 8-bit number by a step here and there; with AVX2 and 8 bits it moved none."""


@torch.inference_mode()
@pytest.mark.parametrize("bits", [8, 4])
def test_threads_and_rows_change_nothing_but_the_order_of_sums(bits: int) -> None:
    llama, lengths = drawn(WIDE), (9, 30, 2, 17, 23)
    ids = torch.arange(len(lengths) * 2).view(2, -1) + 5  # two tokens a row
    found = []
    for threads in (1, 2, 2, 4):
        narrow = NarrowDecoder(llama, bits, threads=threads)
        caches = [KeyValueCache.of(2) for _ in lengths]
        for cache, length in zip(caches, lengths, strict=True):
            narrow.read(llama.embed_tokens(torch.arange(length)[None]), cache, keep=1)
        for count in (1, 2, 5):
            joined, places = KeyValueCache.joined(caches[:count]), lengths[:count]
            steps = NarrowSteps(narrow, llama.embed_tokens, joined, places)
            read = [steps.read(one[:count].tolist()).clone() for one in ids]
            found += [torch.stack(read)]  # (2, count, V)
    assert all(map(torch.equal, found[3:6], found[6:9])), "two threads twice: the same bits"
    every = found[2]  # all rows, one thread
    for one in found:
        assert_moved_little(one, every[:, : one.shape[1]])


def assert_moved_little(found: torch.Tensor, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=ROUNDED * float(wanted.std()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(native_folder(tmp_path_factory.mktemp("native")))


def opened(folder: Path, dtype: str) -> Loaded:
    return open_network(folder, device="cpu", dtype=dtype, processor=open_processor(folder))


def began(loaded: Loaded, text: str) -> tuple[torch.Tensor, decoding.Context]:
    context = decoding.Context(loaded.network.new_cache())
    return decoding.prefill_question(loaded.network, ids_of(loaded, text), context), context


def ids_of(loaded: Loaded, text: str) -> torch.Tensor:
    return torch.tensor([loaded.encode(text)])


def written(
    loaded: Loaded, logits: torch.Tensor, context: decoding.Context, count: int
) -> list[int]:
    tokens = decoding.decode(loaded.network, logits, context, TokenChooser(Sampling()))
    return [next(tokens) for _ in range(count)]


TEXTS = ("a cat", " is it a much longer question? it is, and a dog sleeps", "the video shows")


class Dictated:
    """Chooses what it is told to, and remembers the logits."""

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = iter(tokens)
        self.logits: list[torch.Tensor] = []

    def choose(self, logits: torch.Tensor) -> int:
        self.logits.append(logits.clone())
        return next(self._tokens)


@torch.inference_mode()
@pytest.mark.parametrize("dtype", ["float32+int8", "bfloat16+int8", "int8", "int4"])
def test_side_by_side_as_alone(folder: Path, dtype: str) -> None:
    loaded, counts = opened(folder, dtype), (12, 3, 7)
    answers = [written(loaded, *began(loaded, text), count=12) for text in TEXTS]
    assert len({tuple(one) for one in answers}) > 1, "it says different things"
    alone, together = ([Dictated(answer) for answer in answers] for _ in range(2))
    for text, chooser, count in zip(TEXTS, alone, counts, strict=True):
        tokens = decoding.decode(loaded.network, *began(loaded, text), chooser)
        assert len([next(tokens) for _ in range(count)]) == count
    logits, contexts = zip(*(began(loaded, text) for text in TEXTS), strict=True)
    lengths = [context.cache.get_seq_length() for context in contexts]

    def take(row: int, _: int) -> bool:
        return len(together[row].logits) < counts[row]

    decode_together(loaded.network, logits, contexts, together, take)
    assert [len(one.logits) for one in together] == list(counts)
    for mine, other in zip(together, alone, strict=True):
        assert_moved_little(torch.cat(mine.logits), torch.cat(other.logits))
    assert [one.cache.get_seq_length() for one in contexts] == lengths


@torch.inference_mode()
@pytest.mark.parametrize("slack", [1, 3])
def test_where_there_is_no_more_room_it_moves(
    folder: Path, slack: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = opened(folder, "float32+int8")
    answer = written(loaded, *began(loaded, TEXTS[0]), count=12)
    monkeypatch.setattr(kv_cache, "SLACK_TOKENS", slack)
    assert written(loaded, *began(loaded, TEXTS[0]), count=12) == answer


@torch.inference_mode()
@pytest.mark.parametrize("dtype", ["float32+int8", "bfloat16+int8", "int8"])
def test_what_was_written_is_remembered_and_branches_stay(
    folder: Path, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidqa.network.native.decoder_graph.INTEGER_PRODUCTS", 1)
    loaded = opened(folder, dtype)
    logits, context = began(loaded, "a cat")
    before = [layer.keys.clone() for layer in context.cache.layers]
    branch = context.branch()
    answer = written(loaded, logits, branch, 9)
    assert branch.cache.get_seq_length() == len(loaded.encode("a cat")) + 8
    assert all(map(torch.equal, before, (layer.keys for layer in context.cache.layers)))
    if dtype != "int8":
        return
    more = decoding.prefill_question(loaded.network, ids_of(loaded, " and a dog"), branch)
    whole = torch.tensor([[*loaded.encode("a cat"), *answer[:8], *loaded.encode(" and a dog")]])
    at_once = decoding.Context(loaded.network.new_cache())
    again = decoding.prefill_question(loaded.network, whole, at_once)
    torch.testing.assert_close(more, again, rtol=1e-3, atol=1e-3 * float(again.std()))
    for mine, other in zip(branch.cache.layers, at_once.cache.layers, strict=True):
        torch.testing.assert_close(mine.keys, other.keys, rtol=1e-3, atol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("wide", ["float32", "bfloat16"])
def test_answers_are_written_with_the_rounded_weights(folder: Path, wide: str) -> None:
    found = []
    for dtype in (wide, f"{wide}+int8"):
        loaded, chooser = opened(folder, dtype), Dictated([5, 6, 7])
        tokens = decoding.decode(loaded.network, *began(loaded, TEXTS[1]), chooser)
        assert [next(tokens) for _ in range(3)] == [5, 6, 7]
        found.append(torch.cat(chooser.logits).float())
    plain, mixed = found
    assert torch.equal(plain[0], mixed[0]), "the prompt is read by the same weights"
    assert not torch.equal(plain[1], mixed[1])
    assert not torch.equal(plain[2], mixed[2])
    assert float((plain - mixed).abs().max() / plain.std()) < 0.5


@torch.inference_mode()
def test_prompts_are_read_as_without(folder: Path) -> None:
    for plain in ("float32", "bfloat16"):
        found = []
        for dtype in (plain, f"{plain}+int8"):
            logits, context = began(opened(folder, dtype), TEXTS[1])
            found.append((logits, context.cache.layers[1].keys, context.cache.layers[1].values))
        assert all(map(torch.equal, *found))
        assert found[1][1].dtype == getattr(torch, plain)


def test_eight_bits_alone_hold_no_other_blocks(folder: Path) -> None:
    network: Any = opened(folder, "int8").network
    assert not list(network.get_decoder().layers)
    assert network.dtype == torch.float32


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smolvlm_folder(tmp_path_factory.mktemp("smolvlm"))


def test_where_it_is_quick_it_is_chosen(
    folder: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for capability, wide, narrow in (
        ("AVX2", "float32", "float32+int8"),
        ("AVX512", "bfloat16", "float32+int8"),
        ("DEFAULT", "float32", "float32"),
    ):
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda one=capability: one)
        assert chosen_dtype(folder, "auto", "cpu") == narrow
        assert chosen_dtype(folder, "auto", "cpu", by_transformers=True) == wide
        assert chosen_dtype(other, "auto", "cpu") == wide
        assert chosen_dtype(folder, "float32", "cpu") == "float32"
        assert chosen_dtype(folder, "auto", "cuda") == "bfloat16"


def test_a_model_is_opened_so_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    model = open_folder(family_spec("vidqa"), folder, revision="1", device="cpu")
    assert model.maker.dtype == "float32+int8"
    assert model.memory.plan.dtype == "float32+int8"
    assert "float32+int8, 4 frames" in str(model.memory.plan)
    assert model.loaded.network.new_steps([model.loaded.network.new_cache()], in_place=True)


def test_memory_that_runs_out_in_onnxruntime_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, range(0, 400, 40))
    spec = family_spec("vidqa")
    model = open_folder(spec, folder, revision="1", device="cpu", dtype="float32+int8")
    watched = model.watch(clip, subtitles="off")

    def fail(*_: object) -> None:
        raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : std::bad_alloc")

    monkeypatch.setattr(onnxruntime.InferenceSession, "run_with_iobinding", fail)
    with pytest.raises(NotEnoughMemoryError, match="ran out of memory"):
        watched.ask("Who?", max_new_tokens=3)


def test_elsewhere_it_is_refused(folder: Path, other: Path) -> None:
    for name, device, by_transformers in (
        (other, "cpu", False),
        (folder, "cuda", False),
        (folder, "cpu", True),
    ):
        with pytest.raises(UsageError, match=r"float32\+int8 is for models like the starter"):
            chosen_dtype(name, "float32+int8", device, by_transformers=by_transformers)


def test_what_was_kept_in_float32_is_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, range(0, 1000, 40))
    cache, answers = Cache(tmp_path / "cache", limit_bytes=1 << 30), []
    spec = family_spec("vidqa")
    for dtype in ("float32", "float32+int8"):
        model = open_folder(spec, folder, revision="1", device="cpu", dtype=dtype, cache=cache)
        answers.append(model.watch(clip, subtitles="off").ask("Who?", max_new_tokens=3))
        monkeypatch.setattr(FrameEncoder, "_encode", None)
        monkeypatch.setattr("vidqa.engine.local.video_prefix.prefill_prefix", None)
    assert [one.dtype for one in answers] == ["float32", "float32+int8"]
    assert answers[0].prompt_tokens == answers[1].prompt_tokens
