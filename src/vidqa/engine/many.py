"""Every question about every clip: a record each, whatever becomes of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from vidqa.engine.clip import Clip
from vidqa.errors import VidqaError
from vidqa.media.marks import marks
from vidqa.media.viewing import Viewing
from vidqa.types import Marks
from vidqa.types.records import Records

if TYPE_CHECKING:
    from vidqa.engine.model import Model


def ask_many(
    model: "Model",
    clips: Sequence[str],
    questions: Sequence[str],
    viewing: Viewing,
    writing: Mapping[str, Any],
    *,
    in_order: bool,
) -> Iterator[dict[str, Any]]:
    """See `Model.ask_many`; `viewing` is how clips are watched, `writing` as for `Clip.ask`."""
    records = Records({**viewing.settings, **writing})
    watched = model.watch_all(((clip, viewing) for clip in clips), in_order=in_order)
    with closing(watched):
        for video, clip in watched:
            mark = _marks(model, video, viewing)
            for question in questions:
                try:
                    if not isinstance(clip, Clip):
                        raise clip
                    yield records.answered(clip.ask(question, **writing), subtitles=mark.subtitles)
                except VidqaError as error:
                    yield records.failed(
                        error, video=video, question=question, marks=mark, maker=model.maker
                    )


def _marks(model: "Model", video: str, viewing: Viewing) -> Marks:
    return marks(video, viewing.wanted, keep=model.cache is not None)
