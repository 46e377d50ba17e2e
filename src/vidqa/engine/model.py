"""A loaded model: show it clips."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

from vidqa.engine.clip import Clip
from vidqa.engine.many import ask_many, watch_all, watch_fetched
from vidqa.engine.runtime import Runtime
from vidqa.engine.watch.fetch import Fetch, View
from vidqa.errors import VidqaError
from vidqa.media.frames.read import Decoder
from vidqa.media.sampling.strategies import Sampling
from vidqa.media.speech.recognizer import Task
from vidqa.media.viewing import Viewing
from vidqa.media.words.sources import Subtitles
from vidqa.prompt.recipe import choose_recipe
from vidqa.types import Notify


class Watching(TypedDict, total=False):
    """How a clip is watched; what is left out is as `Viewing` has it."""

    frames: int | None
    """How many frames to look at; the model's default if None."""
    recipe: str
    """`vidqa`, or for the paper's models `paper`: what the authors showed them."""
    sampling: Sampling | None
    """How frames are chosen; as the recipe says if None."""
    start_s: float | None
    """Where to begin, in seconds."""
    end_s: float | None
    """Where to end, in seconds."""
    subtitles: Subtitles
    """`auto` (sidecar file, else text track, else speech), `off`, `speech` (listen in any case), or
    a file."""
    language: str | None
    """Of the speech and the subtitles, such as `en`; detected if None or `auto`."""
    task: Task
    """`transcribe`, or `translate` for English words whatever is spoken."""
    text_track: str | None
    """Number from 1 or language of the text track to read; chosen if None."""
    audio_track: str | None
    """Number from 1 or language of the sound to listen to; chosen if None."""
    decoder: Decoder
    """`auto`, `pyav` or `decord`."""
    blank: bool
    """Show grey pictures in place of the frames: what is answered rests on the words."""


class Model(Runtime):
    """A loaded model: watch clips with it."""

    def watch(
        self, video: str | Path, *, notify: Notify | None = None, **watching: Unpack[Watching]
    ) -> Clip:
        """Look at a clip and listen to it, once.

        Args:
            video: path of a video file.
            notify: called when each of the stages decode, speech, vision and prefill begins.
            **watching: `frames`, `subtitles`, `start_s` and so on; see `Watching`.

        Raises:
            VideoError: the clip cannot be watched.
            UsageError: a setting makes no sense for this clip.

        """
        viewing = Viewing(**watching)
        return self.watched(str(video), self.fetch(Path(video), viewing), viewing, notify=notify)

    def watch_all(
        self,
        views: Iterable[View],
        *,
        in_order: bool = True,
        notify: Notify | None = None,
    ) -> Generator[tuple[str, Clip | VidqaError]]:
        """Watch clip after clip; the next ones are decoded and listened to meanwhile.

        Args:
            views: paths of video files, and how each is watched.
            in_order: else a clip that is read and heard already goes before one that is not.
            notify: as in `watch`.

        Yields:
            Each path, with the clip, or with why it cannot be watched.

        """
        return watch_all(Clip, self, views, in_order=in_order, notify=notify)

    def ask_many(
        self,
        clips: str | Path | Iterable[str | Path],
        questions: str | Sequence[str],
        *,
        in_order: bool = True,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        **watching: Unpack[Watching],
    ) -> Iterator[dict[str, Any]]:
        """Ask every question about every clip; the next clips are read and heard meanwhile.

        Args:
            clips: paths of video files, or one; `vidqa.find_clips` finds those in folders.
            questions: one or several.
            in_order: else a clip that is read and heard already goes before one that is not.
            max_new_tokens: as in `Clip.ask`, like the three that follow.
            temperature: of the choice of tokens.
            top_p: the share of likely tokens to choose from.
            seed: of the choice.
            **watching: `frames`, `subtitles` and so on, as in `watch`.

        Yields:
            The JSON object of a clip and a question, as that of `vidqa ask`; its `settings` are
            those given here. One that cannot be answered has `error` in place of an answer.

        Raises:
            UsageError: a setting makes no sense for this model.

        """
        writing = {
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "seed": seed,
        }
        asked = [questions] if isinstance(questions, str) else list(questions)
        named = [clips] if isinstance(clips, str | Path) else clips
        names, viewing = list(map(str, named)), Viewing(**watching)
        choose_recipe(viewing.recipe, self.spec)
        return ask_many(self, names, asked, viewing, writing, in_order=in_order)

    def watched(
        self, name: str, fetch: Fetch, viewing: Viewing, *, notify: Notify | None = None
    ) -> Clip:
        """Look at what is being fetched, and read it into the decoder. Raises as `watch` does.

        Args:
            name: what the clip is called in answers.
            fetch: of the clip, with the same viewing.
            viewing: how it is watched.
            notify: as in `watch`.

        """
        return watch_fetched(Clip, self, name, fetch, viewing, notify=notify)
