"""As much of the Hugging Face Hub as a download needs, on this machine."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REFUSALS = {"gated": (403, "GatedRepo"), "absent": (404, "RepoNotFound")}


@dataclass
class LoopbackHub:
    """Serves `someone/model` at COMMIT; `someone/gated` and `someone/absent` are refused."""

    files: dict[str, bytes]
    url: str = ""
    corrupt: set[str] = field(default_factory=set)
    """Files of which other bytes are sent than announced."""
    downloads: list[str] = field(default_factory=list)

    def etag(self, name: str) -> str:
        """Large files have their sha256, small ones git's blob id."""
        content = self.files[name]
        if name.endswith(".json"):
            return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return hashlib.sha256(content).hexdigest()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path `/owner/name/resolve/revision/file`."""
        if "/resolve/" not in path:
            return 404, {}, b""
        _, _, repo, _, revision, name = path.split("/", 5)
        if repo in REFUSALS:
            status, code = REFUSALS[repo]
            return status, {"X-Error-Code": code}, b""
        if revision != COMMIT:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if name not in self.files:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, b""
        body = self.files[name]
        if name in self.corrupt:
            body = bytes(255 - byte for byte in body)
        return 200, {"ETag": f'"{self.etag(name)}"', "X-Repo-Commit": COMMIT}, body


@contextmanager
def serve(hub: LoopbackHub) -> Iterator[None]:
    """Answer on a free port of the loopback interface; sets `hub.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.respond()

        def do_GET(self) -> None:
            if "/resolve/" in self.path:
                hub.downloads.append(self.path.rsplit("/", 1)[-1])
            self.wfile.write(self.respond())

        def respond(self) -> bytes:
            status, headers, body = hub.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            return body

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()
