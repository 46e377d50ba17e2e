"""Files as people have them; each case gave a wrong result once."""

import io
import struct
import time
from pathlib import Path

import av
import numpy as np
import pytest
from odd import RATE, Odd, Sound, Text, tone, write_encrypted, write_raw
from PIL import Image

from vidqa.errors import NotAVideoError, NoVideoStreamError, UsageError
from vidqa.media.container.probe import probe
from vidqa.media.frames.read import collect, read_frames
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.sampling.select import find_moments
from vidqa.media.speech.audio import audio_blocks, probe_sound
from vidqa.media.words.text_track import read_tracks, with_cues
from vidqa.media.worker import heartbeat as pulse
from vidqa.types import Cue
from vidqa.types.media_info import NO_PICTURES


def heard(path: Path, **how: str) -> np.ndarray:
    blocks = list(audio_blocks(path, **how))
    return np.concatenate([block.samples for block in blocks]).astype(np.float64) / 32768


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.square(samples).mean()))


def pitch(samples: np.ndarray) -> int:
    spectrum = np.abs(np.fft.rfft(samples))
    return round(float(np.argmax(spectrum)) * RATE / len(samples))


@pytest.mark.parametrize("weaker", [1.0, 0.95])
def test_channels_that_cancel_each_other_out_are_heard(tmp_path: Path, weaker: float):
    left = tone(1.0)
    clip = Odd(sounds=[Sound(np.stack([left, -weaker * left]))]).write(tmp_path / "a.mkv")
    assert level(heard(clip)) == pytest.approx(level(left), rel=0.1)


def test_channels_cancel_in_a_part_of_a_sound_only(tmp_path: Path):
    first, then = tone(1.0), tone(1.0, 880.0)
    left, right = np.concatenate([first, then]), np.concatenate([first, -then])
    samples = heard(Odd(sounds=[Sound(np.stack([left, right]))]).write(tmp_path / "a.mkv"))
    assert level(samples[:RATE]) == pytest.approx(level(first), rel=0.1)
    assert level(samples[RATE:]) == pytest.approx(level(then), rel=0.1)


def test_a_voice_in_one_channel_and_a_quiet_one_are_mixed_as_ever(tmp_path: Path):
    voice = tone(1.0, level=0.5 * 10 ** (-38 / 20))
    one_side = np.stack([voice, np.zeros_like(voice)])
    clip = Odd(sounds=[Sound(one_side)]).write(tmp_path / "a.mkv")
    assert level(heard(clip)) == pytest.approx(level(voice) / 2, rel=0.1)


TALK = [(second, second + 0.9, f"sentence number {second:.0f} of it") for second in np.arange(8.0)]
SIGNS = [(3.0, 4.0, "STATION EXIT")]


def test_the_track_that_holds_the_talk_is_read(tmp_path: Path):
    signs = Text(SIGNS, "eng", "Signs & Songs", is_default=True)
    full = Text(TALK, "eng", "Full")
    found = read_tracks(Odd(texts=[signs, full]).write(tmp_path / "a.mkv"), "en")
    assert found.chosen is not None
    assert found.chosen.name == "2 (eng, 'Full')"
    assert len(found.chosen.text.cues) == len(TALK)
    assert found.others == ("1 (eng, 'Signs & Songs')",)


def test_a_commentary_is_not_the_talk_however_long(tmp_path: Path):
    commentary = Text([*TALK, (9.0, 20.0, "and so on")], "eng", "Director's Commentary")
    found = read_tracks(Odd(texts=[commentary, Text(TALK, "eng")]).write(tmp_path / "a.mkv"), None)
    assert found.chosen is not None
    assert found.chosen.name == "2 (eng)"


