"""Watch clip after clip: the next ones are fetched while one is answered."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, TypeVar

from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.fetch import Fetch, View, bring_ready_forward
from vidqa.engine.watched_clip import WatchedClip
from vidqa.engine.watcher import Watcher
from vidqa.errors import EngineGoneError, VidqaError, without_frames
from vidqa.media.marks import marks
from vidqa.media.places import Here, Place
from vidqa.media.viewing import Viewing
from vidqa.types import Marks, Notify
from vidqa.types.generation import GenerationSettings
from vidqa.types.records import Records

FETCHED_AHEAD = 2
"""Clips that are fetched while another is answered: with one, the recognizer would be idle when a
long clip follows a short one; more only take memory."""

Kind = TypeVar("Kind", bound=WatchedClip)


def watch_fetched(
    kind: type[Kind],
    model: Watcher,
    name: str,
    fetch: Fetch,
    viewing: Viewing,
    *,
    notify: Notify | None = None,
) -> Kind:
    """Encode a clip that is being fetched, and prefill it. Raises as `Model.watch` does.

    Args:
        kind: the class of the result.
        model: the model that watches.
        name: the clip's name in answers.
        fetch: the fetch of the clip, with the same viewing.
        viewing: how it is watched.
        notify: as in `Model.watch`.

    """
    timer = StageTimer(notify, model.timings_s)
    seen = model.see(name, fetch, viewing, timer)
    with model.errors():
        return kind(model, seen, viewing, timer)


def watch_all(
    kind: type[Kind],
    model: Watcher,
    views: Iterable[View],
    *,
    in_order: bool = True,
    notify: Notify | None = None,
    place: Callable[[str], Place] = Here,
) -> Generator[tuple[str, Kind | VidqaError]]:
    """Watch clip after clip. See `Model.watch_all`."""
    coming: deque[tuple[View, Fetch]] = deque()
    waiting = iter(views)
    try:
        while True:
            more = islice(waiting, FETCHED_AHEAD + 1 - len(coming))
            coming.extend((view, model.fetch(place(view[0]), view[1])) for view in more)
            if not coming:
                return
            if not in_order:
                bring_ready_forward(coming)
            (video, viewing), fetch = coming.popleft()
            try:
                watched: Kind | VidqaError = watch_fetched(
                    kind, model, video, fetch, viewing, notify=notify
                )
            except VidqaError as error:
                watched = without_frames(error)
            yield video, watched
    finally:
        for _, fetch in coming:
            fetch.cancel()


def ask_many(
    kind: type[WatchedClip],
    model: Watcher,
    clips: Sequence[str],
    questions: Sequence[str],
    viewing: Viewing,
    generation: GenerationSettings,
    *,
    in_order: bool,
) -> Iterator[dict[str, Any]]:
    """Ask every question about every clip. See `Model.ask_many`."""
    records = Records({**viewing.settings, **generation.settings})
    views = ((clip, viewing) for clip in clips)
    watched = watch_all(kind, model, views, in_order=in_order)
    with closing(watched):
        for video, clip in watched:
            mark = _marks(model, video, viewing)
            for question in questions:
                try:
                    if isinstance(clip, VidqaError):
                        raise clip
                    answer = clip.ask(question, generation)
                    yield records.answered(answer, subtitles=mark.subtitles)
                except EngineGoneError:  # it would be so of every other clip
                    raise
                except VidqaError as error:
                    yield records.failed(
                        error, video=video, question=question, marks=mark, maker=model.maker
                    )


def _marks(model: Watcher, video: str, viewing: Viewing) -> Marks:
    return marks(video, viewing.word_request, keep=model.cache is not None)
