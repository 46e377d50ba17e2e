"""As much of the Hugging Face Hub as a download needs, on this machine."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REFUSALS = {
    "gated": (403, "GatedRepo"),
    "locked": (401, "GatedRepo"),
    "absent": (404, "RepoNotFound"),
}
STATUSES = {"slow down": (429, {"Retry-After": "0"}), "broken": (503, {})}
"""Troubles that are answered with a status; `cut` ends a connection in the middle of a file."""
CDN = "/cdn/"
"""Where large files are redirected to."""
API = "/api/models/"
"""Where repositories are described."""
REVISIONS = (COMMIT, "main")
"""All that there are, and both the same."""


@dataclass
class LoopbackHub:
    """Serves `someone/model` at COMMIT; some repositories are refused."""

    files: dict[str, bytes]
    url: str = ""
    corrupt: set[str] = field(default_factory=set)
    """Files of which other bytes are sent than announced."""
    downloads: list[str] = field(default_factory=list)
    redirected: set[str] = field(default_factory=set)
    """Files that lie elsewhere, as large ones do."""
    trouble: dict[str, list[str]] = field(default_factory=dict)
    """What goes wrong with the next requests for a file's content."""
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes sent of each file."""

    def etag(self, name: str) -> str:
        """Large files have their sha256, small ones git's blob id."""
        content = self.files[name]
        if name.endswith(".json"):
            return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return hashlib.sha256(content).hexdigest()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path `/owner/name/resolve/revision/file`."""
        if path.startswith(CDN):
            return 200, {"ETag": '"of-the-cdn"'}, self.files[path.removeprefix(CDN)]
        if path.startswith(API):
            return self.describe(*path.removeprefix(API).partition("?")[0].split("/"))
        if "/resolve/" not in path:
            return 404, {}, b""
        _, _, repo, _, revision, name = path.split("/", 5)
        if repo in REFUSALS:
            status, code = REFUSALS[repo]
            return status, {"X-Error-Code": code}, b""
        if revision not in REVISIONS:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if name not in self.files:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, b""
        body = self.files[name]
        if name in self.redirected:
            linked = {"X-Linked-Etag": f'"{self.etag(name)}"', "X-Linked-Size": str(len(body))}
            elsewhere = self.url.replace("127.0.0.1", "localhost")  # another host, as it is there
            place = {"Location": f"{elsewhere}{CDN}{name}"}
            return 302, {**linked, **place, "X-Repo-Commit": COMMIT}, b""
        if name in self.corrupt:
            body = bytes(255 - byte for byte in body)
        return 200, {"ETag": f'"{self.etag(name)}"', "X-Repo-Commit": COMMIT}, body

    def describe(
        self, owner: str, repo: str, _: str, revision: str
    ) -> tuple[int, dict[str, str], bytes]:
        """The files of a repository; a gated one is described to everybody."""
        if repo == "absent":
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        if revision not in REVISIONS:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        told = {
            "id": f"{owner}/{repo}",
            "sha": COMMIT,
            "siblings": list(map(self.entry, self.files)),
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    def entry(self, name: str) -> dict[str, object]:
        """What is said of a file: its size, and the sha256 of a large one."""
        size, etag = len(self.files[name]), self.etag(name)
        entry: dict[str, object] = {"rfilename": name, "size": size, "blobId": etag[:40]}
        if not name.endswith(".json"):
            entry["lfs"] = {"sha256": etag, "size": size, "pointerSize": 130}
        return entry


@contextmanager
def serve(hub: LoopbackHub) -> Iterator[None]:
    """Answer on a free port of the loopback interface; sets `hub.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            status, headers, body = hub.answer(self.path)
            self.begin(status, headers, len(body))

        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            status, headers, body = hub.answer(self.path)
            if "/resolve/" in self.path:
                hub.downloads.append(name)
            trouble = hub.trouble[name].pop(0) if status == 200 and hub.trouble.get(name) else ""
            if trouble in STATUSES:
                code, more = STATUSES[trouble]
                self.begin(code, more, 0)
                return
            if status == 200 and (wanted := self.headers.get("Range")):
                start = int(wanted.removeprefix("bytes=").split("-")[0])
                whole, body, status = len(body), body[start:], 206
                headers = {**headers, "Content-Range": f"bytes {start}-{whole - 1}/{whole}"}
            self.begin(status, headers, len(body))
            part = body[: len(body) // 2] if trouble == "cut" else body
            if name in hub.files and status < 300:
                hub.sent[name] = hub.sent.get(name, 0) + len(part)
            self.wfile.write(part)
            self.close_connection = trouble == "cut" or self.close_connection

        def begin(self, status: int, headers: dict[str, str], length: int) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()
