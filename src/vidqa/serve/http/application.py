"""The application: all routes behind one guard."""

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidqa.errors import VidqaError
from vidqa.serve.desk.desk import BUSY_S, BrokenError, ClosedError, FullError
from vidqa.serve.http import openai_routes, own_routes, socket_routes
from vidqa.serve.http.guard import Guard
from vidqa.serve.http.office import BROKEN, Office
from vidqa.serve.http.refusals import refusal, status_of
from vidqa.serve.http.roots import ForbiddenError, TooLargeError
from vidqa.serve.socket.identity import Wanted
from vidqa.system.version import __version__

SIGNS = frozenset({"/healthz", "/metrics", "/socket/status"})
"""Routes that ask how a server is: none needs it to stay."""


def application(
    office: Office,
    *,
    hosts: frozenset[str] | None,
    token: str | None,
    differs: Callable[[Wanted], Awaitable[str | None]],
    stop: Callable[[], None],
) -> ASGIApp:
    """Return the application.

    Args:
        office: its parts.
        hosts: names by which it may be called; None if any will do.
        token: that requests over TCP must have; None if none is needed.
        differs: see `socket_routes.routes`.
        stop: ends the server.

    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        office.desk.start()
        yield
        await asyncio.to_thread(office.desk.close)

    app = FastAPI(
        title="vidqa",
        version=__version__,
        summary="Questions about video files on this machine.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page would load scripts from elsewhere
        redoc_url=None,
    )
    app.include_router(openai_routes.routes(office))
    app.include_router(own_routes.routes(office))
    app.include_router(socket_routes.routes(office, differs, stop))
    _add_signs(app, office)
    _add_errors(app, office)
    most_bytes = office.roots.most_bytes * 4 // 3 + (1 << 20)  # as base64, and the rest
    return Counted(Guard(app, hosts, token, most_bytes), office)


def _add_signs(app: FastAPI, office: Office) -> None:
    """Add what says how the server is."""

    @app.get("/healthz", summary="Whether it runs")
    async def health() -> dict[str, str]:
        return {"status": "ok", "model": office.maker.model}

    @app.get("/metrics", summary="Counters, as Prometheus reads them")
    async def metrics() -> Response:
        return Response(office.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))


def _add_errors(app: FastAPI, office: Office) -> None:
    """Tell errors without paths of the server, and without tracebacks."""

    @app.exception_handler(VidqaError)
    async def told(_: Request, error: VidqaError) -> Response:
        return JSONResponse(office.told(error), status_of(error))

    @app.exception_handler(BrokenError)
    async def broken(_: Request, error: BrokenError) -> Response:
        return JSONResponse(office.told(error), 500)

    @app.exception_handler(ClosedError)
    async def closed(_: Request, error: ClosedError) -> Response:
        return JSONResponse(office.told(error), 503)

    @app.exception_handler(FullError)
    async def full(_: Request, error: FullError) -> Response:
        office.metrics.refused.inc()
        headers = {"Retry-After": str(BUSY_S)}
        return refusal(429, "too many requests wait already", "busy", headers)

    @app.exception_handler(ForbiddenError)
    async def forbidden(_: Request, error: ForbiddenError) -> Response:
        return refusal(403, str(error), "forbidden")

    @app.exception_handler(TooLargeError)
    async def large(_: Request, error: TooLargeError) -> Response:
        return refusal(413, str(error), "too_large")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return refusal(400, said_of(error), "invalid_request_error")

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        return refusal(error.status_code, str(error.detail), "refused")

    @app.exception_handler(ConnectionResetError)
    async def gone(_: Request, error: ConnectionResetError) -> Response:
        return PlainTextResponse("", 499)  # nobody reads it

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> Response:
        return refusal(500, BROKEN, "unexpected")


def said_of(error: RequestValidationError) -> str:
    """Say what is wrong with a request, in words."""
    deepest = max(error.errors(), key=lambda one: len(one["loc"]))  # of what it may be
    where = ".".join(str(one) for one in deepest["loc"][1:] if _is_name(one))
    if not where or deepest["type"] == "json_invalid":
        return "the body is no JSON object, or its Content-Type is not application/json"
    if deepest["type"] == "extra_forbidden":
        return f"{where}: there is nothing of that name here"
    return f"{where}: {deepest['msg'].removeprefix('Value error, ')}"


def _is_name(part: str | int) -> bool:
    """Return whether a part of a place is one of what was sent, not of how it was read."""
    return isinstance(part, int) or (part.isidentifier() and part not in ("str", "list"))


class Counted:
    """Middleware that counts requests by route and status."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self._app, self._metrics, self._desk = app, office.metrics, office.desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.requests.labels(route, message["status"]).inc()
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in SIGNS:
            await self._app(scope, receive, counted)
            return
        with self._desk.needed():
            await self._app(scope, receive, counted)


def page(schema: dict[str, Any]) -> str:
    """Return a page of all routes, which loads nothing from anywhere."""
    rows = [
        f"<dt><code>{method.upper()} {html.escape(path)}</code></dt>"
        f"<dd>{html.escape(one.get('summary', ''))}</dd>"
        for path, methods in schema["paths"].items()
        for method, one in methods.items()
    ]
    return (
        "<!doctype html><meta charset=utf-8><title>vidqa</title>"
        f"<h1>vidqa {html.escape(__version__)}</h1><dl>{''.join(rows)}</dl>"
        "<p>All fields: <a href=openapi.json>openapi.json</a></p>"
    )
