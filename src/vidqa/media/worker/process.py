"""The worker process: runs decoding jobs one after another.

It is started as `python -m vidqa.media.worker.process FD BYTES SECONDS`. It loads decoders and
numpy, never torch. A crash, an endless loop or a memory bomb in here ends this process and nothing
else.
"""

import faulthandler
import os
import resource
import select
import signal
import sys
import time
import traceback
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from vidqa.errors import VidqaError
from vidqa.media.worker import heartbeat, transport
from vidqa.media.worker.messages import LONGEST_TRACE, Beat, Done, Failed, Item, Job

BEAT_EVERY_S = 0.5
"""Seconds between the heartbeats that are sent."""


def main() -> None:
    """Serve until the other side hangs up."""
    descriptor, memory_bytes, longest_s = (int(word) for word in sys.argv[1:4])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    with Connection(descriptor) as connection:
        Thread(target=_end_with, args=[connection], daemon=True).start()
        server = _Server(connection, longest_s)
        heartbeat.listen(server.beat)
        while True:
            server.work(server.receive())


def _end_with(connection: Connection) -> None:
    """End this process when the other side hangs up, whatever a job is doing."""
    hangup = select.poll()
    hangup.register(connection.fileno(), 0)
    hangup.poll()
    os._exit(0)


class _Server:
    def __init__(self, connection: Connection, longest_s: int) -> None:
        self._connection = connection
        self._longest_s = longest_s
        self._beaten = 0.0

    def beat(self) -> None:
        """Send a heartbeat now and then, and restart the watchdog."""
        now = time.monotonic()
        if now - self._beaten > BEAT_EVERY_S:
            self._beaten = now
            self.send(Beat())
            self._put_off_the_end()

    def work(self, job: Job) -> None:
        """Run one job to its end; each item is made while the parent uses the one before."""
        end: Done | Failed = Done()
        try:
            os.chdir(job.folder)
            self._put_off_the_end()
            for item in job.function(*job.arguments, **job.options):
                self.send(Item(item))
                del item
                self.receive()
                self._put_off_the_end()
        except VidqaError as error:
            end = Failed(error)
        except MemoryError:
            end = Failed(None, out_of_memory=True)
        except Exception:
            end = Failed(None, trace=traceback.format_exc()[-LONGEST_TRACE:])
        self.send(end)

    def send(self, message: object) -> None:
        """Send a message; if the parent is gone, exit at once, whatever a decoder's threads do.

        This waits as long as the parent is busy, which is not a hang.
        """
        faulthandler.cancel_dump_traceback_later()
        try:
            transport.send(self._connection, message)
        except OSError:
            os._exit(0)

    def receive(self) -> Any:
        """Return the next job, or the request for one more item."""
        try:
            return transport.receive_job(self._connection)
        except (EOFError, OSError):
            os._exit(0)

    def _put_off_the_end(self) -> None:
        """Restart the watchdog, which ends a hung worker even if no thread of it can run."""
        faulthandler.dump_traceback_later(self._longest_s, exit=True)


if __name__ == "__main__":
    main()
