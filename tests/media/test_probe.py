import os
import pickle
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition
from PIL import Image

from clips import (
    Pipe,
    encode_pictures,
    encode_tone,
    make_clip,
    numbered_picture,
    picture_stream,
    tone_stream,
    turn,
)
from vidqa.errors import ClipNotFoundError, NotAVideoError
from vidqa.media.container.probe import clean_rotation, probe
from vidqa.types.media_info import AudioTrack, OtherPictures, SubtitleTrack

TWO_SECONDS = range(0, 2000, 40)


def test_a_plain_clip(tmp_path: Path):
    make_clip(tmp_path / "clip.mp4", TWO_SECONDS, sound_s=2)
    info = probe(tmp_path / "clip.mp4")
    assert (info.width, info.height, info.codec, info.rotation_deg) == (160, 96, "h264", 0)
    assert info.has_audio
    assert info.duration_s == pytest.approx(2, abs=0.1)
    assert "mp4" in info.container


def test_what_a_plain_clip_states(tmp_path: Path):
    path = tmp_path / "clip.mp4"
    make_clip(path, TWO_SECONDS, sound_s=2)
    info = probe(path)
    assert (info.stated_frames, info.frame_rate) == (50, 25)
    assert (info.pixel_aspect, info.display_width) == (None, 160)
    assert (info.bit_depth, info.transfer, info.is_hdr) == (8, "unstated", False)
    assert (info.start_s, info.size_bytes) == (0, path.stat().st_size)
    assert info.audio == (AudioTrack("aac", "", 1, 44100, is_default=True, is_readable=True),)
    assert info.subtitles == info.others == info.chapters == ()
    assert pickle.loads(pickle.dumps(info)) == info


def test_what_is_not_stated_is_none(tmp_path: Path):
    pipe, path = Pipe(), tmp_path / "live.mkv"
    make_clip(pipe, [0, 7, 100, 350, 351, 900], container="matroska", rate=1000)
    path.write_bytes(pipe.content)
    with av.open(str(path)) as opened:
        assert opened.streams.video[0].average_rate == 1000  # the clock's step, no frame rate
    info = probe(path)
    assert (info.stated_frames, info.frame_rate) == (None, None)
    assert info.time_base == Fraction(1, 1000)


@pytest.mark.parametrize("turned", [False, True])
def test_pixels_that_are_not_square(tmp_path: Path, turned: bool):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = picture_stream(out)
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        encode_pictures(out, stream, TWO_SECONDS)
    if turned:
        turn(path)
    info = probe(path)
    assert (info.width, info.height) == ((96, 160) if turned else (160, 96))
    assert info.pixel_aspect == (Fraction(2, 3) if turned else Fraction(3, 2))
    assert info.display_width == (64 if turned else 240)


@pytest.mark.parametrize(
    ("number", "name", "is_hdr"), [(16, "pq", True), (18, "hlg", True), (1, "sdr", False)]
)
def test_high_dynamic_range(tmp_path: Path, number: int, name: str, is_hdr: bool):
    path = tmp_path / "clip.mkv"
    options = {
        "x264-params": f"transfer={({16: 'smpte2084', 18: 'arib-std-b67', 1: 'bt709'})[number]}"
    }
    make_clip(path, TWO_SECONDS, pix_fmt="yuv420p10le", options=options)
    info = probe(path)
    assert (info.bit_depth, info.transfer, info.is_hdr) == (10, name, is_hdr)


def test_every_track_is_listed(tmp_path: Path):
    path, milli = tmp_path / "all.mp4", Fraction(1, 1000)
    first = {"id": 1, "start": 0, "end": 1000, "time_base": milli, "metadata": {"title": "Début"}}
    second = {"id": 2, "start": 1000, "end": 2000, "time_base": milli, "metadata": {"title": "Fin"}}
    with av.open(str(path), "w") as out:
        video = picture_stream(out)
        cover = picture_stream(out, "mjpeg", pix_fmt="yuvj420p", size=(32, 48))
        cover.disposition = Disposition.attached_pic
        tones = [tone_stream(out), tone_stream(out)]
        tones[0].disposition, tones[1].disposition = 0, Disposition.default
        tones[1].metadata["language"] = "fra"
        out.set_chapters([first, second])
        encode_pictures(out, video, TWO_SECONDS)
        encode_pictures(out, cover, [0])
        for tone in tones:
            encode_tone(out, tone, 0, 2)
    info = probe(path)
    assert info.codec == "h264"
    assert info.others == (OtherPictures("mjpeg", 32, 48, is_cover=True),)
    assert [(track.language, track.is_default) for track in info.audio] == [
        ("", False),
        ("fra", True),
    ]
    assert [(one.start_s, one.end_s, one.title) for one in info.chapters] == [
        (0, 1, "Début"),
        (1, 2, "Fin"),
    ]


@pytest.mark.parametrize(("codec", "is_text"), [("subrip", True), ("dvd_subtitle", False)])
def test_subtitle_tracks_are_listed(tmp_path: Path, codec: str, is_text: bool):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        video = picture_stream(out)
        track = out.add_mux_stream(codec)
        track.metadata["language"], track.time_base = "eng", Fraction(1, 1000)
        track.disposition = Disposition.forced
        encode_pictures(out, video, TWO_SECONDS)
    assert probe(path).subtitles == (
        SubtitleTrack(codec, "eng", is_text=is_text, is_default=False, is_forced=True),
    )


