"""Read frames by number with decord: fast, and only right where the packet table is trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vidqa.media.packets import PacketTable, Refusal
from vidqa.types import Frame, VideoInfo

CLOCK_TOLERANCE_S = 0.002
"""decord keeps times as 32-bit floats, which are this coarse after some hours."""


def read_by_number(
    info: VideoInfo, table: PacketTable, times_s: Sequence[float]
) -> tuple[Frame, ...] | Refusal:
    """The frames shown at the given times, each found by its place in the packet table.

    Args:
        info: the clip, as probed.
        table: its pictures' times, trusted.
        times_s: increasing, in seconds from the first frame.

    """
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    numbers = np.unique(np.searchsorted(table.times_s, times_s, side="right") - 1).tolist()
    try:
        reader = decord.VideoReader(str(info.path.absolute()), ctx=decord.cpu(0))
        refusal = _compare(reader, info, table)
        if refusal is not None:
            return refusal
        return tuple(Frame(float(table.times_s[n]), reader[n].asnumpy()) for n in numbers)
    except (decord.DECORDError, RuntimeError, ValueError) as error:
        return Refusal(f"decord gave up ({type(error).__name__})")


def _compare(reader: Any, info: VideoInfo, table: PacketTable) -> Refusal | None:
    """Whether decord sees the same clip. Reads frame 0 first, which some codecs need."""
    shape = reader[0].shape
    if tuple(shape) != (info.height, info.width, 3):
        return Refusal(f"decord's pictures have another shape: {tuple(shape)}")
    if len(reader) != len(table.times_s):
        return Refusal(f"decord counts {len(reader)} pictures, not {len(table.times_s)}")
    begins = reader.get_frame_timestamp(range(len(reader)))[:, 0]
    if np.abs(begins - table.times_s).max() > CLOCK_TOLERANCE_S:
        return Refusal("decord's times differ")
    return None
