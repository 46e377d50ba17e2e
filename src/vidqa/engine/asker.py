"""Watch clips, one or many, and ask about them: whoever answers."""

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Generic

from vidqa.engine.many import Kind, ask_many, watch_all, watch_fetched
from vidqa.engine.watch.fetch import Fetch, View
from vidqa.engine.watcher import Watcher
from vidqa.errors import VidqaError
from vidqa.media.places import Here, Place
from vidqa.media.viewing import Viewing
from vidqa.network.text.schema_grammar import grammar_of
from vidqa.types import Answer, Notify
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options


class Asker(Watcher, Generic[Kind]):
    """A model that is shown clips."""

    @property
    @abstractmethod
    def kind(self) -> type[Kind]:
        """The class of the clips that are watched with it."""

    @abstractmethod
    def answer_together(
        self,
        clips: Sequence[Kind],
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
    ) -> Sequence[Answer | VidqaError]:
        """Answer one question about each of several clips, at once.

        Returns:
            For each clip the answer, or why there is none.

        Raises:
            UsageError: a setting is out of range.

        """

    def require_schema(self, schema: str) -> None:
        """Refuse a JSON schema that nothing fits. Raises UsageError."""
        grammar_of(schema)

    @abstractmethod
    def require_thinking(self) -> None:
        """Refuse `think` at once. Raises UsageError: the model does not think."""

    def require_scoring(self) -> None:
        """Refuse at once what needs likelihoods of given answers. Raises UsageError."""

    def watch(
        self,
        video: str | Path,
        viewing: Viewing | None = None,
        *,
        notify: Notify | None = None,
        **given: Any,
    ) -> Kind:
        """Look at a clip and listen to it, once.

        Args:
            video: path of a video file.
            viewing: how to watch it.
            notify: called when each of the stages decode, speech, vision and prefill begins.
            **given: fields of `Viewing` by name: `frames`, `subtitles`, `start_s` and so on.

        Raises:
            VideoError: the clip cannot be watched.
            UsageError: a setting makes no sense for this clip.

        """
        how = with_options(Viewing, viewing, given)
        return self.watched(str(video), self.fetch(Here(video), how), how, notify=notify)

    def watch_all(
        self,
        views: Iterable[View],
        *,
        in_order: bool = True,
        notify: Notify | None = None,
        place: Callable[[str], Place] = Here,
    ) -> Generator[tuple[str, Kind | VidqaError]]:
        """Watch clip after clip; the next ones are decoded and listened to meanwhile.

        Args:
            views: names of clips, and how each is watched.
            in_order: else a clip that is read and heard already goes before one that is not.
            notify: as in `watch`.
            place: returns the place of the clip of a name; by default the name is its path.

        Yields:
            Each name, with the clip, or with why it cannot be watched.

        """
        return watch_all(self.kind, self, views, in_order=in_order, notify=notify, place=place)

    def ask_many(
        self,
        clips: str | Path | Iterable[str | Path],
        questions: str | Sequence[str],
        *,
        in_order: bool = True,
        **settings: Any,
    ) -> Iterator[dict[str, Any]]:
        """Ask every question about every clip; the next clips are read and heard meanwhile.

        Args:
            clips: paths of video files, or one; `vidqa.find_clips` finds those in folders.
            questions: one or several.
            in_order: else a clip that is read and heard already goes before one that is not.
            **settings: fields of `Viewing`, as in `watch`, and of `GenerationSettings`, as in
                `Clip.ask`.

        Yields:
            The JSON object of a clip and a question, as that of `vidqa ask`; its `settings` are
            those given here. One that cannot be answered has `error` in place of an answer.

        Raises:
            UsageError: a setting makes no sense for this model.

        """
        own = {one.name for one in fields(GenerationSettings)} & settings.keys()
        generation = GenerationSettings(**{name: settings.pop(name) for name in own})
        viewing = Viewing(**settings)
        viewing.recipe_for(self.spec)
        asked = [questions] if isinstance(questions, str) else list(questions)
        named = [clips] if isinstance(clips, str | Path) else clips
        names = list(map(str, named))
        return ask_many(self.kind, self, names, asked, viewing, generation, in_order=in_order)

    def watched(
        self, name: str, fetch: Fetch, viewing: Viewing, *, notify: Notify | None = None
    ) -> Kind:
        """Look at what is being fetched, and read it into the decoder. Raises as `watch` does.

        Args:
            name: what the clip is called in answers.
            fetch: of the clip, with the same viewing.
            viewing: how it is watched.
            notify: as in `watch`.

        """
        return watch_fetched(self.kind, self, name, fetch, viewing, notify=notify)