def test_the_default_track_comes_first_among_equals(tmp_path: Path):
    french = [(begin_s, end_s, f"phrase {text}") for begin_s, end_s, text in TALK]
    texts = [Text(french, "fre"), Text(TALK, "eng", is_default=True)]
    found = read_tracks(Odd(texts=texts).write(tmp_path / "a.mkv"), None)
    assert found.chosen is not None
    assert found.chosen.language == "eng"


@pytest.mark.parametrize(
    ("wanted", "title"), [("1", "Signs"), ("ger", "Deutsch"), ("German", "Deutsch")]
)
def test_a_track_is_chosen_by_hand(tmp_path: Path, wanted: str, title: str):
    texts = [Text(SIGNS, "eng", "Signs"), Text(TALK, "eng"), Text(TALK, "ger", "Deutsch")]
    found = read_tracks(Odd(texts=texts).write(tmp_path / "a.mkv"), None, wanted=wanted)
    assert found.chosen is not None
    assert found.chosen.title == title


def test_a_track_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path):
    clip = Odd(texts=[Text(TALK, "eng", "Full")]).write(tmp_path / "a.mkv")
    with pytest.raises(UsageError, match="--text-track 7") as caught:
        read_tracks(clip, None, wanted="7")
    assert caught.value.hint == "its tracks are 1 (eng, 'Full')"


def test_a_cameras_readings_are_no_words(tmp_path: Path):
    readings = [
        (n / 10, (n + 1) / 10, f"[iso : 100] [shutter : 1/640] [latitude: 22.{n}]")
        for n in range(20)
    ]
    clip = Odd(texts=[Text(readings, title="DJI.Subtitle")]).write(tmp_path / "a.mkv")
    found = read_tracks(clip, None)
    assert found.chosen is None
    assert "a camera's readings" in found.warnings[0]


def test_layers_of_a_sign_are_one_cue(tmp_path: Path):
    lines = [(1.0, 3.0, "EXIT"), (1.0, 3.0, "EXIT"), (1.2, 3.5, "EXIT"), (5.0, 6.0, "EXIT")]
    found = read_tracks(Odd(texts=[Text(lines)]).write(tmp_path / "a.mkv"), None)
    assert found.chosen is not None
    assert found.chosen.text.cues == (Cue(1.0, 3.5, "EXIT"), Cue(5.0, 6.0, "EXIT"))


def test_info_counts_cues_and_tells_titles(tmp_path: Path):
    texts = [Text(SIGNS, "eng", "Signs"), Text(TALK, "eng")]
    clip = Odd(texts=texts, sounds=[Sound(tone(1.0)[None], title="Dub")]).write(tmp_path / "a.mkv")
    info = with_cues(probe(clip))
    assert [(track.title, track.cues) for track in info.subtitles] == [("Signs", 1), ("", 8)]
    assert info.audio[0].title == "Dub"


def test_a_sound_is_chosen_by_hand_and_else_said(tmp_path: Path):
    sounds = [Sound(tone(1.0, 440.0)[None], "eng"), Sound(tone(1.0, 880.0)[None], "ger", "Dub")]
    clip = Odd(sounds=sounds).write(tmp_path / "a.mkv")
    assert pitch(heard(clip, track="2")) == pitch(heard(clip, track="de")) == 880
    (block,) = audio_blocks(clip)
    assert block.note == "listened to sound track 1 (eng); there are also 2 (ger, 'Dub')"
    (block,) = audio_blocks(clip, track="1")
    assert block.note == ""
    with pytest.raises(UsageError, match="--audio-track 3"):
        heard(clip, track="3")


def test_a_sound_that_no_decoder_reads_is_said(tmp_path: Path):
    sounds = [Sound(tone(1.0, 440.0)[None], "eng"), Sound(tone(1.0, 880.0)[None], "ger", "Dub")]
    clip = Odd(sounds=sounds).write(tmp_path / "a.mkv")
    codec = b"A_PCM/INT/LIT"
    clip.write_bytes(clip.read_bytes().replace(codec, b"A_PCM/INT/???", 1))
    (block,) = audio_blocks(clip)
    assert pitch(heard(clip)) == 880
    assert block.note == (
        "listened to sound track 2 (ger, 'Dub'); there are also 1 (eng) (no decoder here reads it)"
    )


