"""A loaded model, and how it watches clips."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict, Unpack

from vidqa.engine.clip import Clip
from vidqa.engine.many import ask_many
from vidqa.engine.memory import Memory
from vidqa.engine.shown_clip import Seen
from vidqa.engine.stage_timer import Stopwatch
from vidqa.engine.watch.encode_frames import Looking, look
from vidqa.engine.watch.fetch import Begun, Errand, Fetch, View, bring_ready_forward
from vidqa.engine.watch.hear import hear
from vidqa.engine.watch.saved import Sight, keep_sight, kept_sight, sight_key
from vidqa.errors import NoVideoStreamError, VidqaError, without_frames
from vidqa.media.container.open_media import quoted
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.frames.read import Decoder
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import choose_sampling, stretch
from vidqa.media.sampling.strategies import Sampling
from vidqa.media.speech.recognizer import Recogniser, Task
from vidqa.media.viewing import Viewing
from vidqa.media.words.sources import Ears, Subtitles
from vidqa.models.spec import ModelSpec
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.loading import Loaded
from vidqa.prompt.recipe import Recipe, choose_recipe
from vidqa.system.cache import Cache
from vidqa.types import Maker, Notify, Stage
from vidqa.types.media_info import VideoInfo

FETCHED_AHEAD = 2
"""Clips that are read and heard while another is answered: one would leave the ears idle while a
short clip is followed by a long one, more only take memory."""


class Watching(TypedDict, total=False):
    """How clips are watched: see `Model.watch`."""

    frames: int | None
    recipe: str
    sampling: Sampling | None
    start_s: float | None
    end_s: float | None
    subtitles: Subtitles
    language: str | None
    task: Task
    decoder: Decoder
    blank: bool


class Model:
    """A loaded model: watch clips with it."""

    def __init__(
        self,
        spec: ModelSpec,
        loaded: Loaded,
        *,
        revision: str,
        device: str,
        dtype: str,
        memory: Memory,
        recogniser: Recogniser | None,
        missing: VidqaError | None,
        reader: Reader,
        cache: Cache | None,
        load_s: float,
    ) -> None:
        self.spec = spec
        self.loaded = loaded
        self.revision = revision
        self.device = device
        self.dtype = dtype
        self.memory = memory
        self.ears = Ears(reader, recogniser, missing=missing, cache=cache)
        self.cache = cache
        self.timings_s: dict[Stage, float] = {"load": load_s}
        """What it took to have it; a program may add its `start`."""
        self.reader = reader

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.spec.name

    @property
    def maker(self) -> Maker:
        """What it says of itself in answers."""
        return Maker(self.name, self.revision, self.device, self.dtype)

    def watch(
        self,
        video: str | Path,
        *,
        frames: int | None = None,
        recipe: str = "vidqa",
        sampling: Sampling | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        subtitles: Subtitles = "auto",
        language: str | None = None,
        task: Task = "transcribe",
        text_track: str | None = None,
        audio_track: str | None = None,
        decoder: Decoder = "auto",
        blank: bool = False,
        notify: Notify | None = None,
    ) -> "Clip":
        """Look at a clip and listen to it, once.

        Args:
            video: path of a video file.
            frames: how many frames to look at; the model's default if None.
            recipe: `vidqa`, or for the paper's models `paper`: what the authors showed them.
            sampling: how they are chosen; as the recipe says if None.
            start_s: where to begin, in seconds.
            end_s: where to end, in seconds.
            subtitles: `auto` (sidecar file, else text track, else speech), `off`, `speech` (listen
                in any case), or a file.
            language: of the speech and the subtitles, such as `en`; detected if None or `auto`.
            task: `transcribe`, or `translate` for English words whatever is spoken.
            text_track: number from 1 or language of the text track to read; chosen if None.
            audio_track: number from 1 or language of the sound to listen to; chosen if None.
            decoder: `auto`, `pyav` or `decord`.
            blank: show grey pictures in place of the frames: what is answered rests on the words.
            notify: called when each of the stages decode, speech, vision and prefill begins.

        Raises:
            VideoError: the clip cannot be watched.
            UsageError: a setting makes no sense for this clip.

        """
        viewing = Viewing(
            frames=frames,
            recipe=recipe,
            sampling=sampling,
            start_s=start_s,
            end_s=end_s,
            subtitles=subtitles,
            language=language,
            task=task,
            text_track=text_track,
            audio_track=audio_track,
            decoder=decoder,
            blank=blank,
        )
        return self.watched(str(video), self.fetch(Path(video), viewing), viewing, notify=notify)

    def watch_all(
        self,
        views: Iterable[View],
        *,
        in_order: bool = True,
        notify: Notify | None = None,
    ) -> Generator[tuple[str, "Clip | VidqaError"]]:
        """Watch clip after clip; the next ones are decoded and listened to meanwhile.

        Args:
            views: paths of video files, and how each is watched.
            in_order: else a clip that is read and heard already goes before one that is not.
            notify: as in `watch`.

        Yields:
            Each path, with the clip, or with why it cannot be watched.

        """
        coming: deque[tuple[View, Fetch]] = deque()
        waiting = iter(views)
        try:
            while True:
                more = islice(waiting, FETCHED_AHEAD + 1 - len(coming))
                coming.extend((view, self.fetch(Path(view[0]), view[1])) for view in more)
                if not coming:
                    return
                if not in_order:
                    bring_ready_forward(coming)
                (video, viewing), fetch = coming.popleft()
                try:
                    watched: Clip | VidqaError = self.watched(video, fetch, viewing, notify=notify)
                except VidqaError as error:
                    watched = without_frames(error)
                yield video, watched
        finally:
            for _, fetch in coming:
                fetch.cancel()

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

    def fetch(self, path: Path, viewing: Viewing) -> Fetch:
        """Begin to read a clip's frames and to hear its words, beside everything else.

        Raises:
            UsageError: the viewing makes no sense for this model.

        """
        recipe = choose_recipe(viewing.recipe, self.spec)
        wanted = viewing.wanted
        known = viewing.words
        errand = Errand(
            reader=self.reader,
            looking=partial(self._looking, viewing, recipe),
            mark=known_fingerprint if self.cache is not None else fingerprint,
            kept=partial(self._seen_before, again=viewing.keep_places),
            hear=partial(hear, self.ears, wanted) if known is None else lambda *_: known,
        )
        return Fetch(path, errand)

    def watched(
        self, name: str, fetch: Fetch, viewing: Viewing, *, notify: Notify | None = None
    ) -> "Clip":
        """Look at what is being fetched, and read it into the decoder. Raises as `watch` does.

        Args:
            name: what the clip is called in answers.
            fetch: of the clip, with the same viewing.
            viewing: how it is watched.
            notify: as in `watch`.

        """
        stopwatch = Stopwatch(notify, self.timings_s)
        seen = self.see(name, fetch, viewing, stopwatch)
        with self.memory.errors(self.name):
            return Clip(self, seen, viewing, stopwatch)

    def see(self, name: str, fetch: Fetch, viewing: Viewing, stopwatch: Stopwatch) -> Seen:
        """Look and listen, but do not read it into the decoder yet. See `watched`."""
        try:
            with stopwatch.stage("decode"):
                begun = fetch.begun()
            with self.memory.errors(self.name):
                sight = begun.sight or self._look(begun, fetch, viewing, stopwatch)
                stopwatch.tell("speech")
                words = fetch.words()
        finally:
            fetch.cancel()
        stopwatch.seconds |= fetch.stopwatch.seconds
        if begun.info.kind == "sound" and not words.cues:
            raise NoVideoStreamError(
                f"{quoted(begun.info.path)} has sound but no video, and no words are known of it"
            )
        return Seen(name, begun.info, begun.fingerprint, *sight, words)

    def most_frames(self, viewing: Viewing) -> int:
        """How many frames are looked at; no more than what was made to fit the memory."""
        sampling = choose_sampling(choose_recipe(viewing.recipe, self.spec), viewing.sampling)
        count = sampling.most(viewing.frames, self.spec.frames)
        return min(count, self.memory.plan.frames) if self.memory.warnings else count

    def _looking(self, viewing: Viewing, recipe: Recipe, info: VideoInfo) -> Looking:
        return Looking(
            str(choose_sampling(recipe, viewing.sampling)),
            stretch(info, viewing.start_s, viewing.end_s),
            self.most_frames(viewing),
            None if recipe.exact_pixels else self.loaded.picture_size,
            viewing.decoder,
            viewing.blank,
        )

    def _look(self, begun: Begun, fetch: Fetch, viewing: Viewing, stopwatch: Stopwatch) -> Sight:
        """Encode the frames as they come, and keep what was seen."""
        encoder = self._encoder(keep_places=viewing.keep_places)
        looked = look(encoder, fetch.frames(), stopwatch, blank=viewing.blank)
        sight = fetch.moments(), looked
        unchanged = partial(is_still, begun.info.path, begun.fingerprint)
        if self.cache is not None and not viewing.keep_places and unchanged():
            key = self._sight_key(begun.fingerprint, begun.looking)
            keep_sight(self.cache, key, sight, about=begun.info.path.name)
        return sight

    def _seen_before(self, mark: str, looking: Looking, *, again: bool) -> Sight | None:
        """What was kept of an earlier look, unless it must be looked at again."""
        if self.cache is None or again:
            return None
        with self.memory.errors(self.name):
            return kept_sight(self.cache, self._sight_key(mark, looking), self._encoder())

    def _sight_key(self, mark: str, looking: Looking) -> Mapping[str, Any]:
        return sight_key(
            fingerprint=mark,
            model=self.revision,
            family=asdict(self.spec.family),
            device=self.device,
            dtype=self.dtype,
            **asdict(looking),
        )

    def _encoder(self, *, keep_places: bool = False) -> FrameEncoder:
        family = self.spec.family
        return FrameEncoder(
            self.loaded,
            family.image_kwargs,
            processor_kwargs=family.processor_kwargs,
            keep_places=keep_places,
        )
