"""A model on transformers' classes in each number format on a CPU: loading, reading, writing.

    python benchmarks/formats_cpu.py > benchmarks/results/formats-cpu.json

A Qwen3-VL of 0.6 billion parameters with random weights, in bfloat16 on the disk. Each format
loads, reads 512 tokens and writes 32 greedily behind them in a process of its own; rounds take
turns, and medians are reported. `bitsandbytes` are the same formats as transformers loads them with
that library (`pip install 'vidqa[quantize]'`). `loaded_mb` is the memory that the process holds of
its own behind loading, `peak_mb` the most while it loaded, both beyond what it held before; what is
mapped from the file is the page cache's, and `mapped_mb`.
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
import threading
import time
from pathlib import Path
from typing import Any

PROMPT_TOKENS, NEW_TOKENS = 512, 32
WAYS = {
    "float32": ("open", "float32"),
    "bfloat16": ("open", "bfloat16"),
    "int8": ("open", "int8"),
    "int4": ("open", "int4"),
    "int8, bitsandbytes": ("load", "int8"),
    "int4, bitsandbytes": ("load", "int4"),
}
SAMPLES_A_SECOND = 200


def main() -> None:
    """Make the model, take turns, print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        make_model(Path(folder))
        for _ in range(arguments.rounds):
            for name in WAYS:
                command = [sys.executable, __file__, "--child", folder, name]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                runs[name].append(json.loads(done.stdout.splitlines()[-1]))
                print(name, runs[name][-1], file=sys.stderr)
    report = {
        "command": "python benchmarks/formats_cpu.py " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "prompt_tokens": PROMPT_TOKENS,
        "new_tokens": NEW_TOKENS,
        "formats": {
            name: {key: round(statistics.median(run[key] for run in found), 2) for key in found[0]}
            for name, found in runs.items()
        },
    }
    print(json.dumps(report, indent=2))


def make_model(folder: Path) -> None:
    """Write the model; its tower is as small as may be."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    config = Qwen3VLConfig(
        text_config={
            "hidden_size": 1024,
            "intermediate_size": 3072,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151_936,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1_000_000.0,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
        },
        vision_config={"depth": 1, "hidden_size": 64, "out_hidden_size": 1024,
                       "deepstack_visual_indexes": [0]},
        tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text("{}")  # it is shown no pictures


def measure(folder: Path, name: str) -> dict[str, float]:
    """Load, read and write."""
    import transformers  # noqa: F401 - it is held before anything is loaded

    from vidqa.network.inference.decode import Context
    from vidqa.network.inference.kv_caches import new_cache
    from vidqa.network.loading import load_folder
    from vidqa.network.opening import open_network
    from writing import speeds

    how, dtype = WAYS[name]
    opened: Any = open_network if how == "open" else load_folder
    before, peak = memory_mb(), Peak()
    begun = time.perf_counter()
    with peak:
        network = opened(folder, device="cpu", dtype=dtype, processor=object()).network
    load_s = time.perf_counter() - begun
    loaded = memory_mb()
    context = Context(new_cache(network), 0)
    read, written = speeds(network, context, prompt_tokens=PROMPT_TOKENS, new_tokens=NEW_TOKENS)
    return {
        "load_s": load_s,
        "loaded_mb": loaded["RssAnon"] - before["RssAnon"],
        "peak_mb": peak.mb - before["RssAnon"],
        "mapped_mb": loaded["RssFile"] - before["RssFile"],
        "prompt_tokens_per_s": read,
        "new_tokens_per_s": written,
    }


def memory_mb() -> dict[str, float]:
    """What this process holds of its own, and of files (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines if line.startswith("Rss"))
    return {name: int(value.split()[0]) * 1024 / 1e6 for name, value in found.items()}


class Peak:
    """The most memory of its own that this process held meanwhile."""

    mb = 0.0

    def __enter__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(1 / SAMPLES_A_SECOND):
            self.mb = max(self.mb, memory_mb()["RssAnon"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
