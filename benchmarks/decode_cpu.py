"""Writing on a CPU: tokens a second of vidqa's decoder beside llama.cpp on the same weights.

    pip install xllamacpp
    python benchmarks/decode_cpu.py STARTER STARTER.gguf > benchmarks/results/decode-on-cpu.json

`STARTER` is the starter's folder (`vidqa models path starter`), `STARTER.gguf` the language model
that it was made from, in 4 bits. Two larger Llamas are made here with random weights; llama.cpp
gets the same ones, rounded by its own library to 8 bits and to 4. Each way loads and writes in a
process of its own; rounds take turns and medians are reported. The prompt's 200 tokens are read
before the clock starts, then 64 tokens are written greedily. What a loaded process holds is its
resident memory behind that.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import psutil

PROMPT_TOKENS, NEW_TOKENS = 200, 64
FORMATS = ("float32", "float32+int8", "int4")
TYPES = {"Q8_0": gguf.GGMLQuantizationType.Q8_0, "Q4_1": gguf.GGMLQuantizationType.Q4_1}
SIZES = {
    "0.5B": {"width": 1024, "inner": 3840, "layers": 28, "heads": 16, "kv_heads": 8},
    "1.7B": {"width": 2048, "inner": 8192, "layers": 24, "heads": 32, "kv_heads": 32},
}
"""Beside the starter's 135M; all with its vocabulary."""
PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
"""Names of a layer's tensors, transformers' and llama.cpp's."""
DECODER = "model.language_model."
Report = dict[str, float]


def main() -> None:
    """Make the models, take turns, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("starter", type=Path)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    arguments = parser.parse_args()
    report = {
        "command": "python benchmarks/decode_cpu.py " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "prompt_tokens": PROMPT_TOKENS,
        "new_tokens": NEW_TOKENS,
    }
    with tempfile.TemporaryDirectory() as scratch:
        starter = {"Q4_1": arguments.gguf, "Q8_0": Path(scratch) / "starter-Q8_0.gguf"}
        write_gguf(arguments.starter, arguments.gguf, starter["Q8_0"], "Q8_0")
        report["135M"] = compare(arguments.starter, starter, arguments.rounds)
        for size in arguments.sizes:
            folder = Path(scratch) / size
            make_model(folder, arguments.starter, **SIZES[size])
            files = {kind: folder / f"{kind}.gguf" for kind in TYPES}
            for kind, file in files.items():
                write_gguf(folder, arguments.gguf, file, kind)
            report[size] = compare(folder, files, arguments.rounds)
    print(json.dumps(report, indent=2))


def compare(folder: Path, files: dict[str, Path], rounds: int) -> dict[str, Report]:
    """Every way in turn; medians."""
    tried = [("vidqa", name, folder) for name in FORMATS]
    tried += [("llama.cpp", name, file) for name, file in files.items()]
    runs: dict[str, list[Report]] = {f"{way} {name}": [] for way, name, _ in tried}
    for _ in range(rounds):
        for way, name, model in tried:
            done = subprocess.run(
                [sys.executable, __file__, "--child", way, str(model), name],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            runs[f"{way} {name}"].append(json.loads(done.stdout.splitlines()[-1]))
            print(folder.name, way, name, runs[f"{way} {name}"][-1], file=sys.stderr)
    return {
        name: {key: round(statistics.median(run[key] for run in found), 2) for key in found[0]}
        for name, found in runs.items()
    }


def vidqa(folder: Path, dtype: str) -> Report:
    """Its own modules, as `--dtype` says."""
    from vidqa.network.inference.decode import Context
    from vidqa.network.opening import open_network, open_processor
    from writing import speeds

    begun = time.perf_counter()
    processor = open_processor(folder)
    network = open_network(folder, device="cpu", dtype=dtype, processor=processor).network
    load_s = time.perf_counter() - begun
    context = Context(network.new_cache())
    both = speeds(network, context, prompt_tokens=PROMPT_TOKENS, new_tokens=NEW_TOKENS)
    return told(load_s, *both)


def llama_cpp(file: Path, kind: str) -> Report:
    """llama.cpp through xllamacpp; it says itself how long it took."""
    import xllamacpp

    begun = time.perf_counter()
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx, settings.n_parallel, settings.warmup = 1024, 1, True
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = os.cpu_count()
    server = xllamacpp.Server(settings)
    load_s = time.perf_counter() - begun
    request = {
        "prompt": list(range(1000, 1000 + PROMPT_TOKENS)),
        "n_predict": NEW_TOKENS,
        "temperature": 0,
        "ignore_eos": True,
    }
    timings = server.handle_completions(request)["timings"]
    assert timings["predicted_n"] == NEW_TOKENS, kind
    return told(load_s, timings["prompt_per_second"], timings["predicted_per_second"])


def told(load_s: float, read: float, written: float) -> Report:
    """One run's numbers."""
    held = psutil.Process().memory_info().rss
    return {
        "load_s": load_s,
        "prompt_tokens_per_s": read,
        "new_tokens_per_s": written,
        "held_mb": held / 1e6,
    }


