"""A server on this machine that speaks OpenAI's protocol, and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "A red ball rolls to the left."
JSON = dict[str, Any]


@dataclass
class Behaviour:
    """What a server does with its next requests for answers."""

    text: str | Callable[[JSON], str] = ANSWER
    models: tuple[str, ...] = ("the-model",)
    lists_models: bool = True
    owner: str = "somebody"
    """Of the models, as it says."""
    scores: bool = False
    """Whether it returns log probabilities of prompts, as vLLM does."""
    finish: str = "stop"
    counts: bool = True
    usage: Any = None
    """In place of the counts."""
    late_s: float = 0.0
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Of the next answers, with their headers; once there are none left it answers."""
    cut: list[int] = field(default_factory=list)
    """Pieces after which the next answers break off."""
    key: str | None = None


@dataclass
class Loopback:
    """A server, and what it was asked."""

    url: str
    behaviour: Behaviour
    asked: list[JSON] = field(default_factory=list)
    """Bodies of requests for answers."""
    times_s: list[float] = field(default_factory=list)
    at_once: int = 0
    """Most requests that were open at the same time."""

    @property
    def answers(self) -> list[JSON]:
        """Requests for answers, without those for log probabilities."""
        return [one for one in self.asked if "prompt_logprobs" not in one]


def text_of(asked: JSON) -> str:
    """All texts of a request, with `<image>` where a picture is."""
    content = asked["messages"][0]["content"]
    if isinstance(content, str):
        return content
    return "".join(one.get("text", "<image>") for one in content)


def token_logprobs(asked: JSON) -> list[Any]:
    """A word a token: words of the answer that are in the prompt's texts are likelier."""
    prompt = text_of(asked)
    has_pictures = "base64" in json.dumps(asked["messages"][0]["content"])
    tokens: list[Any] = [None]
    tokens += [{word: {"logprob": -1.0}} for word in ["<user>", *prompt.split(), "<assistant>"]]
    for message in asked["messages"][1:]:
        for word in message["content"].split():
            known = word.strip(".,").lower() in prompt.lower() or has_pictures
            tokens.append({f"a-{word}": {"logprob": -0.5 if known else -6.0, "rank": 1}})
    return tokens


@contextmanager
def loopback(behaviour: Behaviour | None = None) -> Iterator[Loopback]:
    """Serve until the body ends."""
    how = behaviour or Behaviour()
    lock, open_now = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if how.key and self.headers.get("Authorization") != f"Bearer {how.key}":
                self._send(401, {"error": {"message": "who are you?"}})
            elif how.lists_models:
                listed = [{"id": one, "owned_by": how.owner} for one in how.models]
                self._send(200, {"object": "list", "data": listed})
            else:
                self._send(404, {"error": {"message": "no such path"}})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                server.asked.append(asked)
                server.times_s.append(time.monotonic())
                open_now[0] += 1
                server.at_once = max(server.at_once, open_now[0])
                status = how.statuses.pop(0) if how.statuses else None
            try:
                time.sleep(how.late_s)
                if status is not None:
                    self._send(status[0], {"error": {"message": "not now"}}, status[1])
                else:
                    self._answer(asked)
            finally:
                with lock:
                    open_now[0] -= 1

        def _answer(self, asked: JSON) -> None:
            if "prompt_logprobs" in asked and not how.scores:
                self._send(400, {"error": {"message": "Unrecognized argument: prompt_logprobs"}})
                return
            text = how.text if isinstance(how.text, str) else how.text(asked)
            counts: Any = {"prompt_tokens": 77, "completion_tokens": len(text.split())}
            counts = how.usage or counts
            if not asked.get("stream"):
                message = {"role": "assistant", "content": text}
                choice = {"index": 0, "message": message, "finish_reason": how.finish}
                whole: JSON = {"choices": [choice], "usage": counts}
                if "prompt_logprobs" in asked:
                    whole["prompt_logprobs"] = token_logprobs(asked)
                self._send(200, whole)
                return
            self._stream(text, counts)

        def _stream(self, text: str, counts: Any) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            with lock:
                cut = how.cut.pop(0) if how.cut else None
            words = text.split(" ")
            for number, word in enumerate(words):
                if number == cut:
                    return
                self._chunk({"content": word if number == 0 else f" {word}"})
            self._chunk({}, how.finish)
            if how.counts:
                self._event({"choices": [], "usage": counts})
            self.wfile.write(b"data: [DONE]\n\n")

        def _chunk(self, delta: JSON, finished: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finished}
            self._event({"choices": [choice], "error": None})

        def _event(self, content: JSON) -> None:
            text = json.dumps(content, ensure_ascii=False)
            self.wfile.write(f": ping\n\ndata: {text}\n\n".encode())
            self.wfile.flush()

        def _send(self, status: int, content: JSON, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # who was asked late is gone
    server = Loopback(f"http://127.0.0.1:{http.server_address[1]}/v1", how)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
