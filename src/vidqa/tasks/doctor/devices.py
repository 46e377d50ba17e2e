"""Check the devices and their memory."""

from collections.abc import Iterator

from vidqa.media.speech.device import CUDA_MAJOR, Place, place_speech, probe_machine
from vidqa.system.devices import choose_device, choose_dtype
from vidqa.system.memory import free_memory_bytes, total_memory_bytes
from vidqa.tasks.doctor.finding import Finding

SPEECH = "speech device"


def check_devices(wanted: str) -> Iterator[Finding]:
    """Yield every device with its memory, and the one that would be used.

    Args:
        wanted: the device, as given to `--device`.

    """
    import torch

    yield Finding("cpu", "ok", _memory("cpu"))
    for index in range(torch.cuda.device_count()):
        device = f"cuda:{index}"
        yield Finding(device, "ok", f"{torch.cuda.get_device_name(device)}, {_memory(device)}")
    if torch.backends.mps.is_available():
        yield Finding("mps", "ok", "shares the memory of the CPU")
    chosen = choose_device(wanted)
    yield Finding("device", "ok", f"{chosen}, {choose_dtype('auto', chosen)}")


def check_speech_device() -> Iterator[Finding]:
    """Check the device of speech recognition: CTranslate2's CUDA may differ from torch's."""
    import torch

    machine = probe_machine("auto")
    place = place_speech("auto", machine)
    threads = "1 thread" if place.threads == 1 else f"{place.threads} threads"
    by_torch = torch.cuda.device_count()
    if machine.gpus and not by_torch:
        yield _unused_gpu(machine.gpus, torch.version.cuda)
    if place.warnings:
        yield Finding(SPEECH, "warning", _slower(place), _cuda_libraries(machine.torch_cuda))
    elif place.device == "cuda":
        yield Finding(SPEECH, "ok", f"cuda:{place.index}, {place.compute_type}")
    elif by_torch:
        said = f"cpu, {threads}: torch sees {by_torch} CUDA devices and CTranslate2 none"
        yield Finding(SPEECH, "warning", f"{said}; it works, slower")
    else:
        yield Finding(SPEECH, "ok", f"cpu, {threads}, {place.compute_type}")


def _unused_gpu(gpus: int, cuda: str | None) -> Finding:
    """Report a GPU that CTranslate2 sees and torch does not."""
    if cuda is None:
        said = f"cpu, though {gpus} CUDA devices are there: torch is built for CPUs"
        return Finding("device", "warning", said, "pip install --force-reinstall torch torchvision")
    said = f"cpu, though {gpus} CUDA devices are there: torch cannot use them with CUDA {cuda}"
    return Finding(
        "device", "warning", said, "update NVIDIA's driver; `nvidia-smi` says which it is"
    )


def _slower(place: Place) -> str:
    return f"{'; '.join(place.warnings)}; it works, slower"


def _cuda_libraries(torch_cuda: int | None) -> str | None:
    """Return the command that installs CTranslate2's CUDA; None if torch has another CUDA."""
    if torch_cuda not in (None, CUDA_MAJOR):
        return None
    return f"pip install nvidia-cublas-cu{CUDA_MAJOR} nvidia-cudnn-cu{CUDA_MAJOR}"


def _memory(device: str) -> str:
    total, free = total_memory_bytes(device), free_memory_bytes(device)
    return f"{free / 1e9:.1f} GB free of {total / 1e9:.1f} GB"
