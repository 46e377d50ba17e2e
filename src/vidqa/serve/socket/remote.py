"""A model that somebody else has loaded."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vidqa.errors import VidqaError
from vidqa.media.viewing import Viewing
from vidqa.serve.socket.client import NoServerError, Server
from vidqa.serve.socket.names import Names
from vidqa.serve.socket.wire import Event, StageBegun, Told, Watched, of_fields, written_viewing
from vidqa.types import Answer, Maker, Notify, PromptView, TextDelta
from vidqa.types.generation import GenerationSettings

if TYPE_CHECKING:
    from vidqa.engine import Clip

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class SocketModel:
    """A model in another process: as much of `engine.Model` as questions need."""

    server: Server
    maker: Maker
    watch_here: Callable[[str, str], "Clip"]
    """Watches a clip without the server, once that is gone; called with why that is."""
    subtitles: dict[str, str | None] = field(default_factory=dict)
    """Fingerprints of subtitles beside clips that were asked about, by their names."""

    def require_schema(self, schema: str) -> None:
        """Leave it to the server, which looks at it before it watches anything."""

    def require_thinking(self) -> None:
        """Leave it to the server, likewise."""

    def require_scoring(self) -> None:
        """Do nothing: its model is one in a process of vidqa's."""

    def watch_all(
        self,
        views: Iterable[tuple[str, Viewing]],
        *,
        in_order: bool = True,
        notify: Notify | None = None,
        place: Callable[[str], object] | None = None,
    ) -> "Generator[tuple[str, SocketClip | VidqaError]]":
        """Yield clips; they are watched when they are asked about. See `Model.watch_all`.

        All of them are on this machine, whatever `place` says.
        """
        for video, viewing in views:
            yield video, SocketClip(self, video, viewing)


@dataclass(slots=True)
class SocketWords:
    """Where a clip's words come from."""

    detail: str = ""


@dataclass(slots=True)
class SocketClip:
    """A clip that a server watches: as much of `engine.Clip` as questions need.

    If the server is gone before it answers anything, the clip is watched here.
    """

    model: SocketModel
    video: str
    viewing: Viewing
    decoder: str = ""
    """Known once it was asked about."""
    words: SocketWords = field(default_factory=SocketWords)
    here: "Clip | None" = None
    """The same clip, where it had to be watched here."""

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
        try:
            for event in self._events("ask", asked, notify, progress):
                if isinstance(event, TextDelta | Answer):
                    yield event
        except NoServerError as error:
            clip = self._watched_here(error)
            yield from clip.stream(question, generation, notify=notify, progress=progress)

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
        try:
            return self._last(Answer, "ask", asked, notify)
        except NoServerError as error:
            return self._watched_here(error).choose(
                question, choices, threshold=threshold, notify=notify, windows=windows
            )

    def grounded(self, answer: Answer) -> Answer:
        """Add to an answer what it rests on. See `Clip.grounded`."""
        try:
            return self._last(Answer, "ground", {"answer": asdict(answer)})
        except NoServerError as error:
            return self._watched_here(error).grounded(answer)

    def prompt(self, question: str, *, windows: int | str = "auto") -> PromptView:
        """Return what the model sees when asked. See `Clip.prompt`."""
        try:
            return self._last(PromptView, "prompt", {"question": question, "windows": windows})
        except NoServerError as error:
            return self._watched_here(error).prompt(question, windows=windows)

    def _watched_here(self, error: NoServerError) -> "Clip":
        """Watch the clip in this process, once."""
        if self.here is None:
            self.here = self.model.watch_here(self.video, str(error))
            self.decoder, self.words.detail = self.here.decoder, self.here.words.detail
        return self.here

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
        """Yield what comes of a request; stages and progress are passed on.

        Raises:
            NoServerError: the server is gone, and has answered nothing yet.
            VidqaError: it failed, or is gone in the middle.

        """
        if self.here is not None:
            raise NoServerError("it is gone")
        names, has_begun = Names.of(self.video, self.viewing), False
        view = {
            "clip": str(Path(self.video).absolute()),
            "name": self.video,
            "viewing": written_viewing(self.viewing),
        }
        try:
            for line in self.model.server.lines("ask", {"do": do, **view, **asked}):
                for event in self._passed_on(names.read(line), names, notify, progress):
                    has_begun = True
                    yield event
        except NoServerError as error:
            if not has_begun:
                raise
            raise VidqaError(f"the server failed: {error}", hint="--no-server") from error

    def _passed_on(
        self, event: Event, names: Names, notify: Notify | None, progress: Any
    ) -> Iterator[Event]:
        """Yield an event, unless it only says how far the work is."""
        match event:
            case StageBegun(name):
                if notify is not None:
                    notify(name)
            case Told(what):
                if progress is not None:
                    progress(what)
            case Watched(decoder, detail, subtitles):
                self.decoder, self.words.detail = decoder, names.in_text(detail)
                self.model.subtitles[self.video] = subtitles
            case Answer():
                yield replace(event, warnings=tuple(map(names.in_text, event.warnings)))
            case _:
                yield event
