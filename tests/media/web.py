"""A web server on this machine that hands out a few contents, well or badly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Web:
    """What is handed out, and how."""

    contents: dict[str, bytes]
    """By path, without what is behind a `?`."""
    statuses: list[int] = field(default_factory=list)
    """In place of contents, for the first GET requests."""
    etag: str | None = None
    missing_bytes: int = 0
    """How much less comes than was promised, once."""
    tells_size: bool = True
    extra: bytes = b""
    """Comes behind a content of which the size was told."""
    silent_s: float = 0.0
    """How long nothing comes."""
    location: str | None = None
    """Where everybody is sent."""
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Methods and paths."""


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_content=False)

        def do_GET(self) -> None:
            self._answer(with_content=True)

        def _answer(self, *, with_content: bool) -> None:
            web.asked.append((self.command, self.path))
            time.sleep(web.silent_s)
            if web.location is not None:
                self.send_response(302)
                self.send_header("Location", web.location)
                self.end_headers()
                return
            content = web.contents.get(self.path.partition("?")[0])
            if web.statuses and (with_content or web.statuses[0] in (401, 403)):
                self.send_error(web.statuses.pop(0))
                return
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            if web.tells_size:
                self.send_header("Content-Length", str(len(content)))
            if web.etag:
                self.send_header("ETag", web.etag)
            self.end_headers()
            if with_content:
                short, web.missing_bytes = web.missing_bytes, 0
                self.wfile.write(content[: len(content) - short] + web.extra)

    return Handler


@contextmanager
def served(web: Web) -> Iterator[Web]:
    """Serve until the body is left; `web.url` is where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(web))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
