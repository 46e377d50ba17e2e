"""Errors of files that make a model, told apart from those of the machine."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from vidqa.errors import ModelDamagedError, ModelUnsupportedError, VidqaError

CPU_ALLOCATOR = "DefaultCPUAllocator"
"""A part of the RuntimeError of torch's CPU allocator."""
OF_THE_MACHINE = (CPU_ALLOCATOR, "CUDA error")
"""Parts of torch's errors that are not caused by a file."""


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Raise a clear error if a file of a model cannot be read, or does not make a model.

    The library's message becomes the error; errors that no file causes pass unchanged, such as
    running out of memory.

    Raises:
        ModelDamagedError: a file cannot be read, or does not make a model.
        ModelUnsupportedError: a library that it needs is missing.

    """
    try:
        yield
    except (VidqaError, MemoryError, torch.OutOfMemoryError):
        raise
    except ImportError as error:
        raise ModelUnsupportedError(
            f"the model in {folder} needs a library that cannot be loaded: {_first_line(error)}"
        ) from error
    except Exception as error:  # each library has errors of its own for unreadable files
        if _is_the_machines(error):
            raise
        message = _first_line(error)
        raise ModelDamagedError(f"the model in {folder} cannot be read: {message}") from error


def _is_the_machines(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    is_torchs = isinstance(error, RuntimeError)
    return is_torchs and any(words in str(error) for words in OF_THE_MACHINE)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
