"""Choose the device to compute on, and its number format."""

from vidqa.errors import UsageError
from vidqa.system.number_formats import DTYPES

DEVICES = ("auto", "cpu", "cuda", "cuda:N", "mps")


def choose_device(wanted: str) -> str:
    """Turn `auto` into the best device, and check that a named one exists.

    Raises:
        UsageError: no such device on this machine; there is no silent fallback.

    """
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and (kind != "cuda" or not index.isdigit())):
        raise UsageError(f"no device is called {wanted!r}", hint=f"use one of {', '.join(DEVICES)}")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(index or 0) >= there:
        raise UsageError(f"this machine has no device {wanted}", hint="use --device auto")
    return wanted


def choose_dtype(wanted: str, device: str) -> str:
    """Turn `auto` into the number format that any model is fast in on the device.

    Raises:
        UsageError: no such format.

    """
    if wanted not in DTYPES:
        raise UsageError(f"no dtype is called {wanted!r}", hint=f"use one of {', '.join(DTYPES)}")
    if wanted != "auto":
        return wanted
    if device != "cpu":
        return "bfloat16"
    import torch

    # without 512-bit vectors a CPU emulates bfloat16 and is slower than in float32
    return "bfloat16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "float32"
