"""Look for text in a clip: a few frames first, and at more of them where those hold some."""

import math
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from vidqa.errors import NotEnoughMemoryError, UsageError, VideoError
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.frames.alike import Alike
from vidqa.media.reader import Reader
from vidqa.media.screen.follow import Look, cues_of
from vidqa.media.screen.recognizer import SIDE, TextLine, text_recognizer
from vidqa.media.stretches import Window
from vidqa.system.cache import Cache, written
from vidqa.types import Cue, Frame, ScreenText
from vidqa.types.media_info import VideoInfo

EVERY_S = 1.0
"""Seconds from one look to the next, at least: a caption is shown for longer."""
FIRST = 8
"""Frames that `auto` looks at before it decides."""
MOST = 64
"""Frames that `auto` looks at."""
PARTS = 48
"""Parts of a frame along each side; if none of them changes, it is not read again."""

KIND = "screen"
METHOD = 1
"""Version of the method; grows when the same pictures give other text."""
LIBRARIES = ("rapidocr", "opencv-python-headless", "onnxruntime", "av", "decord2", "pillow")


@dataclass(frozen=True, slots=True)
class OnScreen:
    """The text in a clip's pictures."""

    cues: tuple[Cue, ...] = ()
    """In order of time, in seconds from where players begin."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a clip has been looked at."""

    until_s: float
    """In seconds from where players begin."""


Looking = Generator[Looked, None, OnScreen]


class ScreenReader:
    """Reads the text in the pictures of clips."""

    def __init__(self, reader: Reader, cache: Cache | None = None) -> None:
        self._reader, self._cache = reader, cache

    def read(self, path: Path, how: ScreenText, window: Window = (0.0, None)) -> OnScreen:
        """Read what stands in the pictures of a stretch of a clip, at once. Raises as `stream`."""
        looking = self.stream(path, how, window)
        while True:
            try:
                next(looking)
            except StopIteration as end:
                found: OnScreen = end.value
                return found

    def stream(self, path: Path, how: ScreenText, window: Window = (0.0, None)) -> Looking:
        """Yield how far a stretch of a clip has been looked at; return what stands in its pictures.

        Args:
            path: the clip.
            how: `off` reads nothing.
            window: the stretch, in seconds from where players begin (see `VideoInfo.lead_s`), as
                the times of the cues will be.

        Raises:
            VideoError: its pictures cannot be read; with `auto` that is a warning.
            UsageError: rapidocr does not load; likewise.
            NotEnoughMemoryError: likewise.

        """
        if how == "off":
            return OnScreen()
        try:
            return (yield from self._cached(path, how, window))
        except (VideoError, NotEnoughMemoryError, UsageError) as error:
            if how == "on":
                raise
            return OnScreen(warnings=(f"no text in the pictures was read: {error.message}",))

    def _cached(self, path: Path, how: ScreenText, window: Window) -> Looking:
        info = self._reader.probe(path)
        span = _among_frames(window, info)
        if info.kind == "sound" or span[1] <= span[0]:
            return OnScreen()
        if self._cache is None:
            return (yield from self._look(info, how, span))
        key: dict[str, Any] = {
            "fingerprint": known_fingerprint(path),
            "how": how,
            "span": span,
            "method": METHOD,
            **{name: _version(name) for name in LIBRARIES},
        }
        known = self._cache.recall(KIND, key, OnScreen)
        if known is not None:
            return known
        found = yield from self._look(info, how, span)
        if is_still(path, key["fingerprint"]):
            self._cache.put(KIND, key, written(found), about=path.name)
        return found

    def _look(self, info: VideoInfo, how: ScreenText, span: tuple[float, float]) -> Looking:
        times_s = moments(*span, None if how == "on" else MOST)
        if how == "auto" and len(times_s) > FIRST:
            step = len(times_s) / FIRST
            first = [times_s[int((number + 0.5) * step)] for number in range(FIRST)]
            with closing(self._looks(info, first)) as looks:
                if not any(look.lines for look in looks):
                    return OnScreen()
        every = list[Look]()
        for look in self._looks(info, times_s):
            every.append(look)
            yield Looked(look.time_s + info.lead_s)
        cues = tuple(_later(cue, info.lead_s) for cue in cues_of(every, span))
        step_s = (span[1] - span[0]) / len(times_s)
        return OnScreen(cues, tuple(_sparse(step_s) if cues else ()))

    def _looks(self, info: VideoInfo, times_s: Sequence[float]) -> Generator[Look]:
        """Yield the text at each time: that of the last frame that begins at it or before.

        A frame that looks like the last one that was read is not read again.
        """
        scale = min(1.0, SIDE / max(info.display_width, info.height))
        size = (round(info.display_width * scale) or 1, round(info.height * scale) or 1)
        alike, left = Alike(PARTS), deque(times_s)
        lines: tuple[TextLine, ...] = ()
        with closing(self._reader.frames(info, times_s, size=size)) as frames:
            for item in islice(frames, len(times_s)):  # one a time at most, then the report
                if not isinstance(item, Frame):
                    continue
                while left and left[0] < item.time_s:
                    yield Look(left.popleft(), lines)
                if not alike.is_like_last(item.pixels):
                    lines = text_recognizer().lines(item.pixels)
        for time_s in left:
            yield Look(time_s, lines)


def moments(begin_s: float, end_s: float, most: int | None) -> list[float]:
    """Return the times to look at: the middles of equal parts of at least `EVERY_S`."""
    count = max(1, math.floor((end_s - begin_s) / EVERY_S))
    count = count if most is None else min(count, most)
    step_s = (end_s - begin_s) / count
    return [begin_s + (number + 0.5) * step_s for number in range(count)]


def _among_frames(window: Window, info: VideoInfo) -> tuple[float, float]:
    """Return start and end in seconds from the first frame."""
    begin_s, end_s = window
    end_s = info.duration_s if end_s is None else min(info.duration_s, end_s - info.lead_s)
    return max(0.0, begin_s - info.lead_s), end_s


def _version(library: str) -> str | None:
    try:
        return version(library)
    except ImportError:  # what needs it will say so
        return None


def _sparse(step_s: float) -> Iterator[str]:
    if step_s >= 2 * EVERY_S:
        yield (
            f"text on the screen was looked for every {step_s:.1f} s: what is shown for less may "
            "be missing; --screen-text on looks every second"
        )


def _later(cue: Cue, seconds: float) -> Cue:
    return replace(
        cue, start_s=round(cue.start_s + seconds, 3), end_s=round(cue.end_s + seconds, 3)
    )
