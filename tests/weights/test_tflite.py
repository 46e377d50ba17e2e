"""Weights out of TensorFlow Lite files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tflite_files import ADD, CONV, DEPTHWISE, DEQUANTIZE, FP16, FP32, INT8, written

from vidqa.errors import ModelDamagedError
from vidqa.models.conversion.assemble import read_faces
from vidqa.models.conversion.tflite import convolutions
from vidqa.network.vision.faces import FaceDetector


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A convolution of 2 to 3 channels in 16 bits, and one of 2 channels apart in 32."""
    whole = np.arange(3 * 3 * 3 * 2, dtype=np.float16).reshape(3, 3, 3, 2)
    apart = np.arange(9 * 2, dtype=np.float32).reshape(1, 3, 3, 2)
    return written(
        tmp_path / "a.tflite",
        [
            (None, FP32, (1, 8, 8, 2)),
            (whole, FP16, (3, 3, 3, 2)),
            (None, FP32, (3, 3, 3, 2)),
            (np.array([1, 2, 3], np.float32), FP32, (3,)),
            (apart, FP32, (1, 3, 3, 2)),
            (np.array([-1, -2], np.float32), FP32, (2,)),
            (None, FP32, (1, 8, 8, 2)),
        ],
        [
            (DEPTHWISE, [0, 4, 5], [6]),
            (ADD, [0, 6], [6]),
            (DEQUANTIZE, [1], [2]),
            (CONV, [6, 2, 3], [6]),
        ],
    )


def test_convolutions_come_as_they_run_and_as_torch_lays_them_out(file: Path) -> None:
    (apart, apart_bias), (whole, whole_bias) = convolutions(file)
    assert apart.shape == (2, 1, 3, 3)
    assert apart[1, 0].flatten().tolist() == list(range(1, 18, 2))
    assert apart_bias.tolist() == [-1, -2]
    assert whole.shape == (3, 2, 3, 3)
    assert whole.dtype == torch.float32
    assert whole[0, 1].flatten().tolist() == list(range(1, 18, 2))
    assert whole[2, 0, 0, 0] == 36
    assert whole_bias.tolist() == [1, 2, 3]


def test_other_formats_are_refused(tmp_path: Path) -> None:
    rounded = np.zeros((1, 1, 1, 1), np.int8)
    tensors = [(None, FP32, (1, 1, 1, 1)), (rounded, INT8, (1, 1, 1, 1)), (rounded, INT8, (1,))]
    file = written(tmp_path / "b.tflite", tensors, [(CONV, [0, 1, 2], [0])])
    with pytest.raises(ModelDamagedError, match="another format than 16 or 32 bits"):
        list(convolutions(file))


def test_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.tflite"
    file.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(ModelDamagedError, match=r"c\.tflite cannot be read: no TensorFlow Lite"):
        list(convolutions(file))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_half_a_file_is_refused(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        list(convolutions(file))


def test_a_file_of_another_network_is_refused(file: Path) -> None:
    with pytest.raises(ModelDamagedError, match=r"a\.tflite holds 2 convolutions, wanted 89"):
        read_faces(FaceDetector(), file)


def test_a_convolution_of_another_shape_is_named(file: Path) -> None:
    detector = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3, groups=2), torch.nn.Conv2d(2, 4, 3))
    with pytest.raises(ModelDamagedError, match=r"convolution 1 has shape \(3, 2, 3, 3\)"):
        read_faces(detector, file)
