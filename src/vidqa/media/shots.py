"""Where shots begin, and where keyframes are."""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.media.container import Losses, decoded, open_media, start_of, video_stream
from vidqa.media.packets import Refusal, tabulate
from vidqa.types import VideoInfo

THUMBNAIL = (32, 18)
"""Width and height in pixels at which pictures are compared."""

CUT_LEVELS = 18.0
"""A cut changes a picture by so many of 256 levels in the mean, however alike the shots are."""

CUT_RATIO = 3.0
"""And by so many times what the pictures around it change: a fast pan is no cut."""

NEIGHBOURS = 6
"""So many changes on either side say what is usual there."""

LONGEST_FLASH_S = 0.2
"""What is back after this long was never gone."""

COARSE = (3, 4)
"""Rows and columns of what is kept of every picture, to see whether it comes back."""


def find_shots(info: VideoInfo, start_s: float, end_s: float) -> tuple[float, ...]:
    """The times at which hard cuts begin a new shot, in seconds from the first frame.

    Decodes the stretch in order. Fades and dissolves, which change little from one picture to the
    next, begin no shot.
    """
    film = _Film()
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        stream.thread_type = "AUTO"
        begin_s = None
        for frame in decoded(container, stream, Losses()):
            if frame.time is None:
                continue
            begin_s = start_of(frame) if begin_s is None else begin_s
            if frame.time - begin_s >= end_s:
                break
            if frame.time - begin_s >= start_s:
                film.add(frame.time - begin_s, _thumbnail(frame))
    return film.cuts()


def key_times(info: VideoInfo) -> tuple[float, ...]:
    """The times of keyframes, in seconds from the first frame; nothing is decoded.

    Empty where the packets do not say when their pictures are shown.
    """
    table = tabulate(info)
    if isinstance(table, Refusal):
        return ()
    return tuple(((table.keys - table.pts[0]) * table.seconds).tolist())


class _Film:
    """How much every picture differs from the one before it."""

    def __init__(self) -> None:
        self._times_s = array("d")
        self._changes = array("f")
        self._coarse = array("f")
        self._before: NDArray[np.float32] | None = None

    def add(self, time_s: float, picture: NDArray[np.float32]) -> None:
        """Take the next picture, (height, width, 3)."""
        self._times_s.append(time_s)
        self._changes.append(0.0 if self._before is None else _change(self._before, picture))
        rows, columns = COARSE
        places = picture.reshape(rows, -1, columns, picture.shape[1] // columns, 3)
        self._coarse.extend(places.mean(axis=(1, 3)).ravel().tolist())
        self._before = picture

    def cuts(self) -> tuple[float, ...]:
        """When new shots begin."""
        found = [n for n in range(1, len(self._changes)) if self._stands_out(n)]
        return tuple(self._times_s[n] for n in self._without_flashes(found))

    def _stands_out(self, number: int) -> bool:
        change = self._changes[number]
        if change <= CUT_LEVELS:
            return False
        around = self._changes[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
        around.remove(change)
        return not around or change > CUT_RATIO * float(np.median(around))

    def _without_flashes(self, found: list[int]) -> list[int]:
        """Leave out two cuts between which the picture was away for a moment only."""
        kept: list[int] = []
        for number in found:
            if kept and self._is_back(kept[-1], number):
                kept.pop()
            else:
                kept.append(number)
        return kept

    def _is_back(self, away: int, back: int) -> bool:
        if self._times_s[back] - self._times_s[away] > LONGEST_FLASH_S:
            return False
        places = COARSE[0] * COARSE[1] * 3
        every = np.asarray(self._coarse).reshape(-1, places)
        return _change(every[away - 1], every[back]) < CUT_LEVELS / 2


def _thumbnail(frame: Any) -> NDArray[np.float32]:
    width, height = THUMBNAIL
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    return np.asarray(small.to_ndarray(), np.float32)


def _change(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The mean difference of two pictures, of 256 levels."""
    return float(np.abs(one - other).mean())
