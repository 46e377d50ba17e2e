"""Summaries by a tiny random model: what it is shown, what is kept, what is not done twice."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media.films import ONE, THREE, TWO, film, with_chapters
from test_central import BICYCLES, BREAD
from tiny import spec, talkative, vidqa_folder
from vidqa.engine import Clip, Model, open_folder
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.many import watch_all
from vidqa.engine.summaries.chapters import NO_TITLE
from vidqa.engine.summaries.part_answers import PartAnswers
from vidqa.engine.summaries.summarize import summarize
from vidqa.engine.summaries.summary import Summary, whole_sentences
from vidqa.errors import NotAVideoError, UsageError, VidqaError
from vidqa.models.summary_form import Quotes, SummaryForm
from vidqa.system.cache import Cache
from vidqa.types import Grounding, Verdict

pytestmark = pytest.mark.numbers

RATE = 5
SHOTS_S = (19.0, 42.0)
LASTS_S = 60.0
SUBTITLES = """1
00:00:01,000 --> 00:00:05,000
the cat is called Chelsea

2
00:00:41,000 --> 00:00:44,000
nothing is said by the dog

3
00:00:45,000 --> 00:00:50,000
who speaks first and last
"""
SAME = ("A cat sits.", "A dog runs.")
GUESS = Grounding("guess", 0.0, 0.0, 0.0)
of = PartAnswers.of
FORM = SummaryForm(
    questions={"short": ("What?",), "medium": ("What?", "Who?"), "long": ("What?", "Who?")},
    window=("And here?",),
    joined={"long": ("Who is here?", "And what?")},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of three shots; the second ends while somebody speaks."""
    path = tmp_path_factory.mktemp("clips") / "minute.mp4"
    ends = [int(time_s * RATE) for time_s in (0.0, *SHOTS_S, LASTS_S)]
    shots = zip((ONE, TWO, THREE), ends, ends[1:], strict=False)
    film(path, (one for one, begin, end in shots for _ in range(end - begin)), rate=RATE)
    path.with_suffix(".srt").write_text(SUBTITLES)
    return path


def load(folder: Path, cache: Path | None, *, words: int = 60) -> Model:
    """Two frames at a time: a budget of 20 seconds."""
    return open_folder(
        spec(frames=2, max_words=words, summaries=FORM),
        folder,
        revision="test",
        device="cpu",
        dtype="float32",
        cache=None if cache is None else Cache(cache),
    )


@pytest.fixture
def model(folder: Path) -> Model:
    return load(folder, None)


def windows_of(summary: Summary) -> list[tuple[float, str]]:
    return [(round(one.start_s, 2), one.cut_at) for one in summary.windows]


def test_a_clip_of_one_budget_is_asked_at_once(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip, start_s=0, end_s=18)
    summary = summarize(clip, length="medium")
    answers = [clip.ask(question) for question in FORM.questions["medium"]]
    texts = dict.fromkeys(whole_sentences(answer.text) for answer in answers)
    assert summary.text == " ".join(texts)
    assert windows_of(summary) == [(0, "start")]
    assert summary.frame_times_s == answers[0].frame_times_s
    assert summary.words_used == 5
    assert summary.new_tokens == sum(answer.new_tokens for answer in answers)


def test_a_longer_one_is_watched_window_by_window_then_together(
    model: Model, long_clip: Path
) -> None:
    summary = summarize(model.watch(long_clip), length="short")
    assert windows_of(summary) == [(0, "start"), (19, "shot"), (41, "pause")]
    # two frames of each window, and two of the whole
    assert len(summary.frame_times_s) == 8
    assert (summary.words_used, summary.words_dropped) == (16, 0)
    assert summary.asked == ("What?",)
    assert summary.text