def test_what_is_said_before_the_first_picture_is_heard(tmp_path: Path):
    late = range(6000, 8000, 40)
    lines = [(1.0, 2.0, "early"), (7.0, 7.5, "late")]
    clip = Odd(late, [Sound(tone(8.0)[None])], [Text(lines)]).write(tmp_path / "a.mkv")
    assert len(heard(clip)) == pytest.approx(8 * RATE, abs=RATE // 10)
    found = read_tracks(clip, None)
    assert found.chosen is not None
    assert [cue.start_s for cue in found.chosen.text.cues] == [1.0, 7.0]
    assert probe(clip).lead_s == pytest.approx(6.0)


def test_an_encrypted_file_is_called_so(tmp_path: Path):
    clip = write_encrypted(tmp_path / "film.mp4")
    for look in (probe, heard):
        with pytest.raises(NotAVideoError, match=r"film\.mp4' is encrypted"):
            look(clip)


@pytest.mark.parametrize(("codec", "rate"), [("libx264", 25), ("libx264", 10), ("libx265", 25)])
def test_frames_of_a_raw_stream_are_counted_and_spread(tmp_path: Path, codec: str, rate: int):
    info = probe(write_raw(tmp_path / "camera.h264", codec, 50, rate))
    stated = float(info.raw_rate or 0)
    assert info.duration_s == pytest.approx(50 / stated, abs=0.1)
    moments = find_moments(
        info, Sampling.parse("uniform"), start_s=0, end_s=info.duration_s, count=4
    )
    seen = collect(read_frames(info, moments.times_s))
    assert len(seen.frames) == 4
    times_s = [frame.time_s for frame in seen.frames]
    assert times_s == pytest.approx(list(moments.times_s), abs=1.1 / stated)
    assert "raw stream without times" in seen.report.warnings[0]


@pytest.mark.parametrize("way", ["scene", "keyframes", "fps:2", "paper"])
def test_every_way_to_choose_frames_works_on_a_raw_stream(tmp_path: Path, way: str):
    info = probe(write_raw(tmp_path / "camera.h264", "libx264", 50, 25))
    moments = find_moments(info, Sampling.parse(way), start_s=0, end_s=info.duration_s, count=4)
    assert collect(read_frames(info, moments.times_s)).frames


def test_a_sound_alone_has_one_grey_picture(tmp_path: Path):
    info = probe(Odd((), [Sound(tone(2.0)[None])]).write(tmp_path / "talk.mka"))
    assert (info.kind, info.has_audio, info.codec) == ("sound", True, "none")
    assert info.duration_s == pytest.approx(2.0, abs=0.1)
    for way in ("uniform", "scene", "keyframes", "paper"):
        moments = find_moments(info, Sampling.parse(way), start_s=0, end_s=2.0, count=8)
        seen = collect(read_frames(info, moments.times_s, size=(64, 48)))
        (frame,) = seen.frames
        assert frame.pixels.shape == (48, 64, 3)
        assert frame.pixels.std() == 0
        assert seen.report.warnings == (NO_PICTURES,)


def test_a_sound_that_does_not_say_how_long_it_is_is_measured(tmp_path: Path):
    class Pipe(io.RawIOBase):
        def __init__(self, path: Path) -> None:
            self.file = path.open("wb")

        def writable(self) -> bool:
            return True

        def write(self, content: bytes) -> int:  # type: ignore[override]
            return self.file.write(content)

    path = tmp_path / "voice.mka"
    pipe = Pipe(path)
    with av.open(pipe, "w", format="matroska", options={"live": "1"}) as out:
        stream = out.add_stream("libopus", RATE, layout="mono")
        samples = (tone(3.0) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    pipe.file.close()
    with av.open(str(path)) as opened:
        assert not opened.duration
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.1)


def test_a_file_with_subtitles_only_is_no_sound(tmp_path: Path):
    with pytest.raises(NotAVideoError, match="neither pictures nor sound"):
        probe(Odd((), texts=[Text(TALK)]).write(tmp_path / "a.mkv"))


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "bmp", "tiff"])
def test_a_picture_is_a_clip_of_one_frame(tmp_path: Path, ending: str):
    path = tmp_path / f"photo.{ending}"
    Image.fromarray(np.full((48, 64, 3), (200, 40, 40), np.uint8)).save(path)
    info = probe(path)
    assert (info.kind, info.width, info.height, info.has_audio) == ("picture", 64, 48, False)
    seen = collect(read_frames(info, [0.0], size=(32, 24)))
    (frame,) = seen.frames
    assert frame.pixels.shape == (24, 32, 3)
    assert frame.pixels.mean(axis=(0, 1)) == pytest.approx([200, 40, 40], abs=8)
    with pytest.raises(NotAVideoError, match="nothing to hear"):
        probe_sound(path)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.mp4", "photo", "p%d.jpg", "photo.png"])
