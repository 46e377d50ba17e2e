"""Which sentences say most of what is said, and where the topic changes."""

from vidqa.engine.summaries.central import most_central, spoken_sentences
from vidqa.engine.summaries.topics import topic_changes
from vidqa.engine.summaries.windows import windows
from vidqa.types import Cue

BREAD = (
    "Bread begins with flour, water and salt.",
    "The flour takes up the water while the dough rests.",
    "Knead the dough until it is smooth.",
    "The yeast in the dough makes it rise.",
    "Warm water makes the yeast work faster.",
    "Shape the dough and bake the bread.",
)
BICYCLES = (
    "A bicycle chain wants oil every month.",
    "Check the brakes of the bicycle before you ride.",
    "The tyres lose air, so pump the tyres.",
    "A loose chain slips when you ride uphill.",
    "New brakes and good tyres make the bicycle safe.",
    "Ride it slowly until the chain runs well.",
)


def said(texts: tuple[str, ...], each_s: float = 4.0) -> tuple[Cue, ...]:
    """One sentence after the other, without a pause."""
    return tuple(Cue(each_s * at, each_s * (at + 1), text) for at, text in enumerate(texts))


def test_sentences_are_put_together_out_of_cues() -> None:
    cues = (
        Cue(0, 2, "Dr. Smith came"),
        Cue(2, 4, "late. He was"),
        Cue(4, 5, "tired."),
        Cue(5, 6, "no mark here"),
        Cue(9, 10, "after a pause"),
        Cue(10, 11, "[...]"),
    )
    assert [(one.start_s, one.text) for one in spoken_sentences(cues)] == [
        (0, "Dr. Smith came late."),
        (2, "He was tired."),
        (5, "no mark here"),
        (9, "after a pause [...]"),
    ]


def test_words_without_any_marks_are_cut_somewhere() -> None:
    cues = tuple(Cue(at, at + 1, "on and on he talks about it") for at in range(40))
    spoken = spoken_sentences(cues)
    assert len(spoken) > 3
    assert sum(len(one.text.split()) for one in spoken) == 40 * 7


def test_what_is_like_all_the_others_says_most() -> None:
    texts = (*BREAD, "My uncle lives in Canada.", "Goodbye!")
    chosen = [one.text for one in most_central(spoken_sentences(said(texts)), 3)]
    assert len(chosen) == 3
    assert set(chosen) < set(BREAD)
    assert chosen == sorted(chosen, key=texts.index), "in their order"


def test_nothing_is_chosen_twice() -> None:
    texts = ("The dough rests for an hour.", "The dough rests for an hour!", *BICYCLES)
    chosen = [one.text for one in most_central(spoken_sentences(said(texts)), 8)]
    assert len(chosen) == 7
    assert [one.text for one in most_central((), 3)] == []


def test_a_new_topic_begins_where_other_words_are_used() -> None:
    assert topic_changes(said((*BREAD, *BICYCLES))) == (24.0,)
    assert topic_changes(said(BREAD[:4])) == ()
    assert topic_changes(()) == ()


def test_a_clip_is_cut_there() -> None:
    cues = said((*BREAD, *BICYCLES))
    parts = windows(0, 48, 25, cues=cues, shots=(22.0,), topics=topic_changes(cues))
    assert [(one.start_s, one.cut_at) for one in parts] == [(0, "start"), (24, "topic")]


def test_scripts_without_blanks_are_read_by_pairs_of_letters() -> None:
    cats = ("\u732b\u304c\u3044\u307e\u3059\u3002", "\u732b\u304c\u7720\u308b\u3002")
    texts = (cats[0], "\u5929\u6c17\u306f\u826f\u3044\u3002", cats[1])
    chosen = [one.text for one in most_central(spoken_sentences(said(texts)), 2)]
    assert chosen == list(cats), "the other is about the weather"
    run = tuple(Cue(at, at + 1, cats[0][:-1] * 4) for at in range(40))
    assert len(spoken_sentences(run)) > 3


def test_short_words_are_sentences_too() -> None:
    assert len(most_central(spoken_sentences(said(("Oh no.", "Go up."))), 5)) == 2
