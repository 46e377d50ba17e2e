"""What is said in a made clip."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidqa.types import Cue


def _listed_in(text: str) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in text.split(","))


PEOPLE = _listed_in("""Anna, Ben, Carla, David, Emma, Farid, Grace, Henry, Ines, James, Kofi, Lena,
    Mario, Nadia, Omar, Paula, Quentin, Rosa, Samir, Tara, Uma, Victor, Wendy, Yusuf, Zoe, Bella,
    Max, Oscar, Ruby, Mister Brown, Doctor Lee""")
PLACES = _listed_in("""Paris, London, the garden, the kitchen, Berlin, Florida, the park, Tokyo,
    the mountains, the harbour, my village, the office, Cairo, the school, the market, Kenya,
    the old town, the desert, Lima, space""")
DAYS = _listed_in("""Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, today,
    yesterday""")
NUMBERS = _listed_in("two, three, four, five, six, seven, eight, nine, ten, twelve, a hundred")
COUNTS = (0, 0, 0, 1, 1, 1, 2, 2, 3, 4)
LONG = 0.06
"""Share of clips in which somebody talks all the time."""
CARELESS = 0.12
"""Share of transcripts without capitals and full stops."""


@dataclass(frozen=True)
class Said:
    """Sentences with their times, and what each is about."""

    cues: tuple[Cue, ...]
    topics: tuple[str, ...]
    """Without repeats, in order; a thing that can be seen has `the` before its name."""

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(cue.text for cue in self.cues)


def speech(
    duration_s: float,
    shown: Sequence[str],
    names: Sequence[str],
    written: Mapping[str, list[str]],
    chance: random.Random,
) -> Said:
    """Draw what is said; often nothing is."""
    count = chance.randint(6, 12) if chance.random() < LONG else chance.choice(COUNTS)
    starts = sorted(chance.uniform(0, duration_s * 0.95) for _ in range(count))
    careless = chance.random() < CARELESS
    cues, topics = list[Cue](), list[str]()
    for start_s in starts:
        text, topic = _sentence(shown, names, written, chance)
        if any(text == cue.text for cue in cues):
            continue
        if careless:
            text = text.lower().rstrip(".!?").replace(",", "")
        cues.append(Cue(start_s, start_s + 1.0, text))
        topics.append(topic)
    return Said(tuple(cues), tuple(dict.fromkeys(topics)))


def _sentence(
    shown: Sequence[str],
    names: Sequence[str],
    written: Mapping[str, list[str]],
    chance: random.Random,
) -> tuple[str, str]:
    """Something somebody might say, and its topic."""
    thing = chance.choice(list(shown)) if shown and chance.random() < 0.5 else chance.choice(names)
    if chance.random() < 0.35:
        return _made(thing, chance)
    topic = f"the {thing}" if chance.random() < 0.6 else chance.choice(list(written))
    if topic not in written:
        return _made(thing, chance)
    return chance.choice(written[topic]), topic


def _made(thing: str, chance: random.Random) -> tuple[str, str]:
    person, place, day = chance.choice(PEOPLE), chance.choice(PLACES), chance.choice(DAYS)
    number, topic = chance.choice(NUMBERS), f"the {thing}"
    return chance.choice(
        [
            (f"This is {person}, who lives in {place}.", person),
            (f"The {thing} is called {person}.", topic),
            (f"We bought the {thing} in {place} {number} years ago.", topic),
            (f"My {thing} was made in {place} by {person}.", topic),
            (f"{number.capitalize()} people came to {place} on {day} to see the {thing}.", topic),
            (f"Have you ever seen a {thing} like this one?", topic),
            (f"{person} told me about the {thing} on {day}.", topic),
            (f"I never wanted a {thing}, but {person} gave me {number} of them.", topic),
            (f"{person} drinks {number} cups every morning in {place}.", person),
            (f"On {day} {person} went to {place} for {number} hours.", person),
        ]
    )
