"""Questions about a clip whose content is known, and their true answers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from vidqa.types import Cue


def _listed_in(text: str) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in text.split(","))


PEOPLE = _listed_in("""Anna, Ben, Carla, David, Emma, Farid, Grace, Henry, Ines, James, Kofi, Lena,
    Mario, Nadia, Omar, Paula, Quentin, Rosa, Samir, Tara, Uma, Victor, Wendy, Yusuf, Zoe, Chelsea,
    Bella, Max, Oscar, Ruby""")
PLACES = _listed_in("""Paris, London, the garden, the kitchen, Berlin, Florida, the park, Tokyo,
    the mountains, the harbour, my village, the office, Cairo, the school, the market, Kenya,
    the old town, the desert, Lima, space""")
TOPICS = _listed_in("""the weather, breakfast, a long journey, music, an old friend, the harvest,
    football, a new job, the price of bread, a birthday, the news, a lost key, the moon, homework,
    a holiday, the river, good coffee, a broken window, the winter, a wedding, a secret, the night,
    the history of the town""")
DAYS = _listed_in("""Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, today,
    yesterday""")
NUMBERS = _listed_in("two, three, four, five, six, seven, eight, nine, ten, twelve, a hundred")
PLAIN = (
    "I never thought about it that way.",
    "Please look at this carefully.",
    "That is all for now, thank you for watching.",
    "It was harder than we expected.",
    "Nobody knew what would happen next.",
    "We will come back to this later.",
    "It is the best one I have ever had.",
    "Let me show you how it works.",
)


@dataclass(frozen=True)
class Scene:
    """What happens in a made clip."""

    things: tuple[str, ...]
    """Names in order of appearance; none where nothing can be recognised."""
    cues: tuple[Cue, ...]
    topics: tuple[str, ...]
    """What each cue is about."""


def with_article(name: str) -> str:
    """`cat` -> `a cat`, `espresso` -> `an espresso`."""
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def sentence(things: Sequence[str], names: Sequence[str]) -> tuple[str, str]:
    """Something somebody might say, and its topic."""
    person, place, day = random.choice(PEOPLE), random.choice(PLACES), random.choice(DAYS)
    number, topic = random.choice(NUMBERS), random.choice(TOPICS)
    thing = (
        random.choice(list(things) or list(names))
        if random.random() < 0.5
        else random.choice(names)
    )
    made = [
        (f"{person} told me about {topic} in {place}.", topic),
        (f"On {day} we talked about {topic} for {number} hours.", topic),
        (f"This is {person}, who lives in {place}.", person),
        (f"The {thing} is called {person}.", f"the {thing}"),
        (f"We bought the {thing} in {place} {number} years ago.", f"the {thing}"),
        (f"I have always loved {topic}, and {person} loves it too.", topic),
        (f"My {thing} was made in {place} by {person}.", f"the {thing}"),
        (
            f"{number.capitalize()} people came to {place} on {day} to see the {thing}.",
            f"the {thing}",
        ),
        (f"{person} drinks {number} cups every morning in {place}.", person),
        (f"It flew from {place} to {random.choice(PLACES)} on {day}.", place),
    ]
    if random.random() < 0.12:
        plain = random.choice(PLAIN)
        return plain, "something else"
    return random.choice(made)


def speech(
    duration_s: float, things: Sequence[str], names: Sequence[str]
) -> tuple[tuple[Cue, ...], tuple[str, ...]]:
    """Up to four sentences at random times; often none at all."""
    count = random.choice([0, 0, 1, 1, 2, 3, 4])
    starts = sorted(random.uniform(0, duration_s * 0.9) for _ in range(count))
    cues, topics = [], []
    for start_s in starts:
        text, topic = sentence(things, names)
        cues.append(Cue(start_s, start_s + 1.0, text))
        topics.append(topic)
    return tuple(cues), tuple(dict.fromkeys(topics))


def question_and_answer(scene: Scene, names: Sequence[str]) -> tuple[str, str]:
    """Draw one task."""
    tasks = [
        _describe,
        _describe,
        _describe,
        _happens,
        _happens,
        _said,
        _said,
        _topic,
        _first_last,
        _yes_no,
        _yes_no,
        _yes_no,
        _count,
    ]
    return random.choice(tasks)(scene, names)


def _listed(things: Sequence[str]) -> str:
    """`a cat, then a mug, and then a rocket`."""
    named = [with_article(thing) for thing in things]
    if len(named) < 3:
        return ", then ".join(named)
    return ", then ".join(named[:-1]) + ", and then " + named[-1]


def _shown(scene: Scene) -> str:
    if not scene.things:
        return "I cannot tell what the video shows."
    return f"The video shows {_listed(scene.things)}."


def _quoted(scene: Scene) -> str:
    if not scene.cues:
        return "Nothing is said."
    return 'A voice says: "' + " ".join(cue.text for cue in scene.cues) + '"'


def _describe(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    asked = random.choice(
        [
            "What does the video show?",
            "What is shown?",
            "What do you see?",
            "What can be seen in the video?",
            "What is in this video?",
            "What is this?",
            "Which things appear?",
            "Describe the pictures.",
        ]
    )
    return asked, _shown(scene)


def _happens(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    asked = random.choice(
        [
            "What happens?",
            "What happens in the video?",
            "Describe the video.",
            "Summarize the video.",
            "What is this video about?",
            "What is going on?",
            "Tell me about this clip.",
        ]
    )
    return asked, f"{_shown(scene)} {_quoted(scene)}"


def _said(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    asked = random.choice(
        [
            "What is said?",
            "What does the speaker say?",
            "What do they say?",
            "What does the voice say?",
            "Quote the speaker.",
            "What was said in the video?",
        ]
    )
    return asked, _quoted(scene)


def _topic(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    asked = random.choice(
        [
            "What does the speaker talk about?",
            "What is the talk about?",
            "What is the voice talking about?",
        ]
    )
    if not scene.cues:
        return asked, "Nothing is said."
    return asked, f"The speaker talks about {' and '.join(scene.topics)}."


def _first_last(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    first = random.random() < 0.5
    asked = random.choice(
        [
            "What is shown first?",
            "What comes first?",
            "What is at the beginning?",
            "How does the video start?",
        ]
        if first
        else [
            "What is shown last?",
            "What comes last?",
            "What is at the end?",
            "How does the video end?",
        ]
    )
    if not scene.things:
        return asked, "I cannot tell what the video shows."
    thing = with_article(scene.things[0 if first else -1])
    return asked, f"The {'first' if first else 'last'} thing is {thing}."


def _yes_no(scene: Scene, names: Sequence[str]) -> tuple[str, str]:
    yes = bool(scene.things) and random.random() < 0.5
    others = [name for name in names if name not in scene.things]
    thing = with_article(random.choice(scene.things) if yes else random.choice(others))
    asked = random.choice(
        ["Is there {}?", "Does the video show {}?", "Can you see {}?", "Do you see {}?"]
    )
    if yes:
        return asked.format(thing), f"Yes, there is {thing}."
    return asked.format(thing), f"No, there is not {thing}."


def _count(scene: Scene, _: Sequence[str]) -> tuple[str, str]:
    words = ["no", "one", "two", "three", "four", "five", "six"]
    asked = random.choice(["How many different things are shown?", "How many things appear?"])
    if not scene.things:
        return asked, "I cannot tell what the video shows."
    number = len(scene.things)
    plural = "thing" if number == 1 else "different things"
    return asked, f"The video shows {words[number]} {plural}: {_listed(scene.things)}."
