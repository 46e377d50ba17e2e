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
DAYS = _listed_in("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
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
    facts: tuple[tuple[str, str], ...] = ()
    """Questions that the words answer, with the answers."""

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
    cues, topics, facts = list[Cue](), list[str](), dict[str, str]()
    for start_s in starts:
        text, topic, told = _sentence(shown, names, written, chance)
        if any(text == cue.text for cue in cues):
            continue
        for question, answer in told:
            # what is told twice has no one answer
            facts[question] = "" if question in facts else answer
        if careless:
            text = text.lower().rstrip(".!?").replace(",", "")
        cues.append(Cue(start_s, start_s + 1.0, text))
        topics.append(topic)
    kept = tuple((question, answer) for question, answer in facts.items() if answer)
    return Said(tuple(cues), tuple(dict.fromkeys(topics)), kept)


Sentence = tuple[str, str, list[tuple[str, str]]]
"""Something somebody might say, its topic, and what can be asked about it."""


def _sentence(
    shown: Sequence[str],
    names: Sequence[str],
    written: Mapping[str, list[str]],
    chance: random.Random,
) -> Sentence:
    thing = chance.choice(list(shown)) if shown and chance.random() < 0.5 else chance.choice(names)
    if chance.random() < 0.45:
        return _made(thing, chance)
    topic = f"the {thing}" if chance.random() < 0.6 else chance.choice(list(written))
    if topic not in written:
        return _made(thing, chance)
    return chance.choice(written[topic]), topic, []


def _made(thing: str, chance: random.Random) -> Sentence:
    person, other = chance.sample(PEOPLE, 2)
    place, day, number = chance.choice(PLACES), chance.choice(DAYS), chance.choice(NUMBERS)
    told = {"person": person, "other": other, "place": place, "day": day, "number": number}
    form = chance.choice(FORMS)
    text, topic, *facts = [part.format(thing=thing, **told) for part in form]
    pairs = list(zip(facts[::2], facts[1::2], strict=True))
    return text[0].upper() + text[1:], topic, pairs


FORMS = (
    (
        "This is {person}, who lives in {place}.",
        "{person}",
        "Where does {person} live?",
        "{person} lives in {place}.",
    ),
    (
        "The {thing} is called {person}.",
        "the {thing}",
        "What is the {thing} called?",
        "The {thing} is called {person}.",
    ),
    (
        "This {thing} is called {person}, and it sleeps all day.",
        "the {thing}",
        "What is the {thing} called?",
        "The {thing} is called {person}.",
        "What is the name of the {thing}?",
        "The {thing} is called {person}.",
    ),
    (
        "We bought the {thing} in {place} {number} years ago.",
        "the {thing}",
        "Where was the {thing} bought?",
        "The {thing} was bought in {place}.",
    ),
    (
        "My {thing} was made in {place} by {person}.",
        "the {thing}",
        "Who made the {thing}?",
        "{person} made the {thing}.",
        "Where was the {thing} made?",
        "The {thing} was made in {place}.",
    ),
    (
        "{number} people came to {place} on {day} to see the {thing}.",
        "the {thing}",
        "How many people came?",
        "The speaker says that {number} people came.",
    ),
    ("Have you ever seen a {thing} like this one?", "the {thing}"),
    ("{person} told me about the {thing} on {day}.", "the {thing}"),
    ("I never wanted a {thing}, but {person} gave me {number} of them.", "the {thing}"),
    (
        "{person} drinks {number} cups every morning in {place}.",
        "{person}",
        "How many cups does {person} drink?",
        "{person} drinks {number} cups.",
    ),
    ("On {day} {person} went to {place} for {number} hours.", "{person}"),
    (
        "{person} and {other} will meet in {place} on {day}.",
        "{person}",
        "Where will they meet?",
        "They will meet in {place}.",
        "Who will meet {other}?",
        "{person} will meet {other}.",
    ),
    (
        "The {thing} belongs to {person}.",
        "the {thing}",
        "Who does the {thing} belong to?",
        "The {thing} belongs to {person}.",
        "Whose is the {thing}?",
        "The {thing} belongs to {person}.",
    ),
    (
        "You must not give the {thing} to {person}, because {other} needs it.",
        "the {thing}",
        "Who needs the {thing}?",
        "{other} needs the {thing}.",
    ),
    (
        "It takes {number} hours to drive from {place} to the {thing}.",
        "the {thing}",
        "How long does it take?",
        "It takes {number} hours.",
    ),
)
"""A sentence, its topic, then questions with their answers."""
