"""What stands on the screen in a made clip: captions, titles, slides, signs."""

import random
from collections.abc import Callable, Mapping, Sequence

from speech import DAYS, PEOPLE, PLACES
from vidqa.types import ON_SCREEN_JOIN, Cue

SHARE = 0.5
"""Share of clips with text."""
COUNTS = (1, 1, 1, 2, 2, 3)
SYLLABLES = (
    "ba", "bel", "cor", "dan", "el", "fin", "gra", "hol", "in", "jo", "ka", "lem", "mar", "nor",
    "o", "pel", "quin", "ra", "sto", "tu", "ul", "ver", "wen", "xa", "yo", "zim", "sch", "eau",
)  # fmt: skip
ROLES = (
    "engineer", "head of sales", "Mayor", "biologist", "Episode 4", "reporter", "Director",
    "our guest", "captain", "teacher of music", "eyewitness", "CEO",
)  # fmt: skip
SIGNS = (
    "EXIT", "No entry", "Platform {n}", "SALE {n} %", "Open {n}:30 - 18:00", "Chapter {n}", "LIVE",
    "Press start", "Error {n}", "Room {n}", "Score {n} : 2", "Please wait", "Push", "Part {n}",
    "Subscribe", "THE END", "Breaking news", "{n} kg", "Gate B{n}", "Ticket {n}", "Caution",
    "Men at work", "Women", "People only", "Children crossing", "Staff", "Dogs welcome", "No cars",
    "Kids eat free", "Speaker: {name}", "A film by {name}", "Nobody is perfect",
)  # fmt: skip
SLIDES = (
    "Results {n}", "Agenda", "Next steps", "Thank you", "Why {name} matters", "Costs: {n} million",
    "How to draw a {thing}", "The {thing}", "Step {n}: clean the {thing}", "All about {thing}s",
    "The history of {place}", "Welcome to {place}", "Summer in {place}", "See you on {day}!",
    "The people of {place}", "{n} people came", "A man and his {thing}", "No {thing} today",
    "{name} and {thing}", "Lesson {n}", "Questions?", "{n} facts about the {thing}",
)  # fmt: skip


def signs(
    duration_s: float,
    names: Sequence[str],
    written: Mapping[str, list[str]],
    chance: random.Random,
) -> tuple[Cue, ...]:
    """Draw what stands on the screen, in order of time; often nothing does."""
    if chance.random() >= SHARE:
        return ()
    draw: Sequence[Callable[[], str]] = (
        lambda: _filled(chance.choice(SIGNS), names, chance),
        lambda: _filled(chance.choice(SLIDES), names, chance),
        lambda: f"{_name(chance)}, {chance.choice(ROLES)}",
        lambda: chance.choice(written[chance.choice(list(written))]),
        lambda: " ".join(_word(chance) for _ in range(chance.randint(1, 3))),
    )
    starts = sorted(chance.uniform(0, duration_s * 0.95) for _ in range(chance.choice(COUNTS)))
    cues = list[Cue]()
    for start_s in starts:
        parts = [chance.choice(draw)() for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        text = ON_SCREEN_JOIN.join(dict.fromkeys(parts))
        if chance.random() < 0.2:
            text = text.upper()
        cues.append(Cue(start_s, start_s + 1.0, text, on_screen=True))
    return tuple(cues)


def _filled(form: str, names: Sequence[str], chance: random.Random) -> str:
    return form.format(
        n=chance.randint(2, 120),
        name=_name(chance),
        thing=chance.choice(names),
        place=chance.choice(PLACES),
        day=chance.choice(DAYS),
    )


def _name(chance: random.Random) -> str:
    return f"{chance.choice(PEOPLE)} {_word(chance)}" if chance.random() < 0.7 else _word(chance)


def _word(chance: random.Random) -> str:
    """Draw a word that nobody knows, so that reading is copying letter by letter."""
    return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 3))).capitalize()
