"""The benchmark of the 7B models, run whole at a tiny size on the CPU."""

import json
import math
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vidqa.network.modeling import VidqaForConditionalGeneration

GPU = Path(__file__).parents[1] / "benchmarks" / "gpu"
TIMED = {"s", "floor_s", "floor_set_by", "times_floor"}


def run(file: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, str(GPU), "--output", str(file), "--tiny", "--device", "cpu"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, "--runs", "1", *options], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(file.read_text())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def expect_timed(figures: dict[str, Any], rate: str) -> None:
    assert figures.keys() >= {*TIMED, rate}
    for name in ("s", "floor_s", "times_floor", rate):
        assert math.isfinite(figures[name])
        assert figures[name] > 0
    assert figures["floor_set_by"] in {"arithmetic", "bandwidth"}


@pytest.mark.slow
def test_every_section_has_its_figures(tmp_path: Path) -> None:
    found = run(tmp_path / "tiny.json")
    assert all(found[name] for name in ("command", "date", "device", "torch", "transformers"))
    assert all(value > 0 for value in found["ceilings"].values())
    assert found["precision"].keys() == found["decoders"].keys() == {"mistral", "llama2"}
    for compared in found["precision"].values():
        assert len(compared) == 4
        for figures in compared.values():
            assert 0 < figures["relative"] <= figures["tolerance"]
            assert figures["result"] == "ok"
    for batch in ("batch 1", "batch 16"):
        expect_timed(found["tower, bf16"][batch], "frames_per_s")
    for forms in found["decoders"].values():
        assert forms.keys() == {"bf16", "int8", "4-bit"}
        expect_timed(forms["bf16"]["prefill"], "tokens_per_s")
        expect_timed(forms["bf16"]["decode"], "tokens_per_s")
        assert forms["bf16"]["peak_memory_gib"] >= forms["bf16"]["weights_and_kv_gib"] > 0


def test_floors_count_what_torch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """At full size, on the meta device: weights of the decoder, operations of the tower."""
    monkeypatch.syspath_prepend(str(GPU))
    floors, networks = import_module("floors"), import_module("networks")
    networks.register()
    for preset in networks.FULL.values():
        with torch.device("meta"):
            network = VidqaForConditionalGeneration(preset.config)
        matrices = [
            module.weight.numel()
            for module in (*network.model.language_model.modules(), network.lm_head)
            if isinstance(module, nn.Linear)
        ]
        assert floors.weights_bytes(preset, weight_bits=16) == 2 * sum(matrices)
        with FlopCounterMode(display=False) as counter:
            network.get_image_features(torch.empty(1, 3, 224, 224, device="meta"))
        assert floors.tower(preset, images=1).flop == counter.get_total_flops()
