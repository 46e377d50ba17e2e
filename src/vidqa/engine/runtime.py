"""A model that is loaded, and how it sees and hears clips."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from vidqa.engine.memory import Memory
from vidqa.engine.shown_clip import ClipContents
from vidqa.engine.speech import StoredVoices
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.early import EarlyWords
from vidqa.engine.watch.encode_frames import FrameRequest, look
from vidqa.engine.watch.fetch import Fetch, FetchPlan, ProbedClip
from vidqa.engine.watch.hear import hear
from vidqa.engine.watch.saved import SeenFrames, keep_sight, kept_sight, sight_key
from vidqa.errors import NoVideoStreamError, VidqaError
from vidqa.media.container.open_media import quoted
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import choose_sampling, stretch
from vidqa.media.speech.recognizer import Recognizer
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.models.spec import ModelSpec
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.loaded import Loaded
from vidqa.prompt.recipe import Recipe
from vidqa.system.cache import Cache
from vidqa.system.number_formats import read_in
from vidqa.types import Maker, Stage
from vidqa.types.media_info import VideoInfo


class Runtime:
    """A loaded model, and all that it watches clips with."""

    def __init__(
        self,
        spec: ModelSpec,
        loaded: Loaded,
        *,
        revision: str,
        device: str,
        memory: Memory,
        recognizer: Recognizer | None,
        missing: VidqaError | None,
        reader: Reader,
        cache: Cache | None,
        load_s: float,
    ) -> None:
        self.spec = spec
        self.loaded = loaded
        self.revision = revision
        self.device = device
        self.dtype = memory.plan.dtype
        self.memory = memory
        self.word_finder = WordFinder(
            reader, recognizer, missing=missing, cache=cache, voices=StoredVoices()
        )
        self.cache = cache
        self.timings_s: dict[Stage, float] = {"load": load_s}
        """What it took to have it; a program may add its `start`."""
        self.reader = reader
        self._early: EarlyWords | None = None

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.spec.name

    @property
    def read_dtype(self) -> str:
        """The number format of what is kept of frames and prompts."""
        return read_in(self.dtype)

    @property
    def maker(self) -> Maker:
        """What it says of itself in answers."""
        return Maker(self.name, self.revision, self.device, self.dtype)

    def adopt(self, early: EarlyWords) -> None:
        """Take over words that are being looked for already, and who looks for them."""
        self.word_finder, self._early = early.word_finder, early

    def fetch(self, path: Path, viewing: Viewing) -> Fetch:
        """Begin to read a clip's frames and to hear its words, beside everything else.

        Raises:
            UsageError: the viewing makes no sense for this model.

        """
        recipe = viewing.recipe_for(self.spec)
        wanted = viewing.words_for(self.spec)
        known = viewing.words
        early, self._early = self._early, None
        if early is not None and not early.are_of(path, viewing):
            early.cancel()
            early = None
        fetch_plan = FetchPlan(
            reader=self.reader,
            frame_request=partial(self._looking, viewing, recipe),
            mark=known_fingerprint if self.cache is not None else fingerprint,
            kept=partial(self._seen_before, viewing),
            hear=partial(hear, self.word_finder, wanted) if known is None else lambda *_: known,
            early=early,
        )
        return Fetch(path, fetch_plan)

    def see(self, name: str, fetch: Fetch, viewing: Viewing, timer: StageTimer) -> ClipContents:
        """Look and listen, but do not read it into the decoder yet. See `watched`."""
        try:
            with timer.stage("decode"):
                begun = fetch.begun()
            with self.memory.errors(self.name):
                seen_frames = begun.seen_frames or self._look(begun, fetch, viewing, timer)
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

    def most_frames(self, viewing: Viewing) -> int:
        """Return how many frames are looked at; no more than what was reduced to fit the memory."""
        sampling = choose_sampling(viewing.recipe_for(self.spec), viewing.sampling)
        count = sampling.most(viewing.frames, self.spec.frames)
        return min(count, self.memory.plan.frames) if self.memory.warnings else count

    def _looking(self, viewing: Viewing, recipe: Recipe, info: VideoInfo) -> FrameRequest:
        return FrameRequest(
            str(choose_sampling(recipe, viewing.sampling)),
            stretch(info, viewing.start_s, viewing.end_s),
            self.most_frames(viewing),
            None if recipe.exact_pixels else self.loaded.picture_size,
            viewing.decoder,
            viewing.blank,
            viewing.skip_alike,
        )

    def _look(
        self, begun: ProbedClip, fetch: Fetch, viewing: Viewing, timer: StageTimer
    ) -> SeenFrames:
        """Encode the frames as they come, and keep what was seen."""
        encoder = self._encoder(viewing)
        encoded = look(encoder, fetch.frames(), timer, blank=viewing.blank)
        seen_frames = fetch.moments(), encoded
        unchanged = partial(is_still, begun.info.path, begun.fingerprint)
        if self.cache is not None and not viewing.keep_places and unchanged():
            key = self._sight_key(begun.fingerprint, begun.frame_request)
            keep_sight(self.cache, key, seen_frames, about=begun.info.path.name)
        return seen_frames

    def _seen_before(
        self, viewing: Viewing, mark: str, frame_request: FrameRequest
    ) -> SeenFrames | None:
        """Return what was cached of an earlier look, unless it must be looked at again."""
        if self.cache is None or viewing.keep_places:
            return None
        with self.memory.errors(self.name):
            key = self._sight_key(mark, frame_request)
            return kept_sight(self.cache, key, self._encoder(viewing))

    def _sight_key(self, mark: str, frame_request: FrameRequest) -> Mapping[str, Any]:
        return sight_key(
            fingerprint=mark,
            model=self.revision,
            family=asdict(self.spec.family),
            device=self.device,
            dtype=self.read_dtype,
            **frame_request.key,
        )

    def _encoder(self, viewing: Viewing) -> FrameEncoder:
        family = self.spec.family
        return FrameEncoder(
            self.loaded,
            family.image_kwargs,
            processor_kwargs=family.processor_kwargs,
            keep_places=viewing.keep_places,
            compress=viewing.compress,
        )
