"""Pictures are resized and normalised where the network computes, if the result is the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from families import MAKERS, family_spec
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.inference.preprocess import computed_on, preprocess
from vidqa.network.loading import load_folder
from vidqa.network.opening import open_processor

STAYS_ON_THE_CPU = {"vidqa": "its filter is Pillow's", "smolvlm": "its filter is Lanczos'"}


@pytest.mark.parametrize("name", MAKERS)
def test_pictures_go_to_the_device_as_they_are(name: str, tmp_path: Path) -> None:
    processor = open_processor(MAKERS[name](tmp_path / name))
    family = family_spec(name).family
    frames = [np.zeros((48, 80, 3), dtype=np.uint8)] * 2
    on = computed_on(torch.device("meta"), processor)
    given = {**family.image_kwargs, **on}
    inputs = preprocess(processor, frames, images_kwargs=given, **family.processor_kwargs)
    device = "cpu" if name in STAYS_ON_THE_CPU else "meta"
    assert inputs["pixel_values"].device.type == device


def test_the_encoder_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_folder(MAKERS["qwen3_vl"](tmp_path / "model"), device="cpu", dtype="float32")
    images = loaded.processor.image_processor
    asked = list[object]()

    def preprocessed(*given: object, **how: object) -> object:
        asked.append(how.get("device"))
        return whole(*given, **how)

    whole = images.preprocess
    monkeypatch.setattr(images, "preprocess", preprocessed)
    encoder = FrameEncoder(loaded, family_spec("qwen3_vl").family.image_kwargs)
    encoder.push(np.zeros((48, 80, 3), dtype=np.uint8))
    encoder.flush()
    assert asked == [torch.device("cpu")]