def test_together_the_model_is_shown_what_it_said_of_the_windows(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[tuple[str, str]]()
    ask = Clip.ask

    def noted(clip: Clip, question: str, **settings: Any) -> Any:
        answer = ask(clip, question, **settings)
        asked.append((" ".join(one.text for one in clip.words.cues), answer.text))
        return answer

    monkeypatch.setattr(LocalClip, "ask", noted)
    summarize(model.watch(long_clip), length="short")
    *parts, (shown, _) = asked
    assert [words for words, _ in parts] == [
        "the cat is called Chelsea",
        "",
        "nothing is said by the dog who speaks first and last",
    ]
    said = [whole_sentences(text) for _, text in parts]
    assert shown == " ".join(" ".join(text.split()) for text in said if text)


def test_windows_that_are_too_many_words_are_told_together_first(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[int]()
    ask = Clip.ask

    def noted(clip: Clip, question: str, **settings: Any) -> Any:
        shown.append(sum(len(segment.text.split()) for segment in clip.segments))
        return replace(ask(clip, question, **settings), text="One two three.", stopped_by="end")

    monkeypatch.setattr(LocalClip, "ask", noted)
    summary = summarize(load(folder, None, words=7).watch(long_clip, subtitles="off"))
    assert [round(one.start_s) for one in summary.windows] == [0, 19, 42]
    # three windows; then the first two of them, and the third, whose words are few enough together
    assert shown == [0, 0, 0, 6, 3, 6, 6]
    assert not summary.warnings


def test_words_that_begin_before_the_stretch_are_shown_with_its_first_window(
    model: Model, long_clip: Path
) -> None:
    whole = model.watch(long_clip, start_s=4, end_s=50)
    summary = summarize(whole, length="short")
    assert len(summary.windows) == 3
    assert summary.words_used == sum(len(cue.text.split()) for cue in whole.words.cues) == 16


def test_or_the_windows_follow_each_other(model: Model, long_clip: Path) -> None:
    summary = summarize(model.watch(long_clip), length="long")
    assert len(summary.text.split("\n\n")) == 3
    assert summary.asked == ("Who is here?", "And what?")
    assert len(summary.frame_times_s) == 6


def test_a_summary_that_was_stopped_goes_on_there(
    folder: Path, long_clip: Path, tmp_path: Path
) -> None:
    def stop(label: str) -> None:
        if label.startswith("part 3 of 3, "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summarize(load(folder, tmp_path / "kept").watch(long_clip), progress=stop)
    told = list[str]()
    again = summarize(load(folder, tmp_path / "kept").watch(long_clip), progress=told.append)
    assert [label for label in told if label.startswith("part")] == ["part 1 of 1"]
    assert again == summarize(load(folder, tmp_path / "other").watch(long_clip))
    told.clear()
    summarize(load(folder, tmp_path / "kept").watch(long_clip), progress=told.append)
    assert not [label for label in told if label.startswith("part")]


def test_other_words_are_another_window(folder: Path, long_clip: Path, tmp_path: Path) -> None:
    summarize(load(folder, tmp_path).watch(long_clip))
    other = tmp_path / "other.srt"
    other.write_text(SUBTITLES.replace("Chelsea", "Felix"))
    told = list[str]()
    clip = load(folder, tmp_path).watch(long_clip, subtitles=str(other))
    changed = summarize(clip, progress=told.append)
    # the second window is silent, but its words come from another place
    assert [label for label in told if label.startswith("part")]
    assert changed.words_source == "file"


def test_a_window_that_cannot_be_watched_is_said(
    model: Model, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = model.watch(long_clip)

    def damaged(*views: Any, **settings: Any) -> Iterator[tuple[str, LocalClip | VidqaError]]:
        for number, (name, one) in enumerate(watch_all(*views, **settings)):
            yield name, NotAVideoError("it is torn") if number in torn else one

    monkeypatch.setattr("vidqa.engine.summaries.piecewise.watch_all", damaged)
    torn = {1}
    summary = summarize(clip, length="short")
    assert windows_of(summary) == [(0, "start"), (41, "pause")]
    assert summary.warnings == ("19.0 to 41.0 s could not be watched",)
    torn = {0, 1, 2}
    with pytest.raises(NotAVideoError, match="torn"):
        summarize(clip, length="short")


def test_chapters_begin_at_shots_and_pauses(model: Model, long_clip: Path) -> None:
    summary = summarize(model.watch(long_clip, start_s=15, end_s=33), chapters=True)
    assert [(one.start_s, one.cut_at) for one in summary.chapters] == [(15, "start")]
    record = summarize(model.watch(long_clip), chapters=True).to_record()
    assert record["chapters"][0].keys() == {"start_s", "end_s", "cut_at", "title"}
    begun = [(one["start_s"], one["cut_at"]) for one in record["chapters"]]
    assert begun == [(0, "start"), (19, "shot"), (41, "pause")]
    assert list(record)[:2] == ["schema_version", "summary"]
    assert record["question"] == "medium summary"


def test_chapters_that_are_in_the_file_are_taken(
    model: Model, long_clip: Path, tmp_path: Path
) -> None:
    written = (0, 12, "iPhone & C#"), (12, 33, "Chapter 02"), (33, 60, "  1984\n")
    clip = with_chapters(long_clip, tmp_path / "chapters.mp4", written)
    summary = model.watch(clip).summarize(chapters=True)
    assert [(one.start_s, one.end_s, one.cut_at) for one in summary.chapters] == [
        (0, 12, "start"),
        (12, 33, "chapter"),
        (33, LASTS_S, "chapter"),
    ]
    first, second, third = (one.title for one in summary.chapters)
    assert (first, third) == ("iPhone & C#", "1984")
    assert second != "Chapter 02", "nobody gave it a title"
    assert not any("chapters" in one for one in summary.warnings)
    part = model.watch(clip, start_s=20, end_s=55).summarize("none", chapters=True).chapters
    assert [(one.start_s, one.end_s) for one in part] == [(20, 33), (33, 55)]
    assert part[1].title == "1984"


def test_short_chapters_are_joined_and_the_longest_gives_the_title(
    model: Model, long_clip: Path, tmp_path: Path
) -> None:
    written = (3, 5, "Logo"), (5, 30, "Intro"), (30, 33, "Ad"), (33, 60, "Talk")
    clip = with_chapters(long_clip, tmp_path / "chapters.mp4", written)
    summary = model.watch(clip).summarize("none", chapters=True)
    assert [(one.start_s, one.title) for one in summary.chapters] == [(0, "Intro"), (33, "Talk")]
    assert any("of 4 chapters in the file 2 were made" in one for one in summary.warnings)


@pytest.mark.parametrize(
    "title", ["Chapter 1", "chapter-01", "0:05:00.000", "12", "", "Kapitel 3:"]
)
def test_no_titles(title: str) -> None:
    assert NO_TITLE.fullmatch(title)


@pytest.mark.parametrize("title", ["Capitalism", "1984", "Capri 2019", "Chapter 1: The cat", "C"])
def test_titles(title: str) -> None:
    assert not NO_TITLE.fullmatch(title)


def test_one_chapter_in_the_file_is_none(model: Model, long_clip: Path, tmp_path: Path) -> None:
    written = (0, 55, "All"), (55, 60, "Credits")
    clip = with_chapters(long_clip, tmp_path / "chapters.mp4", written)
    found = model.watch(clip).summarize(chapters=True).chapters
    assert "All" not in [one.title for one in found]
    assert all(one.end_s - one.start_s >= 10 for one in found)


def test_densely_spoken_parts_are_shorter(folder: Path, long_clip: Path, tmp_path: Path) -> None:
    cues = (
        f"{second}\n00:00:{second:02},000 --> 00:00:{second:02},900\nnothing is said by the dog\n"
        for second in range(60)
    )
    words = tmp_path / "dense.srt"
    words.write_text("\n".join(cues))
    summary = summarize(
        load(folder, None, words=100).watch(long_clip, subtitles=str(words)), length="short"
    )
    assert len(summary.windows) == 6
    assert (summary.words_used, summary.words_dropped) == (360, 0)


@pytest.mark.parametrize("budget", ["one window", "several"])
def test_chapters_begin_where_the_topic_changes(
    folder: Path, long_clip: Path, tmp_path: Path, budget: str
) -> None:
    cues = (
        f"{at}\n00:00:{2 * at:02},000 --> 00:00:{2 * at + 2:02},000\n{text}\n"
        for at, text in enumerate((*BREAD, *BICYCLES))
    )
    words = tmp_path / "talk.srt"
    words.write_text("\n".join(cues))
    model = load(folder, None, words=300)
    frames = 9 if budget == "one window" else 2
    clip = model.watch(long_clip, end_s=24, subtitles=str(words), frames=frames)
    found = clip.summarize("none", chapters=True).chapters
    assert (12.0, "topic") in [(one.start_s, one.cut_at) for one in found]


def test_no_chapter_is_short_however_dense_the_talk(
    folder: Path, long_clip: Path, tmp_path: Path
) -> None:
    times = ((0, 5), (8, 21))  # the pause would end a chapter of eight seconds
    cues = (
        f"{number}\n00:00:{at:02},000 --> 00:00:{at + 1:02},000\n{'word ' * 20}\n"
        for number, at in enumerate((at for begin, end in times for at in range(begin, end)), 1)
    )
    words = tmp_path / "dense.srt"
    words.write_text("\n".join(cues))
    clip = load(folder, None).watch(long_clip, end_s=21, subtitles=str(words))
    found = clip.summarize("none", chapters=True).chapters
    assert all(one.end_s - one.start_s >= 10 for one in found)


def test_a_clip_sums_itself_up(model: Model, long_clip: Path) -> None:
    clip = model.watch(long_clip, start_s=15, end_s=33)
    assert clip.summarize("short") == summarize(clip, length="short")
    assert clip.summarize(chapters=True).chapters


def test_chapters_alone(model: Model, long_clip: Path) -> None:
    summary = model.watch(long_clip).summarize("none", chapters=True)
    assert (summary.text, summary.asked, summary.question) == ("", (), "chapters")
    assert [round(one.start_s) for one in summary.chapters] == [0, 19, 41]
    assert len(summary.frame_times_s) == 6, "two frames of each chapter"
    assert summary.words_used == 16
    assert summary.can_tell
    with pytest.raises(UsageError, match="nothing in it"):
        model.watch(long_clip).summarize("none")


def test_chapters_that_have_titles_need_no_model(
    model: Model, long_clip: Path, tmp_path: Path
) -> None:
    written = (0, 30, "The cat"), (30, 60, "The dog")
    clip = model.watch(with_chapters(long_clip, tmp_path / "chapters.mp4", written))
    summary = clip.summarize("none", chapters=True)
    assert [one.title for one in summary.chapters] == ["The cat", "The dog"]
    assert (summary.new_tokens, len(summary.frame_times_s)) == (0, 2)


def test_titles_are_kept_too(folder: Path, long_clip: Path, tmp_path: Path) -> None:
    def once_more(stop_at: str) -> tuple[Summary | None, list[str]]:
        told = list[str]()

        def progress(label: str) -> None:
            told.append(label)
            if label.startswith(stop_at):
                raise KeyboardInterrupt

        clip = load(folder, tmp_path).watch(long_clip, subtitles="off")
        try:
            return clip.summarize("none", chapters=True, progress=progress), told
        except KeyboardInterrupt:
            return None, told

    assert once_more("part 3 of 3")[0] is None
    summary, told = once_more("never")
    assert [label for label in told if label.startswith("part")] == ["part 1 of 1"]
    other = load(folder, None).watch(long_clip, subtitles="off")
    assert summary == other.summarize("none", chapters=True)


def test_every_sentence_says_what_it_rests_on(
    folder: Path, long_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "A cat sits. It is called Chelsea.\n\nNobody knows why."
    monkeypatch.setattr(
        PartAnswers, "of", staticmethod(lambda some: replace(of(some), texts=(said,)))
    )
    clip = load(folder, tmp_path).watch(long_clip, start_s=0, end_s=18)
    summary = clip.summarize("short", grounding=True)
    assert summary.text == said
    found = [one.text for one in summary.sentences or ()]
    assert found == ["A cat sits.", "It is called Chelsea.", "Nobody knows why."]
    (alone,) = clip.grounds("What?", ["It is called Chelsea."])
    assert summary.sentences[1].grounding == alone
    record = summary.to_record()["sentences"]
    assert record[1]["grounding"]["verdict"] == alone.verdict
    whole = load(folder, tmp_path).watch(long_clip)
    kept = whole.summarize("short", grounding=True)
    told = list[str]()
    again = whole.summarize("short", grounding=True, progress=told.append)
    assert again == kept
    assert not [label for label in told if label.startswith("part")]


def test_guesses_are_left_out(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "A cat sits. It guesses.\n\nA guess. Two dogs run. A last guess."
    monkeypatch.setattr(
        PartAnswers, "of", staticmethod(lambda some: replace(of(some), texts=(said,)))
    )

    def judge(clip: Clip, question: str, texts: list[str]) -> tuple[Grounding, ...]:
        return tuple(
            GUESS if "guess" in text else Grounding("seen", 3.0, 0.0, 3.0) for text in texts
        )

    monkeypatch.setattr(LocalClip, "grounds", judge)
    clip = load(folder, None).watch(long_clip, start_s=0, end_s=18)
    summary = clip.summarize("short", strict=True)
    assert summary.text == "A cat sits.\n\nTwo dogs run."
    assert summary.guesses_left_out == 3
    assert "3 sentences that rested on nothing in the clip were left out" in summary.warnings
    assert summary.to_record()["guesses_left_out"] == 3
    assert clip.summarize("short", grounding=True).text == said
    with pytest.raises(UsageError, match="nothing in it"):
        clip.summarize("none", chapters=True, strict=True)


def test_a_sentence_may_rest_on_any_window(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(clip: Clip, question: str, texts: list[str]) -> tuple[Grounding, ...]:
        worth = 5.0 if (clip.viewing.start_s or 0) > 40 else 1.0
        verdict: Verdict = "seen" if worth == 5.0 else "guess"
        return tuple(Grounding(verdict, worth, 0.0, worth) for _ in texts)

    monkeypatch.setattr(LocalClip, "grounds", judge)
    watched = load(folder, None).watch(long_clip)
    assert {
        one.grounding.verdict for one in watched.summarize("short", grounding=True).sentences or ()
    } == {"seen"}
    alike = iter(SAME * 2)
    monkeypatch.setattr(
        PartAnswers, "of", staticmethod(lambda some: replace(of(some), texts=(next(alike), "")))
    )
    windows = watched.summarize("long", grounding=True).sentences or ()
    assert [(one.text, one.grounding.verdict) for one in windows] == [
        (SAME[0], "guess"),
        (SAME[1], "guess"),
        (SAME[0], "seen"),
    ]


def test_instructions_and_language_go_into_every_question(model: Model, long_clip: Path) -> None:
    told = {"instructions": "for a {blind} listener", "language": "de-AT"}
    summary = model.watch(long_clip).summarize("long", **told)
    wish = "\nFollow these instructions: for a {blind} listener\nAnswer in German."
    assert summary.asked == ("Who is here?" + wish, "And what?" + wish)
    titles = SummaryForm().worded(instructions="briefly", language="German")
    assert titles.title_of_words.endswith("\nAnswer in German.")
    assert "briefly" not in titles.title_of_words
    assert all("briefly" in one and "German" in one for one in titles.window)
    assert summary.text != model.watch(long_clip).summarize("long").text


def test_a_model_that_cannot_do_so_says_so(folder: Path, long_clip: Path) -> None:
    form = replace(FORM, instructed=None)
    poor = open_folder(
        replace(spec(frames=2, summaries=form), languages=("en",)),
        folder,
        revision="test",
        device="cpu",
        dtype="float32",
    )
    clip = poor.watch(long_clip, start_s=0, end_s=18)
    with pytest.raises(UsageError, match="follows no instructions"):
        clip.summarize(instructions="for a blind listener")
    with pytest.raises(UsageError, match="answers only in en, not in de"):
        clip.summarize(language="de")
    assert clip.summarize(language="en").asked == ("What?", "Who?"), "it knows no other"
    with pytest.raises(UsageError, match="no language"):
        clip.summarize(language="gibberish!")


@pytest.mark.parametrize("instructions", ["", " \n"])
def test_empty_instructions_are_none(model: Model, long_clip: Path, instructions: str) -> None:
    with pytest.raises(UsageError, match="instructions are empty"):
        model.watch(long_clip).summarize(instructions=instructions)


def quoting(folder: Path, **quotes: Quotes) -> Model:
    """A model that does not sum up words."""
    return open_folder(
        spec(frames=2, max_words=60, summaries=replace(FORM, quotes=quotes)),
        folder,
        revision="test",
        device="cpu",
        dtype="float32",
    )


def test_what_is_said_is_quoted_for_a_model_that_does_not_sum_up(
    folder: Path, long_clip: Path
) -> None:
    model = quoting(folder, short=Quotes(1, joins=True), long=Quotes(2))
    watched = model.watch(long_clip)
    shown, quote = watched.summarize("short").text.rsplit('; a voice says: "', 1)
    assert shown
    assert quote in {'the cat is called Chelsea"', 'nothing is said by the dog"'}
    long = watched.summarize("long").text.split("\n\n")
    assert 'A voice says: "the cat is called Chelsea"' in long[0]
    assert "A voice says" not in long[1], "nothing is said there"
    assert 'A voice says: "nothing is said by the dog' in long[2]
    assert "voice" not in model.watch(long_clip, subtitles="off").summarize("short").text


def test_progress_says_how_much_is_left(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    load(folder, None).watch(long_clip).summarize("short", progress=told.append)
    first, second, third = (label for label in told if label.startswith("part"))
    assert first == "part 1 of 3"
    assert re.fullmatch(r"part 2 of 3, \d:\d\d:\d\d left", second)
    assert re.fullmatch(r"part 3 of 3, \d:\d\d:\d\d left", third)


def test_chapters_longer_than_windows_are_titled_by_what_is_said_of_those(
    model: Model, long_clip: Path, tmp_path: Path
) -> None:
    written = (0, 45, "Chapter 1"), (45, 60, "The end")
    clip = model.watch(with_chapters(long_clip, tmp_path / "chapters.mp4", written))
    summary = clip.summarize("none", chapters=True)
    assert len(summary.windows) == 3
    assert [round(one.end_s) for one in summary.chapters] == [45, 60]
    assert len(summary.frame_times_s) == 8, "of three windows, and of the first chapter"


@pytest.mark.parametrize(
    ("said", "subtitles", "told"),
    [
        ("I cannot tell.", "none.srt", "{} recognises nothing in its frames and it has no sound"),
        ("I cannot tell.", "off", "{} recognises nothing in its frames and nobody listened"),
        ("I cannot tell.", "auto", "{} recognises nothing in its frames"),
        ("", "auto", "{} wrote nothing"),
        ("I cannot tell. It is a cat.", "auto", None),
    ],
)
def test_a_clip_of_which_nothing_can_be_told(
    folder: Path,
    long_clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    subtitles: str,
    told: str | None,
) -> None:
    monkeypatch.setattr(
        PartAnswers, "of", staticmethod(lambda some: replace(of(some), texts=(said,)))
    )
    (tmp_path / "none.srt").write_text("1\n00:00:50,000 --> 00:00:51,000\nlater\n")
    doubtful = open_folder(
        spec(frames=2, summaries=replace(FORM, doubts=("I cannot tell.",))),
        folder,
        revision="test",
        device="cpu",
        dtype="float32",
    )
    words = str(tmp_path / subtitles) if subtitles == "none.srt" else subtitles
    clip = doubtful.watch(long_clip, start_s=0, end_s=18, subtitles=words)
    summary = clip.summarize("short")
    assert summary.can_tell == (told is None) == summary.to_record()["can_tell"]
    if told is None:
        assert summary.text == said
    else:
        assert summary.text == f"Nothing can be told of this clip: {told.format(clip.model.name)}."


def test_a_summary_of_guesses_alone_tells_nothing(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalClip, "grounds", lambda clip, question, texts: [GUESS for _ in texts])
    said = "I cannot tell. A guess."
    monkeypatch.setattr(
        PartAnswers, "of", staticmethod(lambda some: replace(of(some), texts=(said,)))
    )
    clip = load(folder, None).watch(long_clip, start_s=0, end_s=18)
    summary = clip.summarize("short", strict=True)
    assert summary.text.startswith("Nothing can be told of this clip: what ")
    assert (summary.can_tell, summary.sentences, summary.guesses_left_out) == (False, (), 2)


def test_a_joined_quote_hides_no_guess(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(clip: Clip, question: str, texts: list[str]) -> tuple[Grounding, ...]:
        heard = Grounding("heard", 0.0, 9.0, 9.0)
        return tuple(heard if text.startswith("A voice says") else GUESS for text in texts)

    monkeypatch.setattr(LocalClip, "grounds", judge)
    clip = quoting(folder, short=Quotes(1, joins=True)).watch(long_clip, start_s=0, end_s=18)
    assert "; a voice says: " in clip.summarize("short").text
    strict = clip.summarize("short", strict=True)
    assert strict.text == 'A voice says: "the cat is called Chelsea"'
    assert strict.guesses_left_out >= 1


def test_what_is_said_in_a_damaged_window_is_not_quoted_elsewhere(
    folder: Path, long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = quoting(folder, long=Quotes(5))
    clip = model.watch(long_clip)

    def damaged(*views: Any, **settings: Any) -> Iterator[tuple[str, LocalClip | VidqaError]]:
        for number, (name, one) in enumerate(watch_all(*views, **settings)):
            yield name, NotAVideoError("it is torn") if number == 2 else one

    monkeypatch.setattr("vidqa.engine.summaries.piecewise.watch_all", damaged)
    text = clip.summarize("long").text
    assert "the cat is called Chelsea" in text
    assert "nothing is said by the dog" not in text
