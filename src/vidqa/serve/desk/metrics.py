"""What a server counts, as Prometheus reads it."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from vidqa.types import Notify, Stage

KIBIBYTE = 1024


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter(
            "requests", "Requests, by route and status.", "route", "status"
        )
        self.refused = self._counter("refused", "Requests that found the queue full.")
        self.gone = self._counter("gone", "Jobs given up because the client went away.")
        self.watched = self._counter("clips_watched", "Clips that were watched.")
        self.shared = self._counter("clips_shared", "Jobs that found their clip open.")
        self.seconds = self._counter("stage_seconds", "Seconds of work, by stage.", "stage")
        self._queue = Gauge("vidqa_queue", "Jobs that wait.", registry=self.registry)
        memory = Gauge("vidqa_peak_memory_bytes", "Memory at its peak.", registry=self.registry)
        memory.set_function(peak_memory_bytes)

    def _counter(self, name: str, help: str, *labels: str) -> Counter:  # noqa: A002
        return Counter(f"vidqa_{name}", help, labels, registry=self.registry)

    def follow_queue(self, length: Callable[[], int]) -> None:
        """Say how many wait when asked."""
        self._queue.set_function(length)

    @contextmanager
    def stages(self, notify: Notify) -> Iterator[Notify]:
        """Count the seconds of each stage that begins in the body, until the next one or the end.

        Args:
            notify: is called, too.

        """
        begun: list[tuple[Stage, float]] = []

        def end() -> None:
            for name, at in begun:
                self.seconds.labels(name).inc(time.monotonic() - at)
            begun.clear()

        def stage(name: Stage) -> None:
            end()
            begun.append((name, time.monotonic()))
            notify(name)

        try:
            yield stage
        finally:
            end()

    def text(self) -> bytes:
        """Return all in Prometheus' text format."""
        return generate_latest(self.registry)


def peak_memory_bytes() -> float:
    """Return the most memory that this process had at once."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * KIBIBYTE