def make_model(
    folder: Path, starter: Path, *, width: int, inner: int, layers: int, heads: int, kv_heads: int
) -> None:
    """Write a model folder like the starter's, with a larger random decoder."""
    import torch
    from safetensors.torch import save_file

    from vidqa.network.native.config import read_native
    from vidqa.network.native.network import NativeNetwork

    folder.mkdir()
    for file in starter.iterdir():
        if file.name not in ("config.json", "model.safetensors"):
            (folder / file.name).symlink_to(file.resolve())
    config: dict[str, Any] = json.loads((starter / "config.json").read_text())
    config["text_config"] |= {
        "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": width // heads,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").touch()
    native = read_native(folder)
    assert native is not None
    with torch.device("meta"):
        shapes = {name: one.shape for name, one in NativeNetwork(native).state_dict().items()}
    drawn = torch.Generator().manual_seed(0)
    weights = {
        name: torch.ones(shape, dtype=torch.bfloat16)
        if len(shape) < 2
        else torch.empty(shape, dtype=torch.bfloat16).normal_(std=0.02, generator=drawn)
        for name, shape in shapes.items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def write_gguf(folder: Path, like: Path, file: Path, kind: str) -> None:
    """Write a folder's decoder as llama.cpp reads it, with the tokenizer of another file."""
    from safetensors import safe_open

    text = json.loads((folder / "config.json").read_text())["text_config"]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_rope_freq_base(text["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(text["vocab_size"])
    for name, field in gguf.GGUFReader(like).fields.items():
        if name.startswith("tokenizer."):
            several = field.types[0] == gguf.GGUFValueType.ARRAY
            writer.add_key_value(
                name, field.contents(), field.types[0], field.types[-1] if several else None
            )
    with safe_open(folder / "model.safetensors", framework="pt") as weights:
        for name in weights.keys():  # noqa: SIM118 - it is no dict
            if name.startswith(DECODER):
                array = weights.get_tensor(name).float().numpy()
                add_tensor(writer, gguf_name(name.removeprefix(DECODER)), array, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_name(name: str) -> str:
    """llama.cpp's name of a tensor."""
    if name in ("embed_tokens.weight", "norm.weight"):
        return {"e": "token_embd.weight", "n": "output_norm.weight"}[name[0]]
    _, number, part = name.removesuffix(".weight").split(".", 2)
    return f"blk.{number}.{PARTS[part]}.weight"


def add_tensor(writer: gguf.GGUFWriter, name: str, array: Any, kind: str) -> None:
    """Add a weight, rounded; norms stay whole."""
    if array.ndim < 2:
        return writer.add_tensor(name, array)
    rounded = gguf.quantize(np.ascontiguousarray(array), TYPES[kind])
    return writer.add_tensor(name, rounded, raw_dtype=TYPES[kind])


WAYS = {"vidqa": vidqa, "llama.cpp": llama_cpp}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _, _, way, model, kind = sys.argv
        print(json.dumps(WAYS[way](Path(model), kind)))
    else:
        main()
