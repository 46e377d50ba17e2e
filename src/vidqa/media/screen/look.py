"""Look for text in a clip: a few frames first, and at more of them where those hold some."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vidqa.errors import NotEnoughMemoryError, VideoError
from vidqa.media.fingerprint_cache import is_still, known_fingerprint
from vidqa.media.frames.alike import Alike
from vidqa.media.reader import Reader
from vidqa.media.screen.follow import Look, cues_of
from vidqa.media.screen.recognizer import SIDE, TextLine, text_recognizer
from vidqa.media.stretches import Window
from vidqa.system.cache import Cache, read_back, written
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
LIBRARIES = ("rapidocr", "onnxruntime", "av", "decord2", "pillow")


@dataclass(frozen=True, slots=True)
class OnScreen:
    """The text in a clip's pictures."""

    cues: tuple[Cue, ...] = ()
    """In order of time, in seconds from the clip's first frame."""
    warnings: tuple[str, ...] = ()


class ScreenReader:
    """Reads the text in the pictures of clips."""

    def __init__(self, reader: Reader, cache: Cache | None = None) -> None:
        self._reader, self._cache = reader, cache

    def read(self, path: Path, how: ScreenText, window: Window = (0.0, None)) -> OnScreen:
        """Read what stands in the pictures of a stretch of a clip.

        Args:
            path: the clip.
            how: `off` reads nothing.
            window: the stretch, in seconds from where players begin (see `VideoInfo.lead_s`), as
                the times of the cues will be.

        Raises:
            VideoError: its pictures cannot be read; with `auto` that is a warning.
            NotEnoughMemoryError: likewise.

        """
        if how == "off":
            return OnScreen()
        try:
            return self._cached(path, how, window)
        except (VideoError, NotEnoughMemoryError) as error:
            if how == "on":
                raise
            return OnScreen(warnings=(f"no text in the pictures was read: {error.message}",))

    def _cached(self, path: Path, how: ScreenText, window: Window) -> OnScreen:
        if self._cache is None:
            return self._look(path, how, window)
        key: dict[str, Any] = {
            "fingerprint": known_fingerprint(path),
            "how": how,
            "window": window,
            "method": METHOD,
            **{name: version(name) for name in LIBRARIES},
        }
        content = self._cache.get(KIND, key)
        if content is not None:
            try:
                return read_back(OnScreen, content)
            except ValueError:  # of another version
                pass
        found = self._look(path, how, window)
        if is_still(path, key["fingerprint"]):
            self._cache.put(KIND, key, written(found), about=path.name)
        return found

    def _look(self, path: Path, how: ScreenText, window: Window) -> OnScreen:
        info = self._reader.probe(path)
        if info.kind == "sound":
            return OnScreen()
        begin_s = max(0.0, window[0] - info.lead_s)
        end_s = info.duration_s
        if window[1] is not None:
            end_s = min(end_s, window[1] - info.lead_s)
        times_s = moments(begin_s, end_s, None if how == "on" else MOST)
        if how == "auto" and len(times_s) > FIRST:
            step = len(times_s) / FIRST
            first = [times_s[int((number + 0.5) * step)] for number in range(FIRST)]
            if not any(look.lines for look in self._looks(info, first)):
                return OnScreen()
        cues = cues_of(list(self._looks(info, times_s)), (begin_s, end_s))
        step_s = (end_s - begin_s) / len(times_s)
        shifted = tuple(_later(cue, info.lead_s) for cue in cues)
        return OnScreen(shifted, tuple(_sparse(step_s) if cues else ()))

    def _looks(self, info: VideoInfo, times_s: Sequence[float]) -> Iterator[Look]:
        """Read the text of frames; one that looks like the last one has the same."""
        scale = min(1.0, SIDE / max(info.display_width, info.height))
        size = (round(info.display_width * scale) or 1, round(info.height * scale) or 1)
        recognizer, alike = text_recognizer(), Alike(PARTS)
        lines: tuple[TextLine, ...] = ()
        with closing(self._reader.frames(info, times_s, size=size)) as frames:
            for item in frames:
                if isinstance(item, Frame):
                    if not alike.is_like_last(item.pixels):
                        lines = recognizer.lines(item.pixels)
                    yield Look(item.time_s, lines)


def moments(begin_s: float, end_s: float, most: int | None) -> list[float]:
    """Return the times to look at: the middles of equal parts of at least `EVERY_S`."""
    count = max(1, math.floor((end_s - begin_s) / EVERY_S))
    count = count if most is None else min(count, most)
    step_s = (end_s - begin_s) / count
    return [begin_s + (number + 0.5) * step_s for number in range(count)]


def _sparse(step_s: float) -> Iterator[str]:
    if step_s >= 2 * EVERY_S:
        yield (
            f"text on the screen was looked for every {step_s:.1f} s: what is shown for less may "
            "be missing; --screen-text on looks every second"
        )


def _later(cue: Cue, seconds: float) -> Cue:
    return Cue(
        round(cue.start_s + seconds, 3), round(cue.end_s + seconds, 3), cue.text, on_screen=True
    )
