"""Running out of memory, said plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vidqa.errors import NotEnoughMemoryError


@contextmanager
def memory_errors(model: str) -> Iterator[None]:
    """Say plainly that memory ran out."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise NotEnoughMemoryError(
            f"{model} ran out of memory on the device", hint="use fewer --frames or --device cpu"
        ) from error
