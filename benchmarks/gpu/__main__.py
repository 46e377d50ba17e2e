"""Both 7B models of the paper on one device: half precision beside fp32, speed, memory.

    python benchmarks/gpu --output benchmarks/results/gpu-NAME.json [--minutes 8]
    python benchmarks/gpu --output tiny.json --tiny --device cpu      # to try the program out

Needs a checkout, torch, transformers and nothing from the network: the weights are random, seeded
and made on the device, at full size. The file is written again after every section, so that a run
cut off leaves what it had. Times are medians after a warm-up. `floor_s` is the least time that the
work can take at the matrix rate and the copy bandwidth measured in the same run; `times_floor` is
how much longer it took. Prompts are as long as the presets' defaults make them: 90 frames and 800
words for Mistral, 45 and 400 for Llama-2.
"""

import argparse
import datetime
import gc
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "src"))

import torch  # noqa: E402
import transformers  # noqa: E402

import quantized  # noqa: E402
from clock import Ceilings, Clock, measure_ceilings  # noqa: E402
from networks import FULL, SEED, Preset, build, register, tiny  # noqa: E402
from precision import compare  # noqa: E402
from speed import Bench  # noqa: E402

FORMS = {"bf16": 16, "int8": 8, "4-bit": 4}
"""Bits of a weight in the blocks of the decoder."""
MATRIX_SIDE, COPIED_BYTES = 8192, 4 * 2**30
TINY_MATRIX_SIDE, TINY_COPIED_BYTES = 256, 2**24


class Report:
    """The results so far, on disk after every section."""

    def __init__(self, file: Path, facts: dict[str, object], clock: Clock) -> None:
        self._file = file
        self._results: dict[str, object] = facts
        self._clock = clock
        self.failed = False

    def section(self, *path: str, work: Callable[[], object]) -> None:
        """Do one section's work and write its result; what is left out or breaks is said."""
        started = time.perf_counter()
        found: object = {"skipped": "the time was over"}
        if not self._clock.is_over:
            try:
                found = work()
            except Exception as error:  # one format's library may break; the others still count
                self.failed = True
                found = {"failed": f"{type(error).__name__}: {error}"}
        self.failed |= '"result": "failed"' in json.dumps(found)
        gc.collect()
        self._put(path, found)
        self._file.write_text(self.text)
        took = time.perf_counter() - started
        print(f"{' '.join(path)} ({took:.1f} s): {json.dumps(found)}", file=sys.stderr, flush=True)

    def _put(self, path: tuple[str, ...], found: object) -> None:
        place: Any = self._results
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = found

    @property
    def text(self) -> str:
        """All of it, as JSON."""
        return json.dumps(self._results, indent=2) + "\n"


def main() -> int:
    """Run the sections that fit the time; 1 if one of them failed."""
    arguments = parse()
    transformers.logging.set_verbosity_error()
    register()
    device = torch.device(arguments.device)
    clock = Clock(device, time.monotonic() + 60 * arguments.minutes, arguments.runs)
    report = Report(arguments.output, facts(device, arguments), clock)
    presets = {name: tiny(one) if arguments.tiny else one for name, one in FULL.items()}
    ceilings = ceilings_of(clock, is_tiny=arguments.tiny)
    report.section("ceilings", work=lambda: readable(ceilings))
    for name, preset in presets.items():
        report.section("precision", name, work=lambda preset=preset: compare(preset, device))
    first = next(iter(presets.values()))
    report.section("tower, bf16", work=lambda: tower_figures(first, ceilings, clock))
    for form in FORMS:
        for name, preset in presets.items():
            figures = partial(decoder_figures, preset, ceilings, clock, form=form)
            report.section("decoders", name, form, work=figures)
    print(report.text, end="")
    return int(report.failed)


def parse() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    parser.add_argument("--minutes", type=float, default=8, help="begin nothing after so long")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of everything")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny models: tries the program out")
    return parser.parse_args()


def facts(device: torch.device, arguments: argparse.Namespace) -> dict[str, object]:
    """What was run where."""
    is_cuda = device.type == "cuda"
    by = quantized.library()
    return {
        "command": "python benchmarks/gpu " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "device": torch.cuda.get_device_name(device) if is_cuda else platform.machine(),
        "driver": driver() if is_cuda else None,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "quantized_by": quantized.with_version(by) if by else "not installed",
        "tiny": arguments.tiny,
        "seed": SEED,
        "runs": arguments.runs,
    }


def driver() -> str:
    """The version of the GPU's driver."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"unknown: {error}"
    return done.stdout.splitlines()[0]


def ceilings_of(clock: Clock, *, is_tiny: bool) -> Ceilings:
    """What this device reaches."""
    side, size = (TINY_MATRIX_SIDE, TINY_COPIED_BYTES) if is_tiny else (MATRIX_SIDE, COPIED_BYTES)
    return measure_ceilings(clock, side=side, copied_bytes=size)


def readable(ceilings: Ceilings) -> dict[str, float]:
    """In the units that data sheets use."""
    return {
        "bf16_matrix_tflop_per_s": ceilings.flop_per_s / 1e12,
        "copy_gb_per_s": ceilings.bytes_per_s / 1e9,
    }


def tower_figures(preset: Preset, ceilings: Ceilings, clock: Clock) -> object:
    """The tower alone, behind it as little of a decoder as there can be."""
    preset = preset.cut(decoder=1)
    network = build(preset.config, clock.device, torch.bfloat16)
    return Bench(preset, network, ceilings, clock).tower()


def decoder_figures(preset: Preset, ceilings: Ceilings, clock: Clock, *, form: str) -> object:
    """One whole model with its decoder in one format."""
    bits, by = FORMS[form], quantized.library()
    if bits < FORMS["bf16"] and by is None:
        return {"not_measured": quantized.NONE_INSTALLED}
    network = build(preset.config, clock.device, torch.bfloat16)
    if bits < FORMS["bf16"]:
        quantized.quantize(network.model.language_model, bits=bits, by=str(by))
    return Bench(preset, network, ceilings, clock).decoder(weight_bits=bits)


if __name__ == "__main__":
    sys.exit(main())
