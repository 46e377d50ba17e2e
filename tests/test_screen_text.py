"""`--screen-text`: what stands in the pictures goes into the prompt, the lists and transcripts."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from captioned import captioned, drawn
from PIL import Image

from families import family_spec
from tiny import native_folder
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.engine.summaries.quotes import quoted_text
from vidqa.engine.summaries.summarize import summarize
from vidqa.engine.summaries.windows import Window, shown_in
from vidqa.errors import UsageError
from vidqa.media.speech.recognizer import Heard
from vidqa.media.speech.turns import Turns
from vidqa.media.viewing import Viewing
from vidqa.media.words.speakers import SpeakerFinder
from vidqa.models.registry import MODELS
from vidqa.models.summary_form import Quotes
from vidqa.prompt.form import DEFAULT_FORM
from vidqa.prompt.interleave import align, fit_words, user_content
from vidqa.tasks.transcribe.readable import Readable
from vidqa.types import Cue, Segment, combined_source

SIGN, TITLE = "Harbour Street", "Chapter two"
CUES = (
    Cue(0.2, 1.0, "Here we are."),
    Cue(0.3, 3.0, SIGN, on_screen=True),
    Cue(0.4, 3.0, TITLE, on_screen=True),
    Cue(2.5, 3.0, "It rains."),
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "street.mp4"
    return captioned(path, (3, SIGN), (3, ""), (3, TITLE))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = native_folder(tmp_path_factory.mktemp("model"))
    spec = replace(family_spec("vidqa"), reads_screen=True)
    return open_folder(spec, folder, revision="1", device="cpu", dtype="float32")


def test_what_is_said_and_what_is_shown_stay_apart() -> None:
    segments = align([1.0, 2.0, 3.0], CUES)
    assert segments == (
        Segment(1.0, "Here we are.", f"{SIGN} / {TITLE}"),
        Segment(2.0, ""),
        Segment(3.0, "It rains."),
    )
    content = user_content(segments, "Why?", DEFAULT_FORM)
    assert [part["text"] for part in content if "text" in part] == [
        f"\nHeard: Here we are.\nOn the screen: {SIGN} / {TITLE}\n",
        "\n",
        "\nHeard: It rains.\n",
        "Why?",
    ]
    assert segments[0].every_text == f"Here we are. [on the screen: {SIGN} / {TITLE}]"


def test_both_share_the_budget() -> None:
    fitted = fit_words(align([1.0, 3.0], CUES), 8)
    assert (fitted.used, fitted.dropped) == (8, 2)
    assert fitted.segments == (
        Segment(1.0, "Here we are.", f"{SIGN} /"),
        Segment(3.0, "It rains."),
    )


def test_a_model_is_shown_the_text(clip: Path, model: Model) -> None:
    answer = model.watch(clip, frames=3, screen_text="on").ask("Who?", max_new_tokens=2)
    assert (answer.words_source, answer.words_used) == ("screen", 4)
    prompt = model.watch(clip, frames=3, screen_text="auto").prompt("Who?").text
    assert f"On the screen: {SIGN}\n" in prompt
    assert prompt.index(SIGN) < prompt.index(TITLE)
    plain = model.watch(clip, frames=3, screen_text="off")
    assert plain.ask("Who?", max_new_tokens=2).words_source == "none"
    assert "On the screen" not in plain.prompt("Who?").text


def test_a_model_is_told_who_speaks(
    clip: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns((1.0, 4.0), (1, 2))

    def stream(*_: object) -> Generator[Heard, None, Turns]:
        yield Heard(4.0)
        return turns

    monkeypatch.setattr(SpeakerFinder, "stream", stream)
    said = tmp_path / "said.srt"
    said.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nWhere is it?\n\n"
        "2\n00:00:04,000 --> 00:00:05,000\nOver there.\n"
    )
    told = model.watch(clip, frames=1, subtitles=said, speakers=True).prompt("Who?").text
    assert "Heard: Speaker 1: Where is it? Speaker 2: Over there." in told
    assert "Speaker" not in model.watch(clip, frames=1, subtitles=said).prompt("Who?").text


def test_text_in_the_pictures_goes_with_them(clip: Path, model: Model) -> None:
    watched = model.watch(clip, frames=3, screen_text="on")
    shown = watched.words.cues
    both = watched.with_words(replace(watched.words, cues=(*shown, Cue(7.0, 8.0, "It rains."))))
    without = both._fitter.without
    assert [one.text for one in without(pictures=True, words=False).seen.words.cues] == [
        "It rains."
    ]
    assert without(pictures=False, words=True).seen.words.cues == shown
    assert without(pictures=True, words=True).seen.words.cues == ()
    assert model.watch(clip, frames=3, screen_text="on", blank=True).words.cues == ()


def test_what_an_answer_rests_on_with_text_alone(clip: Path, model: Model) -> None:
    watched = model.watch(clip, frames=3, screen_text="on")
    (grounding,) = watched.grounds("Where is it?", ["In the street."])
    assert grounding.without_words == 0.0


def test_what_stands_across_a_cut_is_in_both_parts() -> None:
    first, second = Window(0.0, 10.0, "start"), Window(10.0, 20.0, "shot")
    slide, sign = replace(CUES[1], end_s=15.0), CUES[2]
    assert shown_in(first, [slide, sign]) == (slide, sign)
    assert shown_in(second, [slide, sign]) == (slide,)
    texts = quoted_text([slide, slide, sign], Quotes(1), [None, second])
    assert texts == {
        None: f'The screen says: "{SIGN} / {TITLE}"',
        second: f'The screen says: "{SIGN}"',
    }
    (long,) = quoted_text([replace(slide, text='"so" ' * 50)], Quotes(1), [None]).values()
    said = " ".join(["'so'"] * 40)
    assert long == f'The screen says: "{said}…"'


def test_a_summary_by_a_model_that_quotes_quotes_the_screen(clip: Path, model: Model) -> None:
    summary = summarize(model.watch(clip, frames=3, screen_text="on"), length="short")
    assert summary.words_source == "screen"


@pytest.mark.parametrize(
    ("source", "said", "read", "combined"),
    [
        ("speech", True, True, "speech+screen"), ("speech+screen", True, False, "speech"),
        ("speech+screen", False, True, "screen"), ("track", False, False, "none"),
        ("off", False, True, "screen"), ("off", False, False, "off"),
        ("none", False, False, "none"), ("screen", False, True, "screen"),
        ("screen", False, False, "none"),
    ],
)  # fmt: skip
def test_the_source_of_some_words(source: Any, said: bool, read: bool, combined: str) -> None:
    assert combined_source(source, said=said, read=read) == combined


def test_a_model_may_not_be_shown_it_unless_asked_for() -> None:
    starter, other = MODELS["starter"], MODELS["qwen3-vl-2b"]
    assert Viewing().words_for(other).screen_text == "auto"
    assert Viewing(screen_text="off").words_for(other).screen_text == "off"
    paper = MODELS["minigpt4-video-mistral"]
    assert Viewing().words_for(paper).screen_text == "off"
    assert Viewing(screen_text="on").words_for(paper).screen_text == "on"
    assert Viewing(recipe="paper").words_for(paper).screen_text == "off"
    with pytest.raises(UsageError, match="that the authors do") as raised:
        Viewing(recipe="paper", screen_text="on").recipe_for(paper)
    assert raised.value.hint == "leave --screen-text out"
    assert Viewing().words_for(starter).screen_text == "auto"


def test_frames_lists_it(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["frames", str(clip), "--frames", "3", "--screen-text", "on"]
    assert run([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [frame.get("on_screen") for frame in record["frames"]] == [SIGN, None, TITLE]
    assert [frame["words"] for frame in record["frames"]] == ["", "", ""]
    assert (record["words_source"], record["words_used"]) == ("screen", 4)
    assert run(words) == 0
    assert f"[on the screen: {SIGN}]" in capsys.readouterr().out


def transcribed(capsys: pytest.CaptureFixture[str], clip: Path, *words: str) -> str:
    assert run(["transcribe", str(clip), "--subtitles", "off", "--screen-text", "on", *words]) == 0
    return capsys.readouterr().out


def test_transcribe_writes_it_marked(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert transcribed(capsys, clip) == f"[on the screen: {SIGN}]\n[on the screen: {TITLE}]\n"
    first, second, whole = map(json.loads, transcribed(capsys, clip, "--json").splitlines())
    assert (first["text"], first["on_screen"], first["start_s"]) == (SIGN, True, 0.0)
    assert second["start_s"] == pytest.approx(6.0, abs=0.6)
    assert (whole["words_source"], whole["words_from"]) == ("screen", "PP-OCRv6 small")
    srt = transcribed(capsys, clip, "-f", "srt")
    assert f"00:00:00,000 --> 00:00:03,000\n[{SIGN}]\n" in srt


def test_a_long_text_is_shown_as_long_as_it_takes_to_read() -> None:
    slide = Cue(0.0, 300.0, "a text of many words " * 20, on_screen=True)
    parts = list(Readable().split(slide))
    assert parts[-1].end_s == pytest.approx(len(slide.text) / 12)
    assert all(one.text.startswith("[") and one.text.endswith("]") for one in parts)
    assert max(len(row) for one in parts for row in one.text.split("\n")) <= 42
    (short,) = Readable().split(Cue(2.0, 300.0, SIGN, on_screen=True))
    assert (short.end_s, short.text) == (9.0, f"[{SIGN}]")


def test_transcribe_reads_a_picture_and_nothing_unless_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "sign.png"
    Image.fromarray(drawn("Mind the gap")).save(picture)
    assert transcribed(capsys, picture) == "[on the screen: Mind the gap]\n"
    assert run(["transcribe", str(picture), "--subtitles", "off"]) != 0
    assert "--screen-text on" in capsys.readouterr().err
    assert run(["transcribe", str(picture), "--screen-text", "maybe"]) != 0
    assert "no such screen-text" in capsys.readouterr().err


def test_transcribe_says_that_it_found_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = captioned(tmp_path / "bare.mp4", (3, ""))
    words = ["transcribe", str(bare), "--screen-text", "on", "--subtitles", "off"]
    assert run(words) == 0
    assert "no text was found in its pictures" in capsys.readouterr().err
    assert run([*words, "--start", "2", "--end", "3"]) == 0
