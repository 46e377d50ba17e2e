"""Long clips asked through their windows by a tiny random model: what is shown, what is told."""

import wave
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from long_clips import (
    ALONE,
    GUESS,
    HEARD,
    answers,
    load,
    stream,
    supported,
    without_timings,
    words,
)

from vidqa.engine import Model
from vidqa.engine.asking.rounds import BESIDE_S
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.many import watch_all
from vidqa.engine.summaries import piecewise
from vidqa.errors import NotAVideoError, UsageError
from vidqa.media.viewing import Viewing
from vidqa.models.summary_form import SummaryForm
from vidqa.types import Answer, Grounding

pytestmark = pytest.mark.numbers


@pytest.fixture
def model(folder: Path) -> Model:
    return load(folder)


@pytest.fixture
def alone(folder: Path) -> Model:
    return load(folder, form=ALONE)


@pytest.fixture
def _supported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said rests on the words."""
    supported(monkeypatch, lambda _: True)


def test_a_short_clip_is_asked_as_ever(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip, end_s=39)
    plain = LocalClip.stream(clip, "What is the cat called?")
    *_, answer = plain
    assert without_timings(clip.ask("What is the cat called?")) == without_timings(answer)
    assert not {"claims", "looked_at", "chosen_by"} & answer.to_record().keys()
    assert not clip.is_asked_in_windows()
    assert model.watch(long_clip, end_s=41).is_asked_in_windows()
    assert not model.watch(long_clip, frames=13).is_asked_in_windows()


def test_off_shows_frames_of_all_of_it(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    *_, plain = LocalClip.stream(clip, "What is the cat called?")
    answer = clip.ask("What is the cat called?", windows="off")
    assert without_timings(answer) == without_timings(plain)
    assert answer.frame_times_s[-1] > 100


@pytest.mark.usefixtures("_supported")
def test_the_window_with_the_words_is_watched_closely(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, "The dog speaks first.")
    answer = stream(model.watch(long_clip), "Where is the dog?")
    assert answer.chosen_by == "words"
    ((start_s, end_s),) = answer.looked_at
    assert start_s <= 51 < end_s
    assert end_s - start_s <= 44
    assert answer.text == "The dog speaks first. [0:51-0:54]"
    assert answer.claims is not None
    assert [claim.spans for claim in answer.claims] == [((51, 54),)]
    (clip,) = asked
    inside = [one for one in answer.frame_times_s if start_s <= one < end_s]
    assert (len(inside), len(answer.frame_times_s)) == (3, 4), "one frame is of the rest"
    assert words(clip) == "The dog speaks first."
    assert answer.words_used == 4


@pytest.mark.usefixtures("_supported")
def test_several_windows_are_shown_at_once_with_their_own_words(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, "A mug.")
    answer = stream(model.watch(long_clip), "the cat, the mug")
    assert len(answer.looked_at) == 2
    (clip,) = asked
    said = [(one.time_s, one.text) for one in clip.segments if one.text]
    assert [text for _, text in said] == ["The cat is called Chelsea.", "A mug is last."]
    for (time_s, _), (start_s, end_s) in zip(said, sorted(answer.looked_at), strict=True):
        assert start_s <= time_s < end_s
    fewer = stream(model.watch(long_clip), "the cat, the mug", windows=1)
    assert len(fewer.looked_at) == 1


@pytest.mark.usefixtures("_supported")
def test_a_time_is_looked_at(model: Model, long_clip: Path) -> None:
    answer = stream(model.watch(long_clip), "What happens at 1:00?")
    assert (answer.chosen_by, answer.looked_at) == ("time", ((50, 70),))
    outside = stream(model.watch(long_clip), "What happens at 1:00:00?")
    assert (outside.text, outside.looked_at) == ("not enough evidence", ())
    assert any("lies outside of what is watched" in one for one in outside.warnings)
    later = stream(model.watch(long_clip, start_s=60), "What happens at 1:10?")
    assert later.looked_at == ((60, 80),), "times are those of the file"


@pytest.mark.usefixtures("_supported")
def test_in_a_long_time_the_question_is_looked_for(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    dog = stream(clip, "Where is the dog in the last 90 seconds?")
    assert (dog.chosen_by, len(dog.looked_at)) == ("words", 1)
    cat = stream(clip, "Where is the cat in the last 90 seconds?")
    assert cat.chosen_by == "all", "it is said before that, so all of that time is looked at"
    assert min(start_s for start_s, _ in cat.looked_at) == 30
    every = stream(clip, "What happens in the last 90 seconds?")
    assert (every.chosen_by, every.looked_at) == ("all", cat.looked_at)


@pytest.mark.usefixtures("_supported")
def test_a_time_outside_does_not_hide_the_rest_of_the_question(
    model: Model, long_clip: Path
) -> None:
    answer = stream(model.watch(long_clip), "Where is the dog at 1:00:00?")
    assert (answer.chosen_by, len(answer.looked_at)) == ("words", 1)
    assert any("lies outside of what is watched" in one for one in answer.warnings)


@pytest.mark.usefixtures("_supported")
def test_all_of_it_is_asked_of_notes_on_every_window(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, "The cat is called Chelsea.")
    answer = stream(model.watch(long_clip), "What happens?")
    assert (answer.chosen_by, len(answer.looked_at)) == ("all", 3)
    *parts, whole = asked
    assert len(parts) == 3
    assert words(whole) == " ".join(["The cat is called Chelsea."] * 3)
    assert answer.text == "The cat is called Chelsea. [0:03-0:06]"


def test_or_of_every_window_alone(
    alone: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supported(monkeypatch, lambda clip: clip.segments[0].time_s < 80)
    asked = answers(monkeypatch, "A cat sits. A cat sits.")
    answer = stream(alone.watch(long_clip), "What is the dog?", windows="all")
    assert len(asked) == 3
    assert answer.chosen_by == "all"
    assert answer.text == "A cat sits. [0:00-1:22]", "two windows that overlap"


@pytest.mark.usefixtures("_supported")
def test_a_small_model_sees_what_is_around_the_sentence_and_it_is_quoted(
    alone: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, "The dog speaks first.")
    answer = stream(alone.watch(long_clip), "Where is the dog?")
    assert answer.looked_at == ((51 - BESIDE_S, 54 + BESIDE_S),)
    quote = 'A voice says: "The dog speaks first." [0:51-0:54]'
    assert answer.text == f"The dog speaks first. [0:51-0:54] {quote}"
    (clip,) = asked
    assert len(clip.segments) == 4, "no frame is of the rest"


def test_one_window_does_not_deny_for_all(
    alone: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supported(monkeypatch, lambda _: True)
    ask = LocalClip.ask

    def answered(clip: LocalClip, *given: Any, **how: Any) -> Answer:
        is_first = clip.segments[0].time_s < 40
        text = "No, there is no dog." if is_first else "A mug."
        return replace(ask(clip, *given, **how), text=text, stopped_by="end")

    monkeypatch.setattr(LocalClip, "ask", answered)
    answer = stream(alone.watch(long_clip), "Is there a dog?", windows="all")
    assert answer.claims is not None
    assert {one.text: bool(one.spans) for one in answer.claims} == {
        "No, there is no dog.": False, "A mug.": True
    }  # fmt: skip
    answers(monkeypatch, "No, there is no dog.")
    every = stream(alone.watch(long_clip), "Is there a cat?", windows="all")
    assert every.text == "No, there is no dog. [0:00-2:00]"


@pytest.mark.usefixtures("_supported")
@pytest.mark.parametrize("frames", [1, 2])
def test_of_few_frames_no_more_are_shown(model: Model, long_clip: Path, frames: int) -> None:
    answer = stream(model.watch(long_clip, frames=frames), "the cat, the mug")
    assert len(answer.looked_at) == frames
    assert len(answer.frame_times_s) == frames


def test_sound_alone_is_asked_so_where_it_has_many_words(
    alone: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = tmp_path / "talk.wav"
    with wave.open(str(talk), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(2 * 8000 * 60))
    cues = [f"{at + 1}\n00:00:{5 * at:02},000 --> 00:00:{5 * at + 4:02},000\n" for at in range(12)]
    texts = ["Nobody is there at all today."] * 11
    texts.insert(7, "The dog is called Pepper.")
    lines = (f"{cue}{text}\n\n" for cue, text in zip(cues, texts, strict=True))
    talk.with_suffix(".srt").write_text("".join(lines))
    supported(monkeypatch, lambda _: True)
    answers(monkeypatch, "Pepper.")
    answer = stream(alone.watch(talk), "What is the dog called?")
    assert answer.chosen_by == "words"
    assert 'A voice says: "The dog is called Pepper." [0:35-0:39]' in answer.text


def test_what_is_not_said_is_looked_for_in_the_pictures(
    folder: Path, long_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(folder, tmp_path, ALONE)
    supported(monkeypatch, lambda _: True)
    asked = answers(monkeypatch, "A rocket.")
    answer = stream(model.watch(long_clip), "Is there a rocket?")
    assert (answer.chosen_by, len(answer.looked_at)) == ("pictures", 1)
    captioned, own = asked[:-1], asked[-1]
    assert [words(one) for one in captioned] == [""] * 3
    assert len(own.segments) == 4
    asked.clear()
    again = stream(model.watch(long_clip), "Is there a rocket?")
    assert not asked, "captions and answers are kept"
    assert without_timings(again) == without_timings(answer)
    silent = stream(model.watch(long_clip), "What is said about the rocket?")
    assert (silent.text, silent.looked_at) == ("not enough evidence", ())


def test_nothing_is_supported(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supported(monkeypatch, lambda _: False)
    answers(monkeypatch, "A dog. A cat.")
    answer = stream(model.watch(long_clip), "Where is the dog?")
    assert answer.text == "not enough evidence"
    assert not answer.has_evidence
    assert [claim["verdict"] for claim in answer.to_record()["claims"]] == ["guess"] * 2


def test_a_sentence_is_asked_again_on_its_window_alone(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = supported(monkeypatch, lambda clip: clip.segments[0].time_s < 40)
    answers(monkeypatch, "A mug.")
    answer = stream(model.watch(long_clip), "the cat, the mug")
    assert len(checked) == 2
    assert all(max(times_s) - min(times_s) < 40 for times_s in checked), "one window each"
    assert answer.claims is not None
    ((start_s, _),) = answer.claims[0].spans
    assert start_s < 40


def test_strict_leaves_out_what_nothing_supports(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grounds(_: LocalClip, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        return tuple(HEARD if "dog" in text else GUESS for text in texts)

    monkeypatch.setattr(LocalClip, "grounds", grounds)
    answers(monkeypatch, "It rains. The dog speaks first.")
    clip = model.watch(long_clip)
    loose = stream(clip, "Where is the dog?")
    assert loose.text == "It rains. [no evidence] The dog speaks first. [0:51-0:54]"
    strict = stream(clip, "Where is the dog?", strict=True)
    assert strict.text == "The dog speaks first. [0:51-0:54]"
    assert strict.claims == loose.claims


@pytest.mark.usefixtures("_supported")
def test_choices_are_ranked_on_what_the_question_is_about(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    answer = clip.choose("Where is the dog?", ["here", "there"])
    assert (answer.chosen_by, len(answer.looked_at)) == ("words", 1)
    assert answer.claims is None
    assert clip.grounded(answer).grounding is not None
    plain = clip.choose("Where is the dog?", ["here", "there"], windows="off")
    assert plain.choices != answer.choices
    nowhere = clip.choose("Where is the submarine?", ["here", "there"])
    assert any("so all was looked at" in one for one in nowhere.warnings)


def test_the_prompt_is_that_of_the_windows(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    texts = [one.text for one in clip.prompt("Where is the dog?").segments if one.text]
    assert texts == ["The dog speaks first."]
    assert len([one for one in clip.prompt("What happens?").segments if one.text]) > 1


def test_what_an_answer_rests_on_is_its_least_certain_sentence(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supported(monkeypatch, lambda _: True)
    answers(monkeypatch, "The dog speaks first.")
    clip = model.watch(long_clip)
    assert clip.grounded(clip.ask("Where is the dog?")).grounding == HEARD


@pytest.mark.usefixtures("_supported")
def test_a_second_question_reads_nothing_again(
    folder: Path, long_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(folder, tmp_path).watch(long_clip).ask("Where is the dog?")
    model = load(folder, tmp_path)

    def refuse(*_: Any, **__: Any) -> Iterator[Any]:
        raise AssertionError("frames are decoded again")

    monkeypatch.setattr(type(model.reader), "frames", refuse)
    answer = model.watch(long_clip).ask("Who is the dog?")
    assert answer.chosen_by == "words"


def damaged(monkeypatch: pytest.MonkeyPatch, *, all_of_it: bool) -> None:
    """Let no window be watched, or none that begins in the first half minute."""
    watch = piecewise.watch_all

    def broken(kind: Any, model: Any, views: Any, **how: Any) -> Iterator[Any]:
        error = NotAVideoError("it cannot be read there")
        for name, view in views:
            if all_of_it or view.start_s < 30:
                yield name, error
            else:
                yield from watch(kind, model, [(name, view)], **how)

    monkeypatch.setattr(piecewise, "watch_all", broken)


@pytest.mark.parametrize("form", [None, ALONE])
def test_damage_where_it_is_looked(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch, form: SummaryForm | None
) -> None:
    clip = load(folder, form=form).watch(long_clip)
    supported(monkeypatch, lambda _: True)
    answers(monkeypatch, "A mug.")
    damaged(monkeypatch, all_of_it=False)
    assert stream(clip, "the cat, the mug").text.startswith("A mug. [")
    damaged(monkeypatch, all_of_it=True)
    for question in ("Where is the dog?", "What happens?"):
        with pytest.raises(NotAVideoError, match="cannot be read there"):
            clip.ask(question)


@pytest.mark.usefixtures("_supported")
def test_a_clip_is_freed_once_nobody_needs_it(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    clip.ask("Where is the dog?")
    clip.choose("Where is the dog?", ["here", "there"])
    seen = weakref.ref(clip)
    del clip
    assert seen() is None, "its keys and values would wait for the garbage collector"


def test_bad_settings_are_refused_at_once(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip)
    with pytest.raises(UsageError, match="empty"):
        clip.stream(" ")
    for wrong in (0, -1, "some"):
        with pytest.raises(UsageError, match="--windows"):
            clip.stream("Where?", windows=wrong)
    with pytest.raises(UsageError, match="--max-new-tokens"):
        clip.stream("Where?", max_new_tokens=0)


@pytest.mark.usefixtures("_supported")
def test_many_clips_are_asked_so(model: Model, long_clip: Path) -> None:
    (record,) = model.ask_many(long_clip, "Where is the dog?")
    assert record["chosen_by"] == "words"
    assert "windows" not in record["settings"]
    (record,) = model.ask_many(long_clip, "Where is the dog?", windows="off")
    assert "chosen_by" not in record
    assert record["settings"]["windows"] == "off"


def test_summaries_are_not_asked_through_windows_of_windows(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = model.watch(long_clip)
    asked = answers(monkeypatch, "A cat.")
    clip.summarize("short")
    assert len(asked) == 4


def test_only_what_is_watched_is_asked_about(model: Model, long_clip: Path) -> None:
    clip = next(one for _, one in watch_all(LocalClip, model, [(str(long_clip), Viewing())]))
    assert isinstance(clip, LocalClip)
    assert clip.ask("Where is the dog?").chosen_by is None, "a plain one is shown at once"
