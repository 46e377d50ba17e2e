"""Fetch a clip in the background: read its frames and find its words."""

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Full, Queue

from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.background import Background
from vidqa.engine.watch.early import EarlyWords
from vidqa.engine.watch.encode_frames import FrameRequest, SeenFrames
from vidqa.media.frames.alike import without_alike
from vidqa.media.frames.read import FrameReport
from vidqa.media.places import Place
from vidqa.media.reader import Reader
from vidqa.media.sampling.samplers import Moments, Sampling
from vidqa.media.stretches import Window
from vidqa.media.viewing import Viewing
from vidqa.types import Frame, Words
from vidqa.types.media_info import VideoInfo

BUFFER_BYTES = 64 << 20
"""Bytes of frames that wait for the vision tower; above that, the decoder waits."""
CANCELLED_S = 0.1
"""Seconds after which a waiting decoder notices that it was cancelled."""
POLL_S = 0.02

View = tuple[str, Viewing]
"""The name of a clip, and how it is watched."""
Item = Frame | FrameReport
"""An item of the stream of frames; the report comes last."""
Hear = Callable[[VideoInfo, Window, Background[Words]], Words]


@dataclass(frozen=True, slots=True)
class ProbedClip:
    """The facts about a clip that are known before its frames are read."""

    info: VideoInfo
    fingerprint: str
    frame_request: FrameRequest
    seen_frames: SeenFrames | None
    """The cached frames of an earlier look; if there are any, no frame is read."""
    hearing: Background[Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan:
    """The functions that fetch a clip; all are called in other threads."""

    reader: Reader
    frame_request: Callable[[VideoInfo], FrameRequest]
    mark: Callable[[Path], str]
    """Computes the fingerprint of a file's content."""
    kept: Callable[[str, FrameRequest], SeenFrames | None]
    """Finds cached frames."""
    hear: Hear
    early: EarlyWords | None = None
    """The words, where they have been looked for since before the model was loaded."""


class Fetch:
    """A clip being fetched: its frames and its words, each in a thread of its own."""

    def __init__(self, place: Place, fetch_plan: FetchPlan) -> None:
        """Start; errors are raised where the result is requested."""
        self.timer = StageTimer(None)
        """Measures the seconds of the stage speech, whether or not anyone waited for it."""
        self._place, self._plan = place, fetch_plan
        self._items: Queue[Item | None] = Queue()
        self._moments: list[Moments] = []
        self._begun: Background[ProbedClip] = Background(self._begin)
        self._reading: Background[None] = Background(self._read)

    @property
    def is_ready(self) -> bool:
        """Whether it can be used without waiting."""
        if not (self._begun.is_done and (self._reading.is_done or self._items.full())):
            return False
        return self._begun.failed or self._begun.result().hearing.is_done

    def begun(self) -> ProbedClip:
        """Wait for the facts about the file. Raises as bringing it here and probing it do."""
        self._place.need()
        return self._begun.result()

    def frames(self) -> Generator[Item]:
        """Yield the frames as they are read, the report last. Raises as reading them does."""
        while (item := self._items.get()) is not None:
            yield item
        self._reading.result()

    def moments(self) -> Moments:
        """Return the times of the frames; known once the first frame was yielded."""
        (moments,) = self._moments
        return moments

    def words(self) -> Words:
        """Wait for the words. Raises as listening does."""
        return self.begun().hearing.result()

    def cancel(self) -> None:
        """Ask it to end at its next step; do not wait for it."""
        self._begun.cancel()
        self._reading.cancel()
        if self._plan.early is not None:
            self._plan.early.cancel()
        if self._begun.is_done and not self._begun.failed:
            self._begun.result().hearing.cancel()

    def _begin(self, work: Background[ProbedClip]) -> ProbedClip:
        fetch_plan, path = self._plan, self._place.path()
        info = fetch_plan.reader.probe(path)
        frame_request = fetch_plan.frame_request(info)
        hearing = Background(partial(self._hear, info, frame_request.window))
        try:
            mark = fetch_plan.mark(path)
            begun = ProbedClip(
                info, mark, frame_request, fetch_plan.kept(mark, frame_request), hearing
            )
        except BaseException:
            hearing.cancel()
            raise
        if work.is_cancelled:
            hearing.cancel()
        return begun

    def _hear(self, info: VideoInfo, window: Window, work: Background[Words]) -> Words:
        early = self._plan.early
        if early is not None:
            words = early.words()
            self.timer.seconds["speech"] = early.seconds
            return words
        with self.timer.more("speech"):
            return self._plan.hear(info, window, work)

    def _read(self, work: Background[None]) -> None:
        """Read the frames that are not cached, as far ahead as the buffer allows."""
        try:
            try:
                begun = self._begun.result()
            except Exception:  # raised where the result is requested
                return
            if begun.seen_frames is None:
                self._pass_on(begun, work)
        finally:
            self._items.maxsize = 0  # there is room for the end even if nobody takes the rest
            self._items.put(None)

    def _pass_on(self, begun: ProbedClip, work: Background[None]) -> None:
        reader, frame_request, info = self._plan.reader, begun.frame_request, begun.info
        width, height = frame_request.size or (info.width, info.height)
        self._items.maxsize = max(1, BUFFER_BYTES // (3 * width * height))
        sampling = Sampling.parse(frame_request.sampling)
        self._moments.append(
            reader.moments(info, sampling, frame_request.window, frame_request.count)
        )
        times_s = self.moments().times_s
        frames = reader.frames(
            info, times_s, size=frame_request.size, decoder=frame_request.decoder
        )
        if frame_request.skip_alike:
            frames = without_alike(frames)
        with closing(frames):
            for item in work.while_wanted(frames):
                self._put(item, work)

    def _put(self, item: Item, work: Background[None]) -> None:
        while not work.is_cancelled:
            with suppress(Full):
                self._items.put(item, timeout=CANCELLED_S)
                return


def bring_ready_forward(coming: deque[tuple[View, Fetch]]) -> None:
    """Wait until a clip is ready, and move it to the front."""
    while True:
        for number, (_, fetch) in enumerate(coming):
            if fetch.is_ready:
                coming.rotate(-number)
                return
        time.sleep(POLL_S)
