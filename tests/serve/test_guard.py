"""Nobody gets in: each line of the list of refusals, and what would get through without it."""

import base64
import json
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from servers import TOKENS, Running, Start

from vidqa.errors import UsageError
from vidqa.serve.http.roots import HIDDEN, Roots
from vidqa.serve.running import ServeSettings, uploads_of
from vidqa.serve.settings import is_loopback
from vidqa.serve.socket.address import claimed, server_socket
from vidqa.system.paths import cache_dir, is_own

HEALTH = "/healthz"


def models(server: Running, **headers: str) -> int:
    with server.client() as http:
        return http.get("/v1/models", headers=headers).status_code


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:1234", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("", 403),
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(
    server: Running, host: str, status: int
) -> None:
    assert models(server, Host=host) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("", 200),
        ("http://127.0.0.1:3000", 403),  # another program's page on this machine
        ("http://evil.example", 403),
        ("null", 403),
        ("file://", 403),
        ("http://localhost", 403),  # another name than the one it was called by
    ],
)
def test_pages_of_other_sites_are_refused(server: Running, origin: str, status: int) -> None:
    assert models(server, Origin=origin or server.place.url) == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_other_machines_need_a_token(host: str, tmp_path: Path) -> None:
    how: dict[str, Any] = {
        "socket": tmp_path / "s",
        "host": host,
        "port": 0,
        "roots": (),
        "most_bytes": 1,
        "idle_s": None,
    }
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="lets other machines in"):
        ServeSettings(**how, token=None)
    assert ServeSettings(**how, token="secret").hosts is None


def test_without_the_token_nothing_is_answered(start: Start) -> None:
    with start(token="secret") as server:
        assert models(server) == 401
        for wrong in ("Bearer", "Bearer secre", "Bearer secret2", "Basic secret"):
            assert models(server, Authorization=wrong) == 401, wrong
        assert server.ask("one.mp4").status_code == 401
        with server.client() as http:
            assert http.get("/metrics").status_code == 401
            assert http.get("/openapi.json").status_code == 401
            assert http.get(HEALTH).status_code == 200
        assert models(server, Authorization="Bearer secret") == 200