def test_a_photo_is_told_by_its_content_whatever_its_name(tmp_path: Path, name: str):
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / name, format="JPEG", quality=95)
    assert (tmp_path / name).stat().st_size > 100_000, "FFmpeg goes by the name of a large one"
    info = probe(tmp_path / name)
    assert (info.kind, info.width, info.height, info.container) == (
        "picture",
        640,
        480,
        "jpeg_pipe",
    )


def test_a_video_called_like_a_picture_is_one(tmp_path: Path):
    Odd().write(tmp_path / "a.jpg")
    assert probe(tmp_path / "a.jpg").kind == "video"


def test_a_picture_is_upright_as_its_camera_noted(tmp_path: Path):
    sideways, orientation = Image.new("RGB", (64, 48)), Image.Exif()
    orientation[0x0112] = 6  # to be turned clockwise
    sideways.save(tmp_path / "photo.jpg", exif=orientation)
    info = probe(tmp_path / "photo.jpg")
    assert (info.width, info.height) == (48, 64)


def test_a_damaged_picture_is_called_so(tmp_path: Path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises((NotAVideoError, NoVideoStreamError)):
        probe(path)


def test_playlists_are_texts_and_open_nothing(tmp_path: Path):
    Odd().write(tmp_path / "film.mkv")
    lists = {
        "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfilm.mkv\n#EXT-X-ENDLIST\n",
        "b.mp4": "ffconcat version 1.0\nfile 'film.mkv'\n",
        "c.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
        "d.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(NotAVideoError, match="it is a text file"):
            probe(tmp_path / name)


def test_pictures_of_next_to_nothing_drawn_very_large_are_a_trap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vidqa.media.container.open_media.FEW_PIXELS", 1e8)
    side, frame = 3000, b"\x21\xf9\x04\x00\x04\x00\x00\x00"
    pixel = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\x00\x00" + bytes(3) + b"\xff" * 3
    (tmp_path / "bomb.gif").write_bytes(head + 40 * (frame + pixel) + b"\x3b")
    monkeypatch.setattr("vidqa.media.container.open_media.MOST_PIXELS_A_BYTE", 1e5)
    info = probe(tmp_path / "bomb.gif")
    with pytest.raises(NotAVideoError, match="is a trap"):
        collect(read_frames(info, [1.0]))


def test_work_in_a_librarys_hands_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulse, "EVERY_S", 0.01)
    beats = list[int]()
    pulse.listen(lambda: beats.append(1))
    try:
        with pulse.working(at_most_s=0.05):
            while len(beats) < 5:
                time.sleep(0.01)
            time.sleep(0.1)
        assert len(beats) == 5, "and an end"
    finally:
        pulse.listen(pulse._nobody)
