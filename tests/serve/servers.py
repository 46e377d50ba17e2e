"""A server that runs in a thread of the test's own process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from vidqa.serve.running import Place, uploads_of

TOKENS = 24
"""Of an answer, at most: the random model never ends one."""


@dataclass
class Running:
    """A server that runs."""

    place: Place
    folder: Path
    """Of its model."""
    clips: Path
    """Its only root."""
    thread: threading.Thread
    failed: list[BaseException] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Of HTTP."""
        return int(self.place.url.rpartition(":")[2])

    @property
    def uploads(self) -> Path:
        """The folder of what is sent."""
        return uploads_of(self.place.socket)

    def client(self, **how: Any) -> httpx2.Client:
        """HTTP over TCP."""
        return httpx2.Client(base_url=self.place.url, timeout=60, **how)

    def ask(self, clip: str, question: str = "what?", **more: Any) -> httpx2.Response:
        """Ask about a clip below the root."""
        asked = {"video": str(self.clips / clip), "question": question, "max_new_tokens": TOKENS}
        with self.client() as client:
            return client.post("/v1/vidqa/ask", json={**asked, **more})

    def metric(self, name: str) -> float:
        """What a counter without labels says."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


Start = Callable[..., Any]
