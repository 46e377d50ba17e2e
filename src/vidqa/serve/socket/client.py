"""A command's side of the socket: a model that somebody else has loaded."""

import json
import socket
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

from vidqa.errors import VidqaError
from vidqa.media.viewing import Viewing
from vidqa.serve.socket.address import is_own, server_socket
from vidqa.serve.socket.identity import Wanted
from vidqa.serve.socket.wire import (
    Event,
    StageBegun,
    Told,
    Watched,
    error_of,
    of_fields,
    read,
    written_viewing,
)
from vidqa.types import Answer, Maker, Notify, PromptView, TextDelta
from vidqa.types.generation import GenerationSettings

GREETING_S = 20.0
"""Seconds that a server may take to say whether it is the right one."""
Kind = TypeVar("Kind")


class NoServerError(Exception):
    """There is no server, it would answer otherwise, or it has no time; the message says which."""


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float | None) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Server:
    """A server at a socket."""

    path: Path

    @classmethod
    def here(cls) -> "Server":
        """Return the user's own. Raises NoServerError."""
        path = server_socket()
        if path is None or not path.is_socket() or not is_own(path.parent):
            raise NoServerError("there is none")
        return cls(path)

    def call(self, route: str, body: Any = None) -> Any:
        """Return the answer to a request. Raises NoServerError."""
        try:
            with closing(_Connection(self.path, GREETING_S)) as connection:
                return json.loads(self._sent(connection, route, body).read())
        except (OSError, HTTPException, ValueError) as error:
            raise NoServerError(f"it does not answer: {error}") from error

    def lines(self, route: str, body: Any) -> Iterator[Any]:
        """Yield the lines of an answer as they come.

        Raises:
            NoServerError: it refuses, or is gone in the middle.

        """
        try:
            with closing(_Connection(self.path, None)) as connection:
                response = self._sent(connection, route, body)
                while line := response.readline():
                    yield json.loads(line)
        except (OSError, HTTPException, ValueError) as error:
            raise NoServerError(f"it went away: {error}") from error

    def _sent(self, connection: _Connection, route: str, body: Any) -> HTTPResponse:
        method = "GET" if body is None else "POST"
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/socket/{route}", content)
        response = connection.getresponse()
        if response.status != 200:
            raise NoServerError(f"it refuses ({response.status})")
        return response

    def hello(self, wanted: Wanted, clip: str | None, viewing: Viewing) -> "RemoteModel":
        """Return the model of the server.

        Args:
            wanted: what this command would load.
            clip: the only clip, which is looked into first; None if there are several.
            viewing: how it is watched.

        Raises:
            NoServerError: it would answer otherwise.
            VideoError, UsageError: the clip cannot be watched so.

        """
        said = self.call(
            "hello",
            {
                "wanted": asdict(wanted),
                "clip": None if clip is None else str(Path(clip).absolute()),
                "viewing": written_viewing(viewing),
            },
        )
        if "differs" in said:
            raise NoServerError(said["differs"])
        if "error" in said:
            raise Names.of(clip, viewing).as_typed(error_of(said["error"]))
        return RemoteModel(self, Maker(**said["maker"]))


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model in another process: as much of `engine.Model` as questions need."""

    server: Server
    maker: Maker
    subtitles: dict[str, str | None] = field(default_factory=dict)
    """Fingerprints of subtitles beside clips that were asked about, by their names."""

    def watch_all(
        self,
        views: Iterable[tuple[str, Viewing]],
        *,
        in_order: bool = True,
        notify: Notify | None = None,
    ) -> "Generator[tuple[str, RemoteClip | VidqaError]]":
        """Yield clips; they are watched when they are asked about. See `Model.watch_all`."""
        for video, viewing in views:
            yield video, RemoteClip(self, video, viewing)


@dataclass(slots=True)
class RemoteWords:
    """Where a clip's words come from."""

    detail: str = ""