def test_a_turned_clip_is_measured_upright(tmp_path: Path):
    make_clip(tmp_path / "clip.mp4", TWO_SECONDS)
    turn(tmp_path / "clip.mp4")
    info = probe(tmp_path / "clip.mp4")
    assert (info.width, info.height, info.rotation_deg) == (96, 160, 270)
    assert not info.has_audio


@pytest.mark.parametrize("container", ["webm", "matroska"])
def test_a_live_recording_says_no_duration_so_it_is_measured(tmp_path: Path, container: str):
    pipe, path = Pipe(), tmp_path / "live.webm"
    codec = "libvpx-vp9" if container == "webm" else "libx264"
    make_clip(pipe, TWO_SECONDS, codec=codec, container=container)
    path.write_bytes(pipe.content)
    with av.open(str(path)) as opened:
        assert not opened.duration
    assert probe(path).duration_s == pytest.approx(2, abs=0.05)


def test_an_absurd_duration_is_measured(tmp_path: Path):
    path = tmp_path / "clip.mp4"
    make_clip(path, TWO_SECONDS)
    content = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        place = content.index(box) + offset
        content[place : place + 4] = b"\x7f\xff\xff\xff"
    content = content.replace(b"edts", b"free")
    path.write_bytes(content)
    assert probe(path).duration_s == pytest.approx(2, abs=0.05)


def test_the_clip_begins_with_its_first_picture(tmp_path: Path):
    path = tmp_path / "late.mkv"
    make_clip(path, [time + 500 for time in TWO_SECONDS])
    assert probe(path).duration_s == pytest.approx(2, abs=0.1)


def test_of_two_video_streams_the_one_shown_counts(tmp_path: Path):
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as out:
        streams = [picture_stream(out), picture_stream(out, size=(320, 192))]
        streams[0].disposition, streams[1].disposition = 0, Disposition.default
        for stream in streams:
            encode_pictures(out, stream, TWO_SECONDS)
    assert probe(path).width == 320


def test_a_colon_in_the_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("http:clip.mp4", 'it\'s "5" é\n[red]x %03d.mp4', os.fsdecode(b"\xff.mp4")):
        make_clip(tmp_path / "clip.mp4", TWO_SECONDS)
        Path("clip.mp4").rename(name)
        assert probe(Path(name)).width == 160


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"Dear diary,\ntoday I filmed a cat.\n" * 40, "text"),
        ("page.mp4", "<!doctype html><p>Zugriff verweigert, nö</p>".encode() * 60, "text file"),
        ("noise.mp4", bytes(n * n % 251 for n in range(5000)), "no known format"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nclip.ts\n", "text"),
        ("half.mp4", b"\x00\x00\x00\x20ftypisom" + bytes(900), "cut off"),
    ],
)
def test_what_is_no_video_is_said_to_be_what_it_is(
    tmp_path: Path, name: str, content: bytes, reason: str
):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAVideoError, match=reason) as caught:
        probe(tmp_path / name)
    assert name in caught.value.message


def test_a_missing_file(tmp_path: Path):
    for name in ("no such.mp4", "x" * 300, "nul\0.mp4", "text.mp4/clip.mp4"):
        (tmp_path / "text.mp4").write_text("x")
        with pytest.raises(ClipNotFoundError, match="there is no file"):
            probe(tmp_path / name)


def test_a_directory_and_a_pipe(tmp_path: Path):
    with pytest.raises(NotAVideoError, match="is a directory") as caught:
        probe(tmp_path)
    assert caught.value.hint
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(NotAVideoError, match="a pipe"):
        probe(tmp_path / "pipe.mp4")


def test_a_picture_is_known_by_its_content(tmp_path: Path):
    Image.fromarray(numbered_picture(1)).save(tmp_path / "picture.mp4", format="png")
    assert probe(tmp_path / "picture.mp4").kind == "picture"


def test_sound_without_pictures(tmp_path: Path):
    with av.open(str(tmp_path / "song.mp4"), "w") as out:
        encode_tone(out, tone_stream(out), 0, 1)
    info = probe(tmp_path / "song.mp4")
    assert (info.kind, len(info.audio)) == ("sound", 1)


def test_a_cover_picture_is_no_video(tmp_path: Path):
    path = tmp_path / "song.mkv"
    with av.open(str(path), "w") as out:
        tone = tone_stream(out)
        Image.fromarray(numbered_picture(1)).save(tmp_path / "cover.png")
        out.add_attachment("cover.png", "image/png", (tmp_path / "cover.png").read_bytes())
        encode_tone(out, tone, 0, 1)
    assert probe(path).kind == "sound"


def test_messages_cannot_write_to_the_terminal(tmp_path: Path):
    with pytest.raises(ClipNotFoundError) as caught:
        probe(tmp_path / "a\x1b[31m\nb\u202e.mp4")
    assert caught.value.message.isprintable()
    assert (caught.value.hint or "").isprintable()


@pytest.mark.parametrize(
    ("said", "meant"),
    [(0, 0), (90, 90), (-90, 270), (180, 180), (-180, 180), (89, 90), (-2147483648, 0), (360, 0)],
)
def test_rotation_is_quarter_turns(said: int, meant: int):
    assert clean_rotation(said) == meant
