"""Run a model's chat template in a process of its own, with bounded time and memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vidqa.errors import DecoderError, ModelUnsupportedError
from vidqa.media.worker.pool import FAULT, Worker
from vidqa.network.text.chat_template import Message, render_template

SILENCE_S = 5
"""Seconds without an answer after which a template is stopped; templates take milliseconds."""
MEMORY_BYTES = 1 << 30


class TemplateRunner:
    """A runner that renders conversations with the templates of a folder's model."""

    def __init__(self, folder: Path, *, silence_s: float = SILENCE_S) -> None:
        """Create a runner; `folder` is named in errors."""
        self._folder = folder
        self._worker = Worker(memory_bytes=MEMORY_BYTES, silence_s=silence_s)

    def __call__(
        self, template: str, messages: Sequence[Message], variables: Mapping[str, Any]
    ) -> str:
        """Render a template. See `render_template`.

        Raises:
            ModelUnsupportedError: it does not end, takes too much memory, or fails.

        """
        try:
            return self._worker.call(render_template, template, list(messages), dict(variables))
        except DecoderError as error:
            cause = error.message.removeprefix(FAULT)  # here it is the template's own
            cause = cause.replace("the decoder", "it").replace("decoding it", "it")
            raise ModelUnsupportedError(
                f"the chat template of the model in {self._folder} cannot be used: {cause}"
            ) from error
