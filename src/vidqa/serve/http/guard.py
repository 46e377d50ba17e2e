"""Nobody else gets in: every request over TCP passes here before anything reads it."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidqa.serve.http.refusals import refusal

OPEN = frozenset({"/healthz"})
"""Routes that need no token."""


def is_local_socket(scope: Scope) -> bool:
    """Return whether a request came over the Unix socket, which only its user can open."""
    server = scope.get("server")
    return server is not None and server[1] is None


@dataclass(frozen=True, slots=True)
class Guard:
    """Middleware that refuses what has no business here."""

    app: ASGIApp
    hosts: Collection[str] | None
    """Names by which the server may be called; None if any will do, as with a token."""
    token: str | None
    most_bytes: int
    """Of the body of a request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refused = None if is_local_socket(scope) else self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self.app(scope, _Bounded(receive, self.most_bytes), send)

    def _refused(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = _host(f"//{headers.get('host', '')}")
        if self.hosts is not None and host not in self.hosts:
            return refusal(403, "the Host header names another machine")
        origin = headers.get("origin")
        if origin is not None and not _is_own(origin, headers.get("host", "")):
            return refusal(403, "pages of other sites may not ask")
        if self.token is not None and scope["path"] not in OPEN and not self._has_token(headers):
            answer = refusal(401, "a token is needed: Authorization: Bearer TOKEN")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if int(headers.get("content-length") or 0) > self.most_bytes:
            return refusal(413, f"a request may have {self.most_bytes} bytes")
        return None

    def _has_token(self, headers: Headers) -> bool:
        assert self.token is not None, "it is asked for"
        kind, _, given = headers.get("authorization", "").partition(" ")
        is_same = secrets.compare_digest(given.strip().encode(), self.token.encode())
        return kind.lower() == "bearer" and is_same


@dataclass(slots=True)
class _Bounded:
    """Receives a body up to a number of bytes, whatever its length was said to be."""

    receive: Receive
    left: int

    async def __call__(self) -> Message:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        if self.left < 0:
            raise HTTPException(413, "the request is too large")
        return message


def _is_own(origin: str, host: str) -> bool:
    """Return whether a page is the server's own, by its scheme, name and port."""
    return origin in (f"http://{host}", f"https://{host}")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
