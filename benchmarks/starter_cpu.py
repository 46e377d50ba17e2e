"""Reading and writing of the starter on a CPU in each number format, beside another checkout.

    python benchmarks/starter_cpu.py FOLDER --beside CHECKOUT > benchmarks/results/starter-cpu.json

`FOLDER` is the starter's (`vidqa models path starter`). Each format loads, reads a prompt and
writes 64 tokens greedily behind its first 200 tokens in a process of its own; the checkouts take
turns, and medians are reported. `auto` is what a checkout chooses by itself.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from start import commit

OWN = Path(__file__).parents[1]
READ_TOKENS, PROMPT_TOKENS, NEW_TOKENS = 4096, 200, 64
DTYPES = ("auto", "float32", "bfloat16", "int8", "int4")


def main() -> None:
    """Take turns, print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--beside", type=Path, help="another checkout")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    checkouts = {"this": OWN} | ({"other": arguments.beside} if arguments.beside else {})
    runs: dict[str, dict[str, list[dict[str, Any]]]] = {
        name: {dtype: [] for dtype in DTYPES} for name in checkouts
    }
    for _ in range(arguments.rounds):
        for dtype in DTYPES:
            for name, checkout in checkouts.items():
                runs[name][dtype].append(child(checkout, arguments.folder, dtype))
                print(name, dtype, runs[name][dtype][-1], file=sys.stderr)
    report = {
        "command": "python benchmarks/starter_cpu.py " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commits": {name: commit(checkout) for name, checkout in checkouts.items()},
        "read_tokens": READ_TOKENS,
        "new_tokens": NEW_TOKENS,
        **{
            name: {dtype: medians(found) for dtype, found in formats.items()}
            for name, formats in runs.items()
        },
    }
    print(json.dumps(report, indent=2))


def child(checkout: Path, folder: Path, dtype: str) -> dict[str, Any]:
    """Measure one format of a checkout in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(folder), dtype],
        env={**os.environ, "PYTHONPATH": str(checkout / "src")},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of each number, and the format that was chosen."""
    numbers = [key for key, value in runs[0].items() if not isinstance(value, str)]
    speeds = {key: round(statistics.median(run[key] for run in runs), 1) for key in numbers}
    return {"dtype": runs[0]["dtype"], **speeds}


def measure(folder: Path, wanted: str) -> dict[str, Any]:
    """Load, read and write."""
    from vidqa.network.inference.decode import Context
    from writing import speeds

    network, dtype = opened(folder, wanted)
    read, _ = speeds(network, Context(new_cache(network)), prompt_tokens=READ_TOKENS, new_tokens=0)
    _, written = speeds(
        network,
        Context(new_cache(network)),
        prompt_tokens=PROMPT_TOKENS,
        new_tokens=NEW_TOKENS,
    )
    return {"dtype": dtype, "prompt_tokens_per_s": read, "new_tokens_per_s": written}


def opened(folder: Path, wanted: str) -> tuple[Any, str]:
    """Load the starter; checkouts from before November 2026 know one way only."""
    try:
        from vidqa.network.opening import chosen_dtype, open_network, open_processor
    except ImportError:
        from vidqa.network.loading import load_folder
        from vidqa.system.devices import choose_dtype

        dtype = choose_dtype(wanted, "cpu")
        return load_folder(folder, device="cpu", dtype=dtype).network, dtype
    dtype, processor = chosen_dtype(folder, wanted, "cpu"), open_processor(folder)
    return open_network(folder, device="cpu", dtype=dtype, processor=processor).network, dtype


def new_cache(network: Any) -> Any:
    """Return an empty KV cache."""
    try:
        from vidqa.network.inference.kv_caches import new_cache as made
    except ImportError:
        from transformers import DynamicCache

        return DynamicCache(config=network.config.get_text_config())
    return made(network)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