def test_a_token_is_compared_in_constant_time(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[tuple[bytes, bytes]]()

    def compared(one: bytes, other: bytes) -> bool:
        seen.append((one, other))
        return one == other

    monkeypatch.setattr("vidqa.serve.http.guard.secrets.compare_digest", compared)
    with start(token="secret") as server:
        models(server, Authorization="Bearer se")
    assert seen == [(b"se", b"secret")]


@pytest.fixture
def outside(tmp_path: Path, clips: Path) -> Path:
    """A readable clip beside the root."""
    outside = tmp_path / "outside.mp4"
    outside.write_bytes((clips / "one.mp4").read_bytes())
    return outside


def named(server: Running, video: str) -> httpx2.Response:
    with server.client() as http:
        asked = {"video": video, "question": "what?", "max_new_tokens": TOKENS}
        return http.post("/v1/vidqa/ask", json=asked)


def test_files_outside_the_roots_are_not_opened(
    server: Running, outside: Path, tmp_path: Path
) -> None:
    clips = server.clips
    (clips / "link.mp4").symlink_to(outside)
    (clips / "inside.mp4").symlink_to(clips / "one.mp4")
    (tmp_path / "clipsmore").mkdir()
    beside = tmp_path / "clipsmore" / "x.mp4"  # the root is how its name begins
    beside.write_bytes(outside.read_bytes())
    os.mkfifo(clips / "pipe.mp4")
    refused = [
        str(outside),
        outside.as_uri(),
        f"{clips}/../outside.mp4",
        f"file://{clips}/%2e%2e/outside.mp4",
        str(clips / "link.mp4"),
        str(beside),
        str(clips / "pipe.mp4"),
        str(clips),
        "one.mp4",
        "/dev/zero",
        "/proc/self/environ",
        "http://127.0.0.1/one.mp4",
        "https://example.org/one.mp4",
        f"file://example.org{clips}/one.mp4",
        f"concat:{clips}/one.mp4",
        f"FILE://{outside}",
        "one\0.mp4",
        "",
    ]
    for video in refused:
        assert named(server, video).status_code == 403, video
    for video in (str(clips / "one.mp4"), (clips / "one.mp4").as_uri(), f"{clips}/inside.mp4"):
        assert named(server, video).status_code == 200, video
    for video in (str(clips / "missing.mp4"), f"{clips}/no/missing.mp4"):
        assert named(server, video).status_code == 404, video


def test_what_is_missing_and_what_is_forbidden_look_alike(server: Running, outside: Path) -> None:
    texts = [
        named(server, str(path)).text.replace(str(path), "PATH")
        for path in (outside, outside.with_name("missing.mp4"))
    ]
    assert texts[0] == texts[1]


def test_subtitles_beside_a_clip_are_not_followed_outside(
    server: Running, outside: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.srt"
    secret.write_text("1\n00:00:00,200 --> 00:00:00,900\nThe secret.\n")
    (server.clips / "two.srt").symlink_to(secret)
    for route in ("ask", "transcribe", "frames"):
        with server.client() as http:
            asked = {"video": str(server.clips / "two.mp4")}
            if route == "ask":
                asked["question"] = "what?"
            answer = http.post(f"/v1/vidqa/{route}", json=asked)
        assert (answer.status_code, "secret" in answer.text) == (403, False)


def test_without_a_root_clips_are_sent(start: Start) -> None:
    with start(roots=()) as server:
        one = server.clips / "one.mp4"
        assert named(server, str(one)).status_code == 403
        sent = named(server, data_url(one.read_bytes()))
        assert (sent.status_code, sent.json()["video"]) == (200, "upload")


def data_url(content: bytes) -> str:
    return f"data:video/mp4;base64,{base64.b64encode(content).decode()}"


def test_what_is_sent_is_bounded_and_deleted(start: Start) -> None:
    with start(most_bytes=50_000) as server:
        uploads = server.uploads
        assert named(server, data_url(b"x" * 50_000)).status_code == 422  # no video
        assert named(server, data_url(b"x" * 50_100)).status_code == 413
        assert named(server, data_url(b"x" * 3_000_000)).status_code == 413
        assert named(server, "data:video/mp4;base64,%%%").status_code == 400
        assert named(server, "data:text/plain,hello").status_code == 400
        assert list(uploads.iterdir()) == []
        assert stat.S_IMODE(uploads.stat().st_mode) == 0o700
        assert b" 413 " in endless(server.port)
    assert not uploads.exists()


def test_what_says_that_it_is_too_large_is_not_waited_for(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one:
        head = "POST /v1/vidqa/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
        one.sendall(head.encode())
        assert b" 413 " in one.recv(1000)


def test_what_a_killed_server_left_is_removed(start: Start) -> None:
    path = server_socket()
    assert path is not None
    uploads_of(path).mkdir(parents=True)
    (uploads_of(path) / "left").touch()
    with start() as server:
        assert list(server.uploads.iterdir()) == []


def endless(port: int) -> bytes:
    """What a server says to a body that does not end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        head = "POST /v1/vidqa/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        one.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(1000):
                one.sendall(chunk)
        except OSError:
            pass
        return one.recv(1000)


def test_errors_show_no_path_and_no_traceback(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = named(server, str(server.clips / "broken.mp4"))
    assert broken.status_code == 422
    assert "broken.mp4" in broken.json()["error"]["message"]
    sent = named(server, data_url(b"no video " * 100)).json()["error"]["message"]
    assert sent.startswith("what was sent is not a readable video")
    assert str(server.place.socket.parent) not in sent

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"secret {server.folder}")

    monkeypatch.setattr("vidqa.serve.desk.bench.Bench.clip", fail)
    failed = server.ask("one.mp4")
    assert failed.status_code == 500
    assert failed.json()["error"]["message"] == "the server failed; its log says more"
    assert "secret" in caplog.text
    assert "Traceback" in caplog.text
    streamed = server.ask("one.mp4", stream=True).text
    assert "secret" not in streamed
    assert "the server failed" in streamed


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("'/home/me/x' is bad", f"'{HIDDEN}' is bad"),
        ("'/clips/a b.mp4' is bad", "'/clips/a b.mp4' is bad"),
        ("see /clips/one.mp4, not /clipsmore/x y", f"see /clips/one.mp4, not {HIDDEN}"),
        ("see /clips/../etc/x", f"see {HIDDEN}"),
        ("'/home/My Films/x' and \"/root/y z\"", f"'{HIDDEN}' and \"{HIDDEN}\""),
        ("/home/My Films/secret.mp4 is bad", HIDDEN),
        ("cannot open:/home/x", f"cannot open:{HIDDEN}"),
        ("file:///home/x", f"file:{HIDDEN}"),
        ("12/13 of a file", "12/13 of a file"),
    ],
)
def test_paths_are_hidden(message: str, told: str) -> None:
    roots = Roots((Path("/clips"),), 1, Path("/tmp"))
    assert roots.without_paths(message) == told


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"video": 1}', '{"video": "x"}', '{"video": "x", "question": "?", "z": 1}'],
)
def test_what_is_no_request_is_refused(server: Running, body: str) -> None:
    with server.client() as http:
        answer = http.post("/v1/vidqa/ask", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "more",
    [
        {"sample": "nonsense"},
        {"sample": "fps:0"},
        {"start_s": float("nan")},
        {"start_s": -1},
        {"language": "klingon"},
        {"windows": 0},
        {"temperature": 1e-9},
        {"top_p": 0},
        {"seed": 2**70},
        {"frames": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(server: Running, more: dict[str, Any]) -> None:
    asked = {"video": str(server.clips / "one.mp4"), "question": "what?", **more}
    with server.client() as http:
        body, head = json.dumps(asked), {"Content-Type": "application/json"}
        answer = http.post("/v1/vidqa/ask", content=body, headers=head)
    assert (answer.status_code, "error" in answer.json()) == (400, True)


def test_the_sockets_routes_are_not_there_over_tcp(server: Running) -> None:
    with server.client() as http:
        assert http.post("/socket/stop", json={}).status_code == 404
        assert http.get("/socket/status").status_code == 404
        asked = {"clip": "/etc/passwd"}
        assert http.post("/socket/ask", json=asked).status_code == 404
        assert http.get(HEALTH).status_code == 200, "it still runs"


def test_the_socket_is_its_users_own(server: Running) -> None:
    path = server.place.socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert not is_own(tmp_path)
    with pytest.raises(UsageError, match="can be entered by others"), claimed(tmp_path / "s"):
        pass
    (tmp_path / "file").touch(mode=0o600)
    assert not is_own(tmp_path / "file")
    assert not is_own(tmp_path / "nothing")


def test_the_socket_is_in_the_folder_of_a_login_or_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIDQA_RUNTIME_DIR")
    monkeypatch.chdir(tmp_path)
    login = tmp_path / "login"
    login.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(login))
    assert server_socket() == login / "vidqa" / "server.sock"
    in_cache = cache_dir() / "run" / "server.sock"
    login.chmod(0o750)
    assert server_socket() == in_cache, "others enter that folder"
    for unusable in (str(tmp_path / "none"), "login", ""):
        monkeypatch.setenv("XDG_RUNTIME_DIR", unusable)
        assert server_socket() == in_cache
    monkeypatch.delenv("XDG_RUNTIME_DIR")  # as for cron
    assert server_socket() == in_cache
    with claimed(in_cache):
        assert is_own(in_cache.parent)


def test_there_is_one_server_and_what_a_killed_one_left_is_removed(server: Running) -> None:
    path = server_socket()
    assert path is not None
    with pytest.raises(UsageError, match="a server is at"), claimed(path):
        pass
    other = path.with_name("other.sock")
    other.write_text("what a killed one left")
    with claimed(other):
        assert other.is_socket()
    assert not other.exists()


def test_a_port_that_is_taken_is_said(start: Start, tmp_path: Path) -> None:
    with start() as server:
        folder = tmp_path / "another"
        folder.mkdir(mode=0o700)
        another = start(port=server.port, socket=folder / "server.sock")
        with pytest.raises(UsageError, match="nothing can listen"), another:
            pass
    assert threading.active_count() < 50


def test_a_root_that_is_not_there_is_said(start: Start, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"), start(roots=(tmp_path / "no",)):
        pass
