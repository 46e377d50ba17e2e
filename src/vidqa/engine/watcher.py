"""Whoever answers about clips, and how it sees and hears them."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from vidqa.engine.contents import ClipContents
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.early import EarlyWords
from vidqa.engine.watch.encode_frames import FrameRequest, SeenFrames
from vidqa.engine.watch.fetch import Fetch, FetchPlan, ProbedClip
from vidqa.engine.watch.hear import hear
from vidqa.errors import NoVideoStreamError
from vidqa.media.container.open_media import quoted
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.places import Here, Place
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import choose_sampling, stretch
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.models.spec import ModelSpec
from vidqa.system.cache import Cache
from vidqa.types import Maker, Stage
from vidqa.types.media_info import VideoInfo


class Watcher(ABC):
    """A model that answers, here or elsewhere, and all that clips are watched with for it."""

    def __init__(
        self, spec: ModelSpec, *, maker: Maker, word_finder: WordFinder, cache: Cache | None
    ) -> None:
        self.spec = spec
        self.maker = maker
        """What it says of itself in answers."""
        self.word_finder = word_finder
        self.reader: Reader = word_finder.reader
        self.cache = cache
        self.timings_s: dict[Stage, float] = {}
        """What it took to have it; a program may add its `start`."""
        self._early: EarlyWords | None = None

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.maker.model

    @property
    def revision(self) -> str:
        """Which of the models of that name it is."""
        return self.maker.revision

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.maker.device

    @property
    def dtype(self) -> str:
        """The number format that it computes in."""
        return self.maker.dtype

    @property
    def answer_cache(self) -> Cache | None:
        """The cache of its answers about parts of clips; None where another may answer later."""
        return self.cache

    @abstractmethod
    def errors(self) -> AbstractContextManager[None]:
        """Report plainly what goes wrong in the body for want of memory."""

    @abstractmethod
    def most_frames(self, viewing: Viewing) -> int:
        """Return how many frames are looked at."""

    @abstractmethod
    def frame_size(self, info: VideoInfo) -> tuple[int, int] | None:
        """Return the width and height at which frames are read, in pixels; None: their own."""

    @abstractmethod
    def look(
        self, begun: ProbedClip, fetch: Fetch, viewing: Viewing, timer: StageTimer
    ) -> SeenFrames:
        """Take the frames as they come."""

    def seen_before(
        self, viewing: Viewing, mark: str, frame_request: FrameRequest
    ) -> SeenFrames | None:
        """Return what was cached of an earlier look, if anything was."""
        return None

    def adopt(self, early: EarlyWords) -> None:
        """Take over words that are being looked for already, and who looks for them."""
        self.word_finder, self._early = early.word_finder, early

    def fetch(self, clip: Path | Place, viewing: Viewing) -> Fetch:
        """Begin to read a clip's frames and to hear its words, beside everything else.

        Args:
            clip: its file, or its place, if that is elsewhere.
            viewing: how it is watched.

        Raises:
            UsageError: the viewing makes no sense for this model.

        """
        place = Here(clip) if isinstance(clip, Path) else clip
        viewing.recipe_for(self.spec)
        wanted = viewing.words_for(self.spec)
        known = viewing.words
        early, self._early = self._early, None
        if early is not None and not early.are_of(place, viewing):
            early.cancel()
            early = None
        fetch_plan = FetchPlan(
            reader=self.reader,
            frame_request=partial(self._looking, viewing),
            mark=known_fingerprint if self.cache is not None else fingerprint,
            kept=partial(self.seen_before, viewing),
            hear=partial(hear, self.word_finder, wanted) if known is None else lambda *_: known,
            early=early,
        )
        return Fetch(place, fetch_plan)

    def see(self, name: str, fetch: Fetch, viewing: Viewing, timer: StageTimer) -> ClipContents:
        """Look and listen, but do not read it into the decoder yet. See `Model.watched`."""
        try:
            with timer.stage("decode"):
                begun = fetch.begun()
            with self.errors():
                seen_frames = begun.seen_frames or self.look(begun, fetch, viewing, timer)
                timer.tell("speech")
                words = fetch.words()
        finally:
            fetch.cancel()
        timer.seconds |= fetch.timer.seconds
        if begun.info.kind == "sound" and not words.cues:
            raise NoVideoStreamError(
                f"{quoted(begun.info.path)} has sound but no video, and no words are known of it"
            )
        return ClipContents(name, begun.info, begun.fingerprint, *seen_frames, words)

    def _looking(self, viewing: Viewing, info: VideoInfo) -> FrameRequest:
        recipe = viewing.recipe_for(self.spec)
        return FrameRequest(
            str(choose_sampling(recipe, viewing.sampling)),
            stretch(info, viewing.start_s, viewing.end_s),
            self.most_frames(viewing),
            None if recipe.exact_pixels else self.frame_size(info),
            viewing.decoder,
            viewing.blank,
            viewing.skip_alike,
        )
