"""One client that makes all requests to a server, and the key that it sends."""

import os
import weakref
from functools import cached_property

import httpx2

from vidqa.errors import UsageError

KEY = "OPENAI_API_KEY"
"""The variable with what a server may want to know."""
CONNECT_S = 10.0
"""Seconds to reach a server."""


class Connection:
    """Makes requests; what it sends of the environment is told to nobody else."""

    def __init__(self, silence_s: float) -> None:
        """Take how many seconds a server may say nothing."""
        self._silence_s = silence_s

    @cached_property
    def client(self) -> httpx2.Client:
        """What makes requests, through a proxy where the environment names one.

        Raises:
            UsageError: the key cannot be sent, or the environment asks for what is not installed.

        """
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = httpx2.Timeout(self._silence_s, connect=CONNECT_S)
        try:
            client = httpx2.Client(headers=headers, timeout=timeout)
        except (ImportError, ValueError, OSError) as error:
            message = f"no connection can be made as the environment asks: {error}"
            raise UsageError(message) from error
        weakref.finalize(self, client.close)
        return client

    def without_key(self, text: str) -> str:
        """Leave the key out of what a server says."""
        return text.replace(self._key, "...") if self._key else text

    @property
    def key_hint(self) -> str:
        """What to do where nobody is let in."""
        return f"{KEY} is not what it wants" if self._key else f"export {KEY}=..."

    @cached_property
    def _key(self) -> str:
        key = os.environ.get(KEY, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise UsageError(f"{KEY} holds what no key has: a line end, or no plain letter")
        return key
