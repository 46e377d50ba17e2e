"""Searching an index: by words of any script, by meaning, by both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shelves import files, read, row, said, shelve

from vidqa.engine.finding.ranking import EVEN, Meaning, fused
from vidqa.tasks.index import lookup
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.search import Hit
from vidqa.tasks.index.search import search as search_files

DOORS = said(
    "Good morning.",
    "Somebody opened the red door.",
    "Nothing else happened.",
    "The weather is fine.",
)
CATS = said("My cat sleeps all day.", "It never eats fish.", "The door is green.")
CHINESE = said("今天我们去北京看长城。", "那里有很多红色的门。")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "index.sqlite", writes=True) as library:
        yield library


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Library:
    shelve(library, tmp_path / "doors.mp4", DOORS)
    shelve(library, tmp_path / "cats.mp4", CATS)
    shelve(library, tmp_path / "beijing.mp4", CHINESE)
    shelve(library, tmp_path / "slides.mp4", (read(3, "Agenda: the budget of 2026"),))
    shelve(library, tmp_path / "dog.mp4", (), captions={0: "The video shows a dog."})
    return library


def search(library: Library, query: str, **how: Any) -> list[Hit]:
    return search_files(library, query, how.pop("files", files(library)), **how)


def names(hits: list[Hit]) -> list[str]:
    return [hit.path.stem for hit in hits]


@pytest.mark.parametrize(
    ("query", "clip", "kind", "at_s"),
    [
        ("a man opens the red door", "doors", "said", 10.0),
        ("cats sleeping", "cats", "said", 0.0),
        ("北京", "beijing", "said", 0.0),
        ("红色", "beijing", "said", 10.0),
        ("budget 2026", "slides", "read", 3.0),
        ("is there a dog?", "dog", "seen", 0.0),
    ],
)
def test_the_clip_that_a_query_is_about_comes_first(
    shelf: Library, query: str, clip: str, kind: str, at_s: float
) -> None:
    first, *_ = search(shelf, query)
    assert (first.path.stem, first.kind, first.at_s) == (clip, kind, at_s)
    assert 0.4 <= first.score <= 1
    assert first.by_meaning == 0


def test_rare_words_tell_more_than_frequent_ones(shelf: Library) -> None:
    hits = search(shelf, "red door", least=0.0)
    assert names(hits) == ["doors", "cats"]
    assert hits[0].by_words == 1
    assert hits[1].by_words < 0.5  # it has a door


@pytest.mark.parametrize("query", ["zebra", "a purple unicorn parade", "东京"])
def test_what_is_nowhere_is_not_found(shelf: Library, query: str) -> None:
    assert search(shelf, query, least=0.01) == []


def test_one_clip_alone_is_searched(shelf: Library) -> None:
    only = {one: paths for one, paths in files(shelf).items() if paths[0].stem == "cats"}
    assert names(search(shelf, "red door", files=only, least=0.0)) == ["cats"]
    assert search(shelf, "red door", files={}, least=0.0) == []


def test_hits_are_limited(library: Library, tmp_path: Path) -> None:
    for number in range(12):
        shelve(library, tmp_path / f"{number:02}.mp4", said(f"The fox number {number}."))
    assert len(search(library, "fox")) == 10
    assert len(search(library, "fox", most=3)) == 3


def test_a_sentence_in_two_windows_is_one_hit(library: Library, tmp_path: Path) -> None:
    sentences = [f"Sentence {number} of many." for number in range(20)]
    windows = shelve(library, tmp_path / "long.mp4", said(*sentences, every_s=5))
    both = [one for one in sentences if sum(_has(w, one, sentences) for w in windows) == 2]
    assert both, "some sentence lies in the overlap"
    number = both[0].split()[1]
    (hit,) = search(library, number)
    assert hit.text == both[0]


def _has(window: object, sentence: str, sentences: list[str]) -> bool:
    start = 5.0 * sentences.index(sentence)
    return window.start_s < start + 4.5 and window.end_s > start  # type: ignore[attr-defined]


def test_meanings_are_found_without_a_common_word(library: Library, tmp_path: Path) -> None:
    shelve(library, tmp_path / "a.mp4", DOORS, vectors=[{"said": row(1, 0, 0)}], compared="x")
    shelve(library, tmp_path / "b.mp4", CATS, vectors=[{"said": row(0, 1, 0)}], compared="x")
    shelve(library, tmp_path / "c.mp4", CHINESE, vectors=[{"said": row(1, 0, 0)}], compared="y")
    meaning = Meaning().with_those_of(*lookup.meanings(library, "x", 3), row(0.3, 1, 0)[0], 0.0)
    (hit,) = search(library, "kitten", meaning=meaning)
    assert (hit.path.stem, hit.kind, hit.by_words) == ("b", "said", 0)
    assert hit.by_meaning == pytest.approx(1 / np.sqrt(1.09), abs=1e-3)
    assert hit.score == hit.by_meaning
    assert set(meaning.nearest) == {1, 2}, "the third was encoded otherwise"
    all_of_them = meaning.with_those_of(*lookup.meanings(library, "y", 3), row(1, 0, 0)[0], 0.0)
    assert all_of_them.of(3) == (pytest.approx(1, abs=1e-3), "said")
    unlike = Meaning().with_those_of(*lookup.meanings(library, "x", 3), row(0.3, 1, 0)[0], 0.5)
    assert unlike.of(1)[0] == 0, "0.29 is no likeness where 0.5 is usual"


def test_the_nearest_piece_of_a_long_text_counts(library: Library, tmp_path: Path) -> None:
    pieces = np.concatenate([row(1, 0, 0), row(0, 1, 0), row(0, 0, 1)])
    shelve(library, tmp_path / "a.mp4", DOORS, vectors=[{"read": pieces}], compared="x")
    meaning = Meaning().with_those_of(*lookup.meanings(library, "x", 3), row(0, 1, 0)[0], 0.0)
    assert meaning.of(1) == (pytest.approx(1), "read")


@pytest.mark.parametrize(
    ("query", "text"),
    [("cafe", "Wir gehen ins Café."), ("opens", "Somebody opened it."), ("山", "那里有山。")],
)
def test_what_was_found_is_shown_however_it_is_written(
    library: Library, tmp_path: Path, query: str, text: str
) -> None:
    shelve(library, tmp_path / "a.mp4", said("Nothing of it.", text, "Nor here."))
    (hit,) = search(library, query)
    assert (hit.kind, hit.text, hit.at_s) == ("said", text, 10.0)


def test_a_caption_is_shown_where_it_has_the_words(library: Library, tmp_path: Path) -> None:
    captions = {0: "A man opened a gate."}
    shelve(library, tmp_path / "a.mp4", said("Nothing of it."), captions=captions)
    (hit,) = search(library, "opens")
    assert (hit.kind, hit.text) == ("seen", "A man opened a gate.")


def test_words_and_meaning_are_fused_by_rank() -> None:
    assert fused([[1, 2, 3], [3, 2, 1]]) == [1, 3, 2]
    assert fused([[1, 2], [2]]) == [2, 1]
    assert fused([[], []]) == []
    worth = 1 / (EVEN + 1)
    assert worth + worth > 1 / (EVEN + 2) + worth


def test_copies_are_named_once(shelf: Library, tmp_path: Path) -> None:
    (content,) = {one.content for one in shelf.places() if one.path.stem == "cats"}
    copy = tmp_path / "copy of cats.mp4"
    assert shelf.place(copy, (1, 1), content)
    (hit,) = search(shelf, "cat")
    assert (hit.path.name, [path.name for path in hit.copies]) == ("cats.mp4", [copy.name])
