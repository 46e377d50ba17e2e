"""`vidqa info`: what lands on stdout and stderr, and how it ends."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from test_terminal import run as run_on_terminal

from clips import make_clip, turn
from vidqa.cli.app import run
from vidqa.cli.render.media_info import info_rows
from vidqa.media.fingerprint import fingerprint
from vidqa.types.media_info import AudioTrack, Chapter, OtherPictures, SubtitleTrack, VideoInfo

KEYS = [
    "schema_version", "video", "fingerprint", "kind", "container", "size_bytes", "duration_s",
    "start_s", "lead_s", "codec", "width", "height", "display_width", "pixel_aspect",
    "rotation_deg", "frame_rate", "stated_frames", "time_base", "bit_depth", "transfer", "is_hdr",
    "audio", "subtitles", "other_pictures", "chapters",
]  # fmt: skip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    return tmp_path / "clip.mp4"


def test_a_pipe_gets_aligned_text(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(clip)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        f"clip         {clip}",
        "duration     0:02.0 (2.000 s)",
        "picture      160 x 96, h264, 8 bit",
        "frames       25 a second on average, 50 stated",
        "audio        aac, 1 channel, 44100 Hz, default",
        f"file         mov,mp4,m4a,3gp,3g2,mj2, {clip.stat().st_size / 1000:.1f} kB",
        f"fingerprint  {fingerprint(clip)}",
    ]


def test_json_is_one_object_a_clip(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turned = clip.with_name("turned.mp4")
    turned.write_bytes(clip.read_bytes())
    turn(turned)
    assert run(["info", str(clip), str(turned), "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert list(first) == KEYS
    assert (first["width"], first["height"], first["rotation_deg"]) == (160, 96, 0)
    assert (second["width"], second["height"], second["rotation_deg"]) == (96, 160, 270)
    assert (first["frame_rate"], first["time_base"], first["pixel_aspect"]) == (25, "1/16000", None)
    assert first["audio"] == [
        {
            "codec": "aac",
            "language": "",
            "channels": 1,
            "sample_rate": 44100,
            "is_default": True,
            "is_readable": True,
            "title": "",
        }
    ]


def test_one_bad_clip_has_its_own_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("Dear diary,\n" * 40)
    assert run(["info", str(tmp_path / "text.mp4")]) == 11
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "text file" in err
    assert run(["info", str(tmp_path / "none.mp4"), "--json"]) == 10
    record = json.loads(capsys.readouterr().out)
    assert record["error"]["kind"] == "no_such_file"
    assert record["video"] == str(tmp_path / "none.mp4")


def test_one_bad_clip_among_good_ones(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = clip.with_name("other.mp4")
    other.write_bytes(clip.read_bytes())
    assert run(["info", str(clip), "none.mp4", str(other), str(clip), "--json"]) == 40
    out, err = capsys.readouterr()
    assert ["error" in json.loads(line) for line in out.splitlines()] == [False, True, False]
    assert err.startswith("error: none.mp4: ")


def test_only_files_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", "https://example.org/a.mp4"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_terminal_gets_a_table(clip: Path) -> None:
    seen = run_on_terminal("info", str(clip))
    assert seen.status == 0
    assert "160 x 96, h264, 8 bit" in seen.screen
    assert "\x1b[1m" in seen.screen


def test_everything_there_is_to_say() -> None:
    info = VideoInfo(
        path=Path("a.mkv"),
        duration_s=3725.26,
        width=720,
        height=576,
        codec="hevc",
        container="matroska,webm",
        rotation_deg=90,
        has_audio=True,
        start_s=1.5,
        size_bytes=3_210_000_000,
        pixel_aspect=Fraction(16, 15),
        bit_depth=10,
        transfer="pq",
        audio=(
            AudioTrack("dts", "eng", 6, 48000, is_default=True, is_readable=True),
            AudioTrack("unknown", "", 0, 0, is_default=False, is_readable=False),
        ),
        subtitles=(
            SubtitleTrack("subrip", "eng", True, False, is_forced=True, title="Signs", cues=12),
            SubtitleTrack("dvd_subtitle", "", is_text=False, is_default=False, is_forced=False),
        ),
        others=(OtherPictures("mjpeg", 300, 400, is_cover=True),),
        chapters=(Chapter(0, 61.3, "One"), Chapter(61.3, 3725.26, "")),
    )
    assert info_rows(info, "a.mkv", "v1:00") == [
        ("clip", "a.mkv"),
        ("duration", "1:02:05.3 (3725.260 s); its clock begins at 1.500 s"),
        ("picture", "720 x 576, shown as 768 x 576, hevc, 10 bit, HDR (PQ), "
         "turned by 90 degrees counter-clockwise"),
        ("frames", "rate not stated, number not stated"),
        ("audio", "1: dts, 6 channels, 48000 Hz, eng, default"),
        ("audio", "2: unknown, cannot be read here"),
        ("subtitles", "1: subrip, text, 12 cues, eng, 'Signs', forced"),
        ("subtitles", "2: dvd_subtitle, pictures, which are not read"),
        ("not shown", "cover picture: 300 x 400, mjpeg"),
        ("chapter", "0:00.0 to 1:01.3 One"),
        ("chapter", "1:01.3 to 1:02:05.3"),
        ("file", "matroska,webm, 3.2 GB"),
        ("fingerprint", "v1:00"),
    ]  # fmt: skip


def test_names_cannot_write_to_the_terminal(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = clip.rename(clip.with_name("a\x1b[31m\n[red]\u202e.mp4"))
    assert run(["info", str(odd)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert len(out.splitlines()) == 7