@dataclass(slots=True)
class RemoteClip:
    """A clip that a server watches: as much of `engine.Clip` as questions need."""

    model: RemoteModel
    video: str
    viewing: Viewing
    decoder: str = ""
    """Known once it was asked about."""
    words: RemoteWords = field(default_factory=RemoteWords)

    def stream(
        self,
        question: str,
        generation: GenerationSettings,
        *,
        notify: Notify | None = None,
        progress: Any = None,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole. See `Clip.stream`."""
        asked = {
            "question": question,
            "generation": of_fields(generation),
            "choices": (),
            "threshold": None,
        }
        for event in self._events("ask", asked, notify, progress):
            if isinstance(event, TextDelta | Answer):
                yield event

    def choose(
        self,
        question: str,
        choices: Sequence[str],
        *,
        threshold: float | None = None,
        notify: Notify | None = None,
        windows: int | str = "auto",
    ) -> Answer:
        """Return the likeliest given answer. See `Clip.choose`."""
        asked = {
            "question": question,
            "generation": of_fields(GenerationSettings(windows=windows)),
            "choices": tuple(choices),
            "threshold": threshold,
        }
        return self._last(Answer, "ask", asked, notify)

    def grounded(self, answer: Answer) -> Answer:
        """Add to an answer what it rests on. See `Clip.grounded`."""
        return self._last(Answer, "ground", {"answer": asdict(answer)})

    def prompt(self, question: str, *, windows: int | str = "auto") -> PromptView:
        """Return what the model sees when asked. See `Clip.prompt`."""
        return self._last(PromptView, "prompt", {"question": question, "windows": windows})

    def _last(
        self, kind: type[Kind], do: str, asked: dict[str, Any], notify: Notify | None = None
    ) -> Kind:
        """Return what comes last of a request."""
        *_, last = self._events(do, asked, notify)
        assert isinstance(last, kind), "that comes last"
        return last

    def _events(
        self, do: str, asked: dict[str, Any], notify: Notify | None = None, progress: Any = None
    ) -> Iterator[Event]:
        """Yield what comes of a request; stages and progress are passed on."""
        view = {
            "clip": str(Path(self.video).absolute()),
            "name": self.video,
            "viewing": written_viewing(self.viewing),
        }
        names = Names.of(self.video, self.viewing)
        try:
            for line in self.model.server.lines("ask", {"do": do, **view, **asked}):
                try:
                    event = read(line)
                except VidqaError as error:
                    raise names.as_typed(error) from None
                match event:
                    case StageBegun(name) if notify is not None:
                        notify(name)
                    case Told(what) if progress is not None:
                        progress(what)
                    case Watched(decoder, detail, subtitles):
                        self.decoder = decoder
                        self.model.subtitles[self.video] = subtitles
                        self.words.detail = names.in_text(detail)
                    case Answer():
                        warnings = tuple(map(names.in_text, event.warnings))
                        yield replace(event, warnings=warnings)
                    case _:
                        yield event
        except NoServerError as error:
            raise VidqaError(f"the server failed: {error}", hint="--no-server") from error


@dataclass(frozen=True, slots=True)
class Names:
    """Files by their whole paths, as a server names them, and as they were typed."""

    typed: Mapping[str, str]

    @classmethod
    def of(cls, video: str | None, viewing: Viewing) -> "Names":
        """Collect those of a clip and of its subtitles."""
        given = [video or "", str(viewing.subtitles) if viewing.subtitles != "auto" else ""]
        return cls({str(Path(one).absolute()): one for one in given if one})

    def in_text(self, text: str) -> str:
        """Return a text that names files as they were typed."""
        for whole in sorted(self.typed, key=len, reverse=True):
            text = text.replace(whole, self.typed[whole])
        return text

    def as_typed(self, error: VidqaError) -> VidqaError:
        """Return an error that names files as they were typed."""
        hint = error.hint and self.in_text(error.hint)
        return type(error)(self.in_text(error.message), hint=hint)
