"""The right picture at the right time, proved by the number written in each picture."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from clips import (
    Pipe,
    damage,
    decode_all,
    encode_pictures,
    hide_last_keyframe,
    make_clip,
    picture_stream,
    read_number,
    turn,
)
from vidqa.errors import NotAVideoError, UsageError
from vidqa.media.container import open_media as container
from vidqa.media.container.probe import probe
from vidqa.media.frames import sequential
from vidqa.media.frames.read import FrameSet, collect, read_frames
from vidqa.media.sampling.strategies import uniform
from vidqa.types.values import Decoder

EVEN = tuple(range(0, 3000, 40))
UNEVEN = tuple(np.cumsum([0] + [20 + n * 37 % 90 for n in range(60)]).tolist())
NO_CUTS = {"sc_threshold": "0"}
B_FRAMES = {"bf": "3", "b-adapt": "0", "b-pyramid": "normal"}


KINDS: dict[str, tuple[str, Sequence[int], bool, dict]] = {
    # file name, times of the pictures, whether decord is trusted, how it is made
    "constant rate": ("a.mp4", EVEN, True, {"sound_s": 3.0}),
    "variable rate": ("a.mp4", UNEVEN, True, {"options": NO_CUTS}),
    "keyframes too close to tell": ("a.mp4", UNEVEN, False, {}),
    "B-frames": ("a.mp4", EVEN, True, {"options": B_FRAMES, "key_every": 30}),
    "B-frames at a variable rate": ("a.mp4", UNEVEN, True, {"options": B_FRAMES | NO_CUTS}),
    "matroska": ("a.mkv", EVEN, True, {"options": B_FRAMES}),
    "quicktime": ("a.mov", EVEN, True, {}),
    "one frame": ("a.mp4", (0,), True, {}),
    "av1": ("a.mp4", EVEN[:30], True, {"codec": "libsvtav1", "options": {"preset": "12"}}),
    "late start": ("a.mkv", [time + 700 for time in EVEN], True, {}),
    "open groups": (
        "a.mp4",
        EVEN,
        False,
        {"options": B_FRAMES | {"x264-params": "open-gop=1:keyint=12:scenecut=0"}},
    ),
    "hevc": (
        "a.mp4",
        EVEN,
        False,
        {"codec": "libx265", "options": {"x265-params": "log-level=0"}},
    ),
    "vp9, odd size": ("a.webm", EVEN, False, {"codec": "libvpx-vp9", "size": (161, 97)}),
    "vp8 with hidden pictures": (
        "a.webm",
        EVEN,
        False,
        {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    ),
    "mpeg-4 in avi": ("a.avi", EVEN, False, {"codec": "mpeg4", "options": {"bf": "2"}}),
    "mpeg transport stream": ("a.ts", EVEN, False, {"options": B_FRAMES}),
    "hevc, 10 bit": (
        "a.mov",
        EVEN,
        False,
        {
            "codec": "libx265",
            "pix_fmt": "yuv420p10le",
            "options": {"x265-params": "log-level=0:bframes=3"},
        },
    ),
    "gif": ("a.gif", EVEN, False, {"codec": "gif", "pix_fmt": "rgb8"}),
    "mpeg program stream": (
        "a.mpg",
        EVEN,
        False,
        {"codec": "mpeg2video", "container": "mpeg", "options": {"bf": "2"}},
    ),
    "pixels twice as wide as high": ("a.mp4", EVEN, True, {"options": {"x264-params": "sar=2/1"}}),
    "an edit list that starts late": (
        "a.mp4",
        [t + 700 for t in EVEN],
        True,
        {"options": B_FRAMES},
    ),
    "a header of 1000 frames a second": ("a.mkv", EVEN, True, {"rate": 1000}),
    "4:4:4": ("a.mp4", EVEN, False, {"pix_fmt": "yuv444p"}),
}


IN_ORDER = {
    "open groups",
    "mpeg-4 in avi",
    "mpeg transport stream",
    "mpeg program stream",
    "gif",
}
"""Kinds in which frames cannot be found by searching; H.264 with open groups does not say what a
decoder may start from."""


def read(path: Path, times_s: Sequence[float], **how) -> FrameSet:
    return collect(read_frames(probe(path), times_s, **how))


def check(
    path: Path, times_ms: Sequence[int], asked_s: Sequence[float], *, decoder: Decoder = "auto"
) -> FrameSet:
    """The numbers and times of what is read, against what was drawn and against a full decode."""
    got = read(path, asked_s, decoder=decoder)
    shown_s = [(time - times_ms[0]) / 1000 for time in times_ms]
    wanted = sorted({max(0, bisect_right(shown_s, time_s + 1e-6) - 1) for time_s in asked_s})
    assert [read_number(frame.pixels) for frame in got.frames] == wanted
    truth = decode_all(path)
    for number, frame in zip(wanted, got.frames, strict=True):
        assert frame.time_s == pytest.approx(shown_s[number], abs=0.002)
        assert frame.time_s == pytest.approx(truth[number][0], abs=1e-5)
        assert frame.pixels.dtype == np.uint8
        difference = np.abs(frame.pixels.astype(int) - truth[number][1])
        assert difference.max() <= (2 if decoder == "decord" else 0)
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_each_time_gets_the_frame_shown_then(tmp_path: Path, kind: str):
    name, times_ms, _, how = KINDS[kind]
    make_clip(tmp_path / name, times_ms, **how)
    end_s = (times_ms[-1] - times_ms[0]) / 1000
    got = check(tmp_path / name, times_ms, uniform(0, end_s + 0.04, 13))
    assert (got.report.decoder, got.report.warnings) == ("pyav", ())
    assert got.report.reason.startswith("in order") == (kind in IN_ORDER), got.report


@pytest.mark.parametrize("kind", KINDS)
def test_decord_gives_the_same_frames_or_is_refused(tmp_path: Path, kind: str):
    name, times_ms, is_trusted, how = KINDS[kind]
    make_clip(tmp_path / name, times_ms, **how)
    times_s = uniform(0, (times_ms[-1] - times_ms[0]) / 1000 + 0.04, 13)
    if is_trusted:
        got = check(tmp_path / name, times_ms, times_s, decoder="decord")
        assert got.report.decoder == "decord"
    else:
        with pytest.raises(UsageError, match="decord cannot be trusted"):
            read(tmp_path / name, times_s, decoder="decord")


def test_an_unknown_decoder_is_refused(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", EVEN[:2])
    with pytest.raises(UsageError, match="no decoder is called 'opencv'"):
        read(tmp_path / "a.mp4", [0], decoder="opencv")


@pytest.mark.parametrize("decoder", ["pyav", "decord"])
def test_pictures_come_at_the_size_asked_for_as_pillow_would_make_them(tmp_path: Path, decoder):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN[:30], size=(1280, 720))
    whole = read(path, [0.1, 0.9], decoder=decoder)
    small = read(path, [0.1, 0.9], decoder=decoder, size=(64, 48))
    for large, frame in zip(whole.frames, small.frames, strict=True):
        wanted = np.asarray(
            Image.fromarray(large.pixels).resize((64, 48), Image.Resampling.BICUBIC)
        )
        difference = np.abs(frame.pixels.astype(int) - wanted)
        assert frame.pixels.flags.writeable
        assert difference.mean() <= 1
        assert difference.max() <= 16


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_every_single_frame_can_be_asked_for_in_any_order(tmp_path: Path, name: str):
    make_clip(tmp_path / name, EVEN, options=B_FRAMES)
    asked = [time / 1000 for time in EVEN]
    got = check(tmp_path / name, EVEN, [*reversed(asked), *asked])
    assert len(got.frames) == len(EVEN)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_times_outside_the_clip_give_its_first_and_last_frame(tmp_path: Path, name: str):
    codec = "libx264" if name == "a.mp4" else "mpeg4"
    make_clip(tmp_path / name, EVEN, codec=codec)
    got = read(tmp_path / name, [-5, 0.01, 3.5])
    assert [read_number(frame.pixels) for frame in got.frames] == [0, len(EVEN) - 1]


def test_no_times_are_refused(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", EVEN[:2])
    with pytest.raises(ValueError, match="at least one"):
        read(tmp_path / "a.mp4", [])


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_pictures_are_upright(tmp_path: Path, codec: str):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN, codec=codec)
    turn(path)
    info = probe(path)
    for frame in read(path, [0.5, 2.0]).frames:
        assert frame.pixels.shape == (info.height, info.width, 3) == (160, 96, 3)
        turned_back = np.rot90(frame.pixels, 1)
        assert read_number(turned_back) == frame.time_s * 25
        assert turned_back[-8, -8, 0] > 200 > 100 > turned_back[-8, -8, 2]


def test_files_put_one_behind_the_other_give_every_moment_one_frame(tmp_path: Path):
    path = tmp_path / "a.ts"
    make_clip(path, EVEN)
    path.write_bytes(path.read_bytes() * 2)
    got = read(path, uniform(0, 3, 40))
    assert [read_number(frame.pixels) for frame in got.frames] == sorted(
        {read_number(frame.pixels) for frame in got.frames}
    )
    assert len(got.frames) <= 40
    assert any("go back" in warning for warning in got.report.warnings)


def test_a_cut_before_a_keyframe_that_others_lean_on_counts_from_the_first_picture_shown(
    tmp_path: Path,
):
    whole, path = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    x265 = "log-level=0:open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0"
    make_clip(whole, EVEN, codec="libx265", options={"x265-params": x265})
    with av.open(str(whole)) as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        keys = 0
        for packet in source.demux(source.streams.video[0]):
            keys += packet.is_keyframe
            if keys > 1 and packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    truth = decode_all(path)
    got = read(path, uniform(0, 2, 9))
    for frame in got.frames:
        shown = [pixels for time_s, pixels in truth if time_s <= frame.time_s + 1e-5][-1]
        assert np.array_equal(frame.pixels, shown)
    assert "cut off before" in got.report.reason


def test_what_the_decoder_keeps_back_in_a_group_is_read_in_order(tmp_path: Path):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN, options={"x264-params": "intra-refresh=1:keyint=25:bframes=0"})
    asked = [time / 1000 for time in EVEN]
    got = read(path, asked)
    shown = [round(time_s, 3) for time_s, _ in decode_all(path)]
    assert [round(frame.time_s, 3) for frame in got.frames] == shown


def test_a_live_recording_without_a_duration(tmp_path: Path):
    pipe, path = Pipe(), tmp_path / "live.webm"
    make_clip(pipe, EVEN, codec="libvpx-vp9", container="webm")
    path.write_bytes(pipe.content)
    check(path, EVEN, uniform(0, probe(path).duration_s, 8))


def test_of_two_video_streams_the_one_shown_is_read(tmp_path: Path):
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as out:
        small, large = picture_stream(out), picture_stream(out, size=(320, 192))
        small.disposition, large.disposition = 0, Disposition.default
        encode_pictures(out, small, EVEN, first=100)
        encode_pictures(out, large, EVEN)
    check(path, EVEN, uniform(0, 3, 8))


def test_a_table_of_keyframes_that_disagrees_is_not_trusted(tmp_path: Path):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN)
    hide_last_keyframe(path)
    check(path, EVEN, uniform(0, 3, 8))
    with pytest.raises(UsageError, match="keyframes"):
        read(path, [0], decoder="decord")


def test_where_the_pictures_end_before_the_clip_does_is_said(tmp_path: Path):
    path = tmp_path / "a.avi"
    make_clip(path, EVEN, codec="mpeg4")
    got = read(path, [1, 30])
    assert len(got.frames) == 2
    assert got.report.warnings == ("there is no new picture after 3.0 s",)


@pytest.mark.parametrize("times", [uniform(0, 3, 6)])
def test_damaged_pictures_are_skipped_said_and_the_same_each_time(tmp_path: Path, times):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN)
    damage(path, 0.4, 0.5)
    once, again = (read(path, times) for _ in range(2))
    assert once.report.warnings
    assert read_number(once.frames[0].pixels) == 6
    assert read_number(once.frames[-1].pixels) == 68
    for one, other in zip(once.frames, again.frames, strict=True):
        assert (one.time_s, one.pixels.tobytes()) == (other.time_s, other.pixels.tobytes())


def test_a_file_that_was_cut_off_is_read_to_its_very_end(tmp_path: Path):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN, options=B_FRAMES, flags="+faststart")
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])
    got = read(path, [time / 1000 for time in EVEN])
    numbers = [read_number(frame.pixels) for frame in got.frames]
    assert numbers == [round(time * 25) for time, _ in decode_all(path)]
    assert 30 < len(numbers) < len(EVEN)
    assert any("damaged" in warning for warning in got.report.warnings)


def test_pictures_inside_the_decoder_at_a_sudden_end_are_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(container_, losses, *streams):
        yield from islice(container_.demux(*streams), 20)
        losses.cut_off = True

    make_clip(tmp_path / "a.ts", EVEN, options=B_FRAMES)
    info = probe(tmp_path / "a.ts")
    monkeypatch.setattr(container, "readable_packets", broken)
    got = collect(read_frames(info, [time / 1000 for time in EVEN]))
    assert len(got.frames) == 20
    for frame in got.frames:
        assert frame.time_s == pytest.approx(read_number(frame.pixels) / 25, abs=1e-3)
    assert "the file cannot be read to its end" in got.report.warnings


def test_nothing_but_damage_is_not_a_video(tmp_path: Path):
    path = tmp_path / "a.mp4"
    make_clip(path, EVEN)
    damage(path, 0.0, 1.0)
    with pytest.raises(NotAVideoError, match="damaged"):
        probe(path)


@pytest.mark.parametrize("count", [5, 40])
def test_no_more_frames_are_held_than_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
):
    held: list[int] = []
    keep: Callable = sequential._Slots.is_done_with

    def counted(slots, frame):
        done = keep(slots, frame)
        held.append(len(slots._held))
        return done

    monkeypatch.setattr(sequential._Slots, "is_done_with", counted)
    make_clip(tmp_path / "a.ts", EVEN)
    got = read(tmp_path / "a.ts", uniform(0, 3, count))
    assert len(got.frames) == count
    assert max(held) == min(count, sequential.REORDERED_FRAMES)
    assert len(held) > 60
