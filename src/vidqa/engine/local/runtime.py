"""A model that is loaded, and how it sees clips."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from typing import Any

from vidqa.engine.local.memory import Memory
from vidqa.engine.local.saved import keep_sight, kept_sight
from vidqa.engine.speech import StoredVoices
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.encode_frames import FrameRequest, SeenFrames, look
from vidqa.engine.watch.fetch import Fetch, ProbedClip
from vidqa.engine.watch.sight_key import sight_key
from vidqa.engine.watcher import Watcher
from vidqa.errors import VidqaError
from vidqa.media.fingerprint_cache import is_still
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import choose_sampling
from vidqa.media.speech.recognizer import Recognizer
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.models.spec import ModelSpec
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.loaded import Loaded
from vidqa.system.cache import Cache
from vidqa.system.number_formats import read_in
from vidqa.types import Maker
from vidqa.types.media_info import VideoInfo


class Runtime(Watcher):
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
        super().__init__(
            spec,
            maker=Maker(spec.name, revision, device, memory.plan.dtype),
            word_finder=WordFinder(
                reader, recognizer, missing=missing, cache=cache, voices=StoredVoices()
            ),
            cache=cache,
        )
        self.loaded = loaded
        self.memory = memory
        self.timings_s = {"load": load_s}

    @property
    def read_dtype(self) -> str:
        """The number format of what is kept of frames and prompts."""
        return read_in(self.dtype)

    def errors(self) -> AbstractContextManager[None]:
        """Report plainly that memory ran out. See `Memory.errors`."""
        return self.memory.errors(self.name)

    def most_frames(self, viewing: Viewing) -> int:
        """Return how many frames are looked at; no more than what was reduced to fit the memory."""
        sampling = choose_sampling(viewing.recipe_for(self.spec), viewing.sampling)
        count = sampling.most(viewing.frames, self.spec.frames)
        return min(count, self.memory.plan.frames) if self.memory.warnings else count

    def frame_size(self, info: VideoInfo) -> tuple[int, int] | None:
        """Return the size that the model's processor makes of every frame."""
        return self.loaded.picture_size

    def look(
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

    def seen_before(
        self, viewing: Viewing, mark: str, frame_request: FrameRequest
    ) -> SeenFrames | None:
        """Return what was cached of an earlier look, unless it must be looked at again."""
        if self.cache is None or viewing.keep_places:
            return None
        with self.errors():
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
