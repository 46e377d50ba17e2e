"""Where speech runs, for machines that are not here."""

from pathlib import Path

import ctranslate2
import pytest

from vidqa.errors import UsageError
from vidqa.media.speech.device import (
    CUBLAS,
    Machine,
    Place,
    place_speech,
    probe_machine,
    speech_threads,
)

GPU = Machine(cores=8, gpus=2)


def test_a_gpu_with_its_libraries_is_used():
    assert place_speech("auto", GPU) == Place("cuda", 7, 0)
    place = place_speech("cuda:1", GPU)
    assert (place.device, place.index, place.compute_type) == ("cuda", 1, "float16")
    assert place.batch > place_speech("cpu", GPU).batch


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_a_cpu_is_used_when_asked_for_and_where_there_is_no_better(device: str):
    place = place_speech(device, GPU)
    assert (place.device, place.compute_type, place.warnings) == ("cpu", "int8", ())
    assert place_speech("auto", Machine(cores=4)) == Place("cpu", 3)


@pytest.mark.parametrize("device", ["auto", "cuda", "cuda:1"])
@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (Machine(8, 2, cublas_missing="cannot open shared object file"), "cannot open shared"),
        (Machine(8, 2, torch_cuda=13), "torch has loaded CUDA 13"),
        (Machine(8, 2, "missing", torch_cuda=11), "CUDA 11"),
    ],
)
def test_libraries_that_do_not_fit_are_said(device: str, machine: Machine, reason: str):
    place = place_speech(device, machine)
    assert (place.device, place.index) == ("cpu", 0)
    (warning,) = place.warnings
    assert warning.startswith("speech runs on the CPU")
    assert reason in warning


def test_torch_of_the_same_version_does_no_harm():
    assert place_speech("cuda", Machine(8, 1, torch_cuda=12)).device == "cuda"


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:7"])
def test_a_gpu_that_is_not_there_is_an_error(device: str):
    with pytest.raises(UsageError, match="no device"):
        place_speech(device, Machine(cores=4) if device != "cuda:7" else GPU)


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:-1", ""])
def test_an_unknown_device_is_an_error(device: str):
    with pytest.raises(UsageError, match="no device is called"):
        place_speech(device, GPU)


def test_threads_leave_room_for_the_decoder():
    assert [speech_threads(cores) for cores in (1, 2, 3, 8, 64)] == [1, 2, 2, 7, 16]


def test_this_machine_is_probed():
    machine = probe_machine("auto")
    assert machine.cores >= 1
    assert machine.gpus == ctranslate2.get_cuda_device_count()
    assert probe_machine("cpu") == Machine(machine.cores)


def test_the_installed_ctranslate2_wants_the_library_we_look_for():
    folder = Path(ctranslate2.__file__).parents[1] / "ctranslate2.libs"
    libraries = list(folder.glob("libctranslate2*"))
    if not libraries:
        pytest.skip("CTranslate2 is not installed from its Linux wheel")
    assert any(CUBLAS.encode() in library.read_bytes() for library in libraries)
