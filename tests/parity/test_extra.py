"""What is recorded beside the models: pixels and learning rates."""

from typing import Any

import golden_files
import pytest
import torch
from transformers import ViTImageProcessorPil

from vidqa.models.conversion.convert import BICUBIC, IMAGE_MEAN, IMAGE_STD
from vidqa.training.schedule import Schedule

pytestmark = pytest.mark.numbers


@pytest.mark.parametrize(
    ("side", "name", "step"), [(56, "preproc.out56", 1), (224, "preproc.out224_every8", 8)]
)
def test_pixels(side: int, name: str, step: int) -> None:
    expected = golden_files.tensors("extra_tensors")
    images = ViTImageProcessorPil(
        size={"height": side, "width": side},
        resample=BICUBIC,
        image_mean=list(IMAGE_MEAN),
        image_std=list(IMAGE_STD),
    )
    picture = expected["preproc.rgb_uint8_hwc"].numpy()
    found = images([picture], return_tensors="pt", input_data_format="channels_last").pixel_values
    torch.testing.assert_close(
        found[0][:, ::step, ::step].contiguous(), expected[name].contiguous(), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("case", golden_files.facts("extra")["lr"], ids=lambda case: case["name"])
def test_learning_rates(case: dict[str, Any]) -> None:
    schedule = Schedule(
        warmup_rate=case["warmup_lr"],
        top_rate=case["init_lr"],
        end_rate=case["min_lr"],
        warmup_steps=case["warmup_steps"],
        total_steps=case["max_epoch"] * case["iters_per_epoch"],
    )
    for epoch, step, rate in case["epoch_step_lr"]:
        found = schedule.rate(epoch * case["iters_per_epoch"] + step)
        assert found == pytest.approx(rate, rel=1e-6)
