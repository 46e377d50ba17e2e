"""Which windows a question is about, by words and by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest

from vidqa.engine.asking.choose import Finder, within
from vidqa.engine.finding.meanings import Meanings
from vidqa.engine.finding.passages import Passage, captioned, passages_of
from vidqa.engine.summaries.windows import Window
from vidqa.system.cache import Cache
from vidqa.types import Cue

WINDOWS = tuple(Window(40.0 * at, 40.0 * at + 42, "even") for at in range(10))
CUES = (
    Cue(3, 5, "The ferry leaves"),
    Cue(5, 8, "at nine. Nobody knows."),
    Cue(81, 84, "My dog is called Pepper."),
    Cue(125, 128, "The weather is fine."),
    Cue(130, 300, "DOG SHOW", on_screen=True),
)
UNREAD = Meanings(None, None, "film.mp4")
FINDER = Finder(WINDOWS, passages_of(CUES), UNREAD)


@dataclass(frozen=True)
class Axes:
    """Compares by words that stand for an axis each."""

    axes: Sequence[str]
    asked: list[str]
    key = "axes"
    spec = cast(Any, type("Spec", (), {"unlike": 0.0}))

    def reads(self, text: str) -> bool:
        return text.isascii()

    def each(self, texts: Sequence[str]) -> Any:
        self.asked.extend(texts)
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str) -> Any:
        row = np.array([axis in text.lower() for axis in self.axes], np.float32)
        return row / max(1.0, float(np.linalg.norm(row)))


def comparing(*axes: str, cache: Cache | None = None) -> tuple[Meanings, list[str]]:
    asked = list[str]()
    return Meanings(cast(Any, Axes(axes, asked)), cache, "film.mp4"), asked


def test_sentences_are_passages_with_times() -> None:
    ferry, nobody, dog, _, read = passages_of(CUES)
    assert (ferry.start_s, ferry.text) == (3, "The ferry leaves at nine.")
    assert (ferry.end_s, nobody.end_s) == (5, 8), "a cue before the next sentence; all of its own"
    assert (nobody.start_s, nobody.text) == (5, "Nobody knows.")
    assert (dog.start_s, dog.end_s, dog.kind) == (81, 84, "said")
    assert read == Passage(130, 300, "read", "DOG SHOW", "DOG SHOW")
    assert passages_of(()) == ()


def test_sentences_that_never_end_are_cut_behind_commas() -> None:
    clauses = ["the baker sold the old car,", "the nurse likes the new restaurant,"] * 3
    text = " ".join([*clauses, "and the bakery opens at six."])
    parts = passages_of([Cue(100, 128, text)])
    assert [one.text for one in parts] == [*clauses, "and the bakery opens at six."]
    assert (parts[0].start_s, parts[-1].end_s) == (100, 128)
    assert parts[1].start_s == parts[0].end_s == pytest.approx(100 + 28 * 6 / 42)
    (endless, rest) = passages_of([Cue(0, 10, "word " * 29 + "word")])
    assert (len(endless.text.split()), len(rest.text.split())) == (24, 6)


def test_a_window_has_what_is_said_or_read_there() -> None:
    _, _, dog, _, read = passages_of(CUES)
    assert [one.start_s for one in WINDOWS if dog.is_in(one)] == [40, 80]  # they overlap
    assert [one.start_s for one in WINDOWS if read.is_in(one)] == [120, 160, 200, 240, 280]


def test_the_window_with_the_words_is_found() -> None:
    (found,) = FINDER.best("When does the ferry leave?")
    assert (found.window, found.at.text) == (WINDOWS[0], "The ferry leaves at nine.")
    assert FINDER.best("Where is the submarine?") == ()


def test_half_of_the_words_are_not_enough_where_meanings_are_compared() -> None:
    meanings, _ = comparing("ferry", "price", "dog")
    finder = replace(FINDER, meanings=meanings)
    assert [one.window for one in finder.best("When does the ferry leave?")] == [WINDOWS[0]]
    assert not finder.best("When does the captain leave?")
    assert finder.best("Is the dog Pépper?"), "only words count where it does not read"


def test_meaning_finds_without_a_common_word() -> None:
    cues = [Cue(45, 47, "A cutter sails."), Cue(200, 203, "Somebody sleeps.")]
    synonyms, _ = comparing("cutter")
    synonyms = replace(synonyms, sentences=cast(Any, _Synonyms(("cutter",), [])))
    (found,) = Finder(WINDOWS, passages_of(cues), synonyms).best("Is there a boat?")
    assert (found.window, found.share) == (WINDOWS[1], 0)


class _Synonyms(Axes):
    def query(self, text: str) -> Any:
        return super().query(text.replace("boat", "cutter"))


def test_sentences_are_encoded_once(tmp_path: Any) -> None:
    meanings, asked = comparing("dog", cache=Cache(tmp_path, limit_bytes=1 << 20))
    for _ in range(2):
        (found,) = replace(FINDER, meanings=meanings).best("the dog Pepper")[:1]
        assert found.window == WINDOWS[2]
    assert len(asked) == len(FINDER.passages)


def test_what_is_seen_is_found_thing_by_thing() -> None:
    captions = {WINDOWS[2]: "The video shows a cat, then a mug, and then a rocket.", WINDOWS[3]: ""}
    things = captioned(captions)
    assert [one.text for one in things] == ["The video shows a cat", "then a mug", "then a rocket."]
    assert {one.sentence for one in things} == {captions[WINDOWS[2]]}
    (found,) = FINDER.with_captions(captions).best("Is there a mug?")
    assert (found.window, found.at.kind) == (WINDOWS[2], "seen")


def test_windows_are_cut_to_what_is_watched() -> None:
    inside = within(WINDOWS, 41.5, 90)
    assert [(one.start_s, one.end_s) for one in inside] == [(41.5, 82), (80, 90)]
