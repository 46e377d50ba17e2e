"""`vidqa transcribe`: what is written where, and how it ends."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from odd import Odd, Text

import vidqa
from clips import encode_tone, make_clip, tone_stream
from vidqa.cli.app import run
from vidqa.media.words.request import WordRequest
from vidqa.media.words.subtitle_file import read_subtitles
from vidqa.system.cache import Cache
from vidqa.tasks.transcribe.transcriber import Transcriber

DEMO = Path(vidqa.__file__).parent / "data" / "demo.mp4"
SRT = """1
00:00:00,500 --> 00:00:01,000
Hello \u202egnp.exe\u202c

2
00:00:01,000 --> 00:00:01,500
again
"""

Transcribe = Callable[..., tuple[int, str, str]]


@pytest.fixture
def transcribe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Transcribe:
    monkeypatch.setattr("vidqa.cli.runs.transcripts.silence_libraries", lambda: None)
    monkeypatch.setattr("vidqa.cli.runs.transcripts.keep_libraries_off_the_network", lambda: None)

    def call(*words: object) -> tuple[int, str, str]:
        status = run(["transcribe", *map(str, words)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    return tmp_path / "clip.mp4"


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    (tmp_path / "words.srt").write_text(SRT, encoding="utf-8")
    return tmp_path / "words.srt"


LONG = "1\n00:00:00,000 --> 00:00:20,000\n" + "word " * 40 + "\n"


def test_cues_for_players_can_be_read(transcribe: Transcribe, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "long.srt").write_text(LONG)
    _, out, _ = transcribe(clip, "--subtitles", tmp_path / "long.srt", "-f", "srt")
    blocks = out.strip().split("\n\n")
    assert len(blocks) == 3
    assert all(len(line) <= 42 for block in blocks for line in block.split("\n"))
    assert out.count("word") == 40
    how = ("-f", "vtt", "--max-cue-seconds", "2", "--max-line-width", "12")
    (tmp_path / "short.vtt").write_text(
        transcribe(clip, "--subtitles", tmp_path / "long.srt", *how)[1]
    )
    cues = read_subtitles(tmp_path / "short.vtt").cues
    assert sum(len(cue.text.split()) for cue in cues) == 40
    assert all(cue.end_s - cue.start_s <= 2 and len(cue.text) <= 2 * 12 + 1 for cue in cues)
    status, _, err = transcribe(clip, "--max-line-width", "12")
    assert (status, "are for srt and vtt, not for txt" in err) == (2, True)


@pytest.mark.network
def test_a_text_track_is_chosen_by_hand(
    transcribe: Transcribe, own_cache: Path, tmp_path: Path
) -> None:
    texts = [Text([(0.0, 2.0, "one")], "eng"), Text([(0.0, 2.0, "zwei")], "ger")]
    clip = Odd(texts=texts).write(tmp_path / "clip.mkv")
    assert transcribe(clip, "--text-track", "2")[1] == "zwei\n"
    assert transcribe(clip, "--text-track", "english")[1] == "one\n"
    status, _, err = transcribe(clip, "--text-track", "3")
    assert (status, "its tracks are 1 (eng), 2 (ger)" in err) == (2, True)


def test_a_subtitle_file_is_converted_without_a_model(
    transcribe: Transcribe, clip: Path, subtitles: Path
) -> None:
    status, out, err = transcribe(clip, "--subtitles", subtitles, "-f", "vtt")
    assert status == 0
    assert out.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nHello ")
    assert f"3 words in 2 cues (file, {subtitles})" in err


def test_the_format_follows_from_the_name(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    for name, begin in {"a.srt": "1\n00:00:00,500", "a.vtt": "WEBVTT", "a.text": "Hello"}.items():
        status, out, _ = transcribe(clip, "--subtitles", subtitles, "-o", tmp_path / "new" / name)
        assert (status, out) == (0, "")
        assert (tmp_path / "new" / name).read_text().startswith(begin)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "a.srt",
        "a.text",
        "a.vtt",
    ]


def test_json_is_a_line_a_cue_and_one_for_the_whole(
    transcribe: Transcribe, clip: Path, subtitles: Path
) -> None:
    _, out, _ = transcribe(clip, "--subtitles", subtitles, "-f", "json", "--quiet")
    first, second, whole = map(json.loads, out.splitlines())
    assert (first["start_s"], first["end_s"]) == (0.5, 1.0)
    assert second["text"] == "again"
    assert (whole["words_source"], whole["cues"], whole["video"]) == ("file", 2, str(clip))
    assert "\u202e" not in out


def test_several_clips_go_into_a_folder_and_overwrite_nothing(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    make_clip(other, range(0, 1000, 40))
    folder = tmp_path / "out"
    words = (clip, other, "--subtitles", subtitles, "-f", "srt", "-o", folder)
    status, _, err = transcribe(*words)
    assert status == 0
    assert sorted(path.name for path in folder.glob("*.srt")) == ["clip.mp4.srt", "other.mp4.srt"]
    assert f"{clip}: " in err
    status, _, err = transcribe(*words)
    assert status == 0
    assert "2 clips: 0 done, 0 failed, 2 done before" in err


def test_lines_of_several_clips_name_them(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    make_clip(other, range(0, 1000, 40))
    _, out, _ = transcribe(clip, other, "--subtitles", subtitles)
    assert out.splitlines()[1] == f"{clip}\tagain"
    assert out.splitlines()[3] == f"{other}\tagain"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.mp4", "b.mp4", "-f", "srt"], "do not make one srt file"),
        (["a.mp4", "-f", "doc"], "no format is called"),
        (["a.mp4", "-o", "talk.doc"], ".doc is not a format that is written here"),
        (["a.mp4", "--start", "10", "--end", "0:05"], "--end 5 does not come after --start 10"),
        (["a.mp4", "--subtitles", "off"], "leaves nothing"),
        (["a.mp4", "--task", "sing"], "no such task"),
        (["a.mp4", "--language", "klingon"], "no language is called"),
        (["a.mp4", "--speech", "starter"], "not a speech model"),
        (["a.mp4", "--start", "soon"], "not a time"),
        ([], "no clip given"),
    ],
)
def test_what_makes_no_sense_is_refused(
    transcribe: Transcribe, words: list[str], message: str
) -> None:
    status, out, err = transcribe(*words)
    assert (status, out) == (2, "")
    assert message in err


def test_what_is_there_is_replaced_with_force_only(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    (tmp_path / "talk.txt").write_text("old")
    words = (clip, "--subtitles", subtitles, "-o", tmp_path / "talk.txt")
    status, _, err = transcribe(*words)
    assert (status, (tmp_path / "talk.txt").read_text()) == (2, "old")
    assert "is there already" in err
    assert transcribe(*words, "--force")[0] == 0
    assert "again" in (tmp_path / "talk.txt").read_text()


def test_json_is_a_format_by_another_name(
    transcribe: Transcribe, clip: Path, subtitles: Path
) -> None:
    words = (clip, "--subtitles", subtitles, "--quiet")
    assert transcribe(*words, "--json") == transcribe(*words, "-f", "json")
    assert transcribe(*words, "--json", "-f", "srt")[0] == 2


def test_a_clip_is_never_overwritten(transcribe: Transcribe, clip: Path, subtitles: Path) -> None:
    before = clip.read_bytes()
    for more in ([], ["--force"]):
        words = (clip, "--subtitles", subtitles, "-f", "txt", "-o", clip, *more)
        status, _, err = transcribe(*words)
        assert (status, clip.read_bytes()) == (2, before)
    assert "would be overwritten" in err


def test_a_bad_clip_leaves_no_file_and_does_not_stop_the_others(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no clip")
    status, _, err = transcribe(
        bad,
        clip,
        tmp_path / "gone.mp4",
        "--subtitles",
        subtitles,
        "-f",
        "srt",
        "-o",
        tmp_path / "out",
    )
    assert status == 40
    assert [path.name for path in (tmp_path / "out").glob("*.srt")] == ["clip.mp4.srt"]
    assert err.count("error: ") == 2
    status, out, _ = transcribe(bad, "--subtitles", subtitles, "-f", "json")
    assert status == 11
    assert json.loads(out)["error"]["kind"] == "not_a_video"


def test_a_file_that_cannot_be_written_is_told(
    transcribe: Transcribe, clip: Path, subtitles: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    status, _, err = transcribe(clip, "--subtitles", subtitles, "-o", tmp_path / "file" / "a.srt")
    assert status == 2
    assert "cannot be written" in err


def test_without_the_recogniser_the_way_to_it_is_said(transcribe: Transcribe, clip: Path) -> None:
    status, out, err = transcribe(clip)
    assert (status, out) == (20, "")
    assert "hint: vidqa models pull whisper-tiny.en" in err


def test_a_stretch_beyond_the_clip_is_refused(
    transcribe: Transcribe, clip: Path, subtitles: Path
) -> None:
    status, _, err = transcribe(clip, "--subtitles", subtitles, "--start", "90")
    assert status == 2
    assert "lies outside the clip" in err


@pytest.mark.network
def test_speech_is_written_down(transcribe: Transcribe, own_cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "demo.srt"
    status, out, err = transcribe(DEMO, "-o", target)
    assert (status, out) == (0, "")
    assert "rocket was launched" in target.read_text()
    assert "(speech, whisper-tiny.en, en)" in err
    status, out, _ = transcribe(DEMO, "--start", "11", "--end", "0:17")
    assert "rocket" in out
    assert "coffee" not in out


@pytest.mark.network
def test_nothing_is_heard_twice(
    transcribe: Transcribe,
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "copy.mp4"
    shutil.copy(DEMO, copy)
    stretch = ("--start", "0", "--end", "5.25")
    _, first, _ = transcribe(DEMO, *stretch)
    assert "coffee" in first

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something listened")

    with monkeypatch.context() as deaf:
        deaf.setattr("vidqa.media.speech.recognizer.Recognizer.listen", refuse)
        status, again, err = transcribe(copy, *stretch)
        assert (status, again) == (0, first)
        assert "(speech, whisper-tiny.en, en)" in err
        sheet = tmp_path / "sheet.png"
        with pytest.raises(AssertionError, match="listened"):
            Transcriber(WordRequest("speech")).word_finder.words(
                copy, WordRequest("speech"), (0.0, 5.25)
            )
        assert run(["frames", str(copy), *stretch, "--quiet", "-o", str(sheet)]) == 0
    assert {entry.about for entry in Cache().entries()} == {"demo.mp4", "copy.mp4"}
    Cache().prune(0)
    capsys.readouterr()
    assert transcribe(copy, *stretch, "--no-cache")[1] == first
    assert not Cache().entries()


@pytest.mark.network
def test_a_clip_beside_its_subtitles_is_heard_unless_told_to_read(
    transcribe: Transcribe, own_cache: Path, clip: Path
) -> None:
    clip.with_suffix(".srt").write_text(SRT, encoding="utf-8")
    status, out, err = transcribe(clip)
    assert (status, out) == (0, "")
    assert "no speech was found" in err
    assert "again" in transcribe(clip, "--subtitles", "auto")[1]


@pytest.mark.network
def test_files_with_sound_alone_and_with_none(
    transcribe: Transcribe, own_cache: Path, tmp_path: Path
) -> None:
    with av.open(str(tmp_path / "a.m4a"), "w") as out:
        encode_tone(out, tone_stream(out), 0, 1.0)
    status, said, err = transcribe(tmp_path / "a.m4a", "-f", "json")
    assert status == 0
    assert json.loads(said)["words_source"] == "none"
    assert "no speech was found" in err
    make_clip(tmp_path / "mute.mp4", range(0, 1000, 40))
    status, said, err = transcribe(tmp_path / "mute.mp4")
    assert (status, said) == (0, "")
    assert "there is no sound in it" in err


@pytest.mark.network
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "translate"], "cannot translate into English"),
        (["--language", "de"], "only knows English"),
    ],
)
def test_what_the_recogniser_cannot_do_is_said(
    transcribe: Transcribe, own_cache: Path, clip: Path, words: list[str], message: str
) -> None:
    status, out, err = transcribe(clip, *words)
    assert (status, out) == (2, "")
    assert message in err
    assert "hint: " in err


@pytest.mark.network
@pytest.mark.parametrize("command", [["transcribe"], ["ask", "--question", "What is said?"]])
def test_another_recogniser_must_be_pulled_first(
    own_cache: Path, clip: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run([*command, str(clip), "--speech", "whisper-base"]) == 20
    assert "hint: vidqa models pull whisper-base" in capsys.readouterr().err


@pytest.mark.network
def test_torch_is_never_imported(own_cache: Path) -> None:
    program = (
        "import sys; from vidqa.cli.app import run; status = run(sys.argv[1:]); "
        "print([m for m in ('torch', 'transformers') if m in sys.modules], status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "transcribe", str(DEMO), "--end", "5"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "VIDQA_CACHE_DIR": str(own_cache)},
    )
    assert "cup of coffee" in done.stdout
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_a_slash_means_a_folder_even_for_one_clip(
    transcribe: Transcribe, clip: Path, tmp_path: Path
) -> None:
    words = tmp_path / "words.srt"
    words.write_text(SRT)
    folder = tmp_path / "new"
    status, _, _ = transcribe(clip, "--subtitles", words, "-f", "vtt", "-o", f"{folder}/")
    assert status == 0
    assert [file.name for file in folder.glob("*.vtt")] == [f"{clip.name}.vtt"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "out.srt", "-f", "vtt"], "would hold vtt, not srt"),
        (["other.mp4", "-o", "both.srt"], "several clips do not go into one file"),
    ],
)
def test_a_name_that_contradicts_what_is_written_is_refused(
    transcribe: Transcribe, clip: Path, words: list[str], message: str
) -> None:
    status, out, err = transcribe(clip, *words)
    assert (status, out) == (2, "")
    assert message in err
