"""Parts cut out of clips: which pictures they hold, and for how long."""

from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip, read_number, turn
from vidqa.errors import NotAVideoError, VideoError
from vidqa.media.container.cut_out import cut_out, form_of
from vidqa.media.reader import Reader

TIMES = [40 * number for number in range(150)]
"""Six seconds at 25 frames a second; every twelfth is a keyframe."""


def cut(path: Path, start_s: float, end_s: float, *, exact: bool) -> tuple[Path, float, float]:
    """Cut a part out in a worker, as the program does."""
    form = form_of(path, exact=exact)
    target = path.with_name(f"{path.stem}-part.{form}")
    part = Reader().call(path, cut_out, path, start_s, end_s, target, form, exact=exact)
    return target, part.start_s, part.end_s


def numbers(path: Path) -> list[int]:
    """The numbers of the pictures that a clip shows."""
    with av.open(str(path)) as clip:
        return [read_number(frame.to_ndarray(format="rgb24")) for frame in clip.decode(video=0)]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "webm", "avi", "ts"])
def test_without_encoding_it_begins_at_the_keyframe_before(tmp_path: Path, ending: str) -> None:
    clip = tmp_path / f"clip.{ending}"
    codec = {"webm": "libvpx-vp9", "avi": "mpeg4"}.get(ending, "libx264")
    make_clip(clip, TIMES, codec=codec, sound_s=6)
    part, start_s, end_s = cut(clip, 2.0, 4.0, exact=False)
    assert part.suffix == {"ts": ".mkv"}.get(ending, f".{ending}")
    assert start_s <= 2.0 < start_s + 0.48
    assert end_s == pytest.approx(4.0, abs=0.09)
    shown = numbers(part)
    assert shown[0] == pytest.approx(start_s * 25, abs=1.1), "AVI counts from 1"
    assert shown == list(range(shown[0], shown[-1] + 1)), "none is missing"
    assert shown[-1] in (98, 99, 100)
    assert Reader().probe(part).has_audio


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
def test_encoded_anew_it_begins_and_ends_where_it_should(tmp_path: Path, ending: str) -> None:
    clip = tmp_path / f"clip.{ending}"
    make_clip(clip, TIMES, codec="libvpx-vp9" if ending == "webm" else "libx264", sound_s=6)
    part, start_s, end_s = cut(clip, 2.1, 3.1, exact=True)
    assert part.suffix == ".mp4"
    assert (start_s, end_s) == (2.1, pytest.approx(3.1, abs=0.05))
    assert numbers(part) == list(range(53, 78))
    info = Reader().probe(part)
    assert info.has_audio
    assert info.duration_s == pytest.approx(1.0, abs=0.1)


def test_a_turned_clip_stands_upright(tmp_path: Path) -> None:
    clip = tmp_path / "turned.mp4"
    make_clip(clip, TIMES[:50])
    turn(clip)
    for exact in (False, True):
        part, *_ = cut(clip, 0.0, 1.0, exact=exact)
        before, after = Reader().probe(clip), Reader().probe(part)
        assert (after.width, after.height) == (before.width, before.height)


def test_sound_alone_is_cut(tmp_path: Path) -> None:
    clip = tmp_path / "sound.m4a"
    with av.open(str(clip), "w") as out:
        stream = out.add_stream("aac", rate=16_000, layout="mono")
        tone = (np.sin(np.arange(16_000 * 6) / 20) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    for exact in (False, True):
        part, start_s, end_s = cut(clip, 2.0, 4.0, exact=exact)
        assert (start_s, end_s) == (pytest.approx(2.0, abs=0.1), pytest.approx(4.0, abs=0.1))
        assert Reader().probe(part).duration_s == pytest.approx(2.0, abs=0.2)


def test_what_cannot_be_cut_is_said(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, TIMES[:25])
    with pytest.raises(NotAVideoError, match="nothing is there"):
        cut(clip, 5.0, 6.0, exact=True)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:200])
    with pytest.raises(VideoError):
        cut(broken, 0.0, 1.0, exact=False)
