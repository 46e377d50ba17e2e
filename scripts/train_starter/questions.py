"""Questions about a made clip, and their true answers."""

import random
from collections.abc import Callable, Sequence

from names import EVERYDAY
from scenes import PERSON, Scene, World

from vidqa.types import ON_SCREEN_JOIN

CANNOT_TELL = "I cannot tell what the video shows."
NOBODY = "I see nobody."
PEOPLE = ("nobody", "a person", "several people")
SILENT = "Nothing is said."
UNREADABLE = "I can read no text in the video."
MOST_QUOTED = 45
"""Words; of longer talk the beginning is quoted."""
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six")
LAST_ANIMAL = 397
"""ImageNet lists the animals first."""
VEHICLES = {
    *("car", "racing car", "taxi", "bicycle", "boat", "ship", "bus", "train", "truck"),
    *("fire engine", "airplane", "rocket"),
}
UNCOUNTED = {
    *("fabric", "syrup", "paper", "wool", "dough", "hay", "corn", "bread", "ice", "cream", "sauce"),
    *("guacamole", "broccoli", "cauliflower", "rapeseed", "mail", "tissue", "fungus"),
}
"""Names without an article."""
ANIMALS = tuple(list(EVERYDAY)[: list(EVERYDAY).index("chimpanzee") + 1])

Drawn = tuple[str, str] | None
Task = Callable[[Scene, World, random.Random], Drawn]


def exchanges(
    scene: Scene, world: World, chance: random.Random, *, count: int
) -> list[tuple[str, str]]:
    """Different questions with their answers: of the main kinds first."""
    tasks: list[Task] = [
        chance.choice([_describe, _happens]),
        _said,
        _yes,
        _no,
        chance.choice([_end, _order]),
        chance.choice([_people, _people, _who]),
        _background,
        *([chance.choice([_read, _read, _is_written])] if scene.read else []),
        *chance.sample(OTHERS, len(OTHERS)),
    ]
    asked: dict[str, str] = {}
    for task in tasks:
        if len(asked) == count:
            break
        if (drawn := task(scene, world, chance)) is not None:
            asked.setdefault(*drawn)
    return list(asked.items())


def with_article(name: str) -> str:
    """`cat` -> `a cat`, `espresso` -> `an espresso`, `clogs` -> `clogs`."""
    is_plural = name.endswith("s") and not name.endswith(("ss", "us", "is"))
    if is_plural or name.split()[-1] in UNCOUNTED:
        return name
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _listed(entries: Sequence[str]) -> str:
    """`a cat, then a mug, and then a rocket`."""
    if len(entries) < 3:
        return ", then ".join(entries)
    return ", then ".join(entries[:-1]) + ", and then " + entries[-1]


def _entries(scene: Scene) -> list[str]:
    """`a cat and a person`, for each shot."""
    return [
        " and ".join(
            PEOPLE[scene.people] if name == PERSON else with_article(name) for name in names
        )
        for names in scene.entries
    ]


def _names(scene: Scene) -> list[str]:
    return [thing.name for thing in scene.things]


def _shown(scene: Scene) -> str:
    return f"The video shows {_listed(_entries(scene))}." if scene.entries else CANNOT_TELL


def _quoted(scene: Scene) -> str:
    if not scene.said.cues:
        return SILENT
    words = scene.said.text.split()
    text = " ".join(words[:MOST_QUOTED]) + (" ..." if len(words) > MOST_QUOTED else "")
    return f'A voice says: "{text}"'


def _read_text(scene: Scene) -> str:
    if not scene.read:
        return UNREADABLE
    words = ON_SCREEN_JOIN.join(cue.text for cue in scene.read).split()
    text = " ".join(words[:MOST_QUOTED]) + (" ..." if len(words) > MOST_QUOTED else "")
    return f'The screen says: "{text}"'


def _describe(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "What does the video show?",
        "What is shown?",
        "What do you see?",
        "What can be seen in the video?",
        "What is in this video?",
        "What is this?",
        "Which things appear?",
        "What is visible?",
        "List what is shown, in order.",
        "Describe the pictures.",
    ]
    return chance.choice(asked), _shown(scene)


def _happens(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "What happens?",
        "What happens in the video?",
        "What happens in this clip?",
        "Describe the video.",
        "Summarize the video.",
        "What is this video about?",
        "What is going on?",
        "Tell me about this clip.",
    ]
    parts = [_shown(scene), _quoted(scene), _read_text(scene) if scene.read else ""]
    return chance.choice(asked), " ".join(filter(None, parts))


def _said(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "What is said?",
        "What does the speaker say?",
        "What do they say?",
        "What does the voice say?",
        "Quote the speaker.",
        "What was said in the video?",
        "What are the words?",
        "Write down what is said.",
    ]
    return chance.choice(asked), _quoted(scene)


def _read(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "What does it say on the screen?",
        "What is written there?",
        "Read the text.",
        "What is written on the screen?",
        "What does the screen say?",
        "What text is shown?",
        "Which words are on the screen?",
        "Read out what is written.",
        "What do the captions say?",
        "What is written in the video?",
        "Quote the text on the screen.",
    ]
    return chance.choice(asked), _read_text(scene)


def _is_written(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = ["Is there any text?", "Is anything written on the screen?", "Is there text on it?"]
    answer = f"Yes. {_read_text(scene)}" if scene.read else UNREADABLE
    return chance.choice(asked), answer


def _topic(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "What does the speaker talk about?",
        "What is the talk about?",
        "What is the voice talking about?",
        "What is spoken about?",
        "Summarize what is said.",
    ]
    topics = scene.said.topics
    if not topics:
        return chance.choice(asked), SILENT
    return chance.choice(asked), f"The speaker talks about {_and(topics)}."


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _which_is_spoken_about(scene: Scene, _: World, chance: random.Random) -> Drawn:
    """Two things are shown, the words are about one of them."""
    names = _names(scene)
    named = [name for name in names if f"the {name}" in scene.said.topics]
    others = [name for name in names if name not in named and name not in scene.said.text]
    if not named or not others:
        return None
    right, wrong = chance.choice(named), chance.choice(others)
    asked = [
        "Which one does the speaker talk about, the {} or the {}?",
        "Is the talk about the {} or the {}?",
        "Which is spoken about: the {} or the {}?",
    ]
    question = chance.choice(asked).format(*chance.sample([right, wrong], 2))
    return question, f"The speaker talks about the {right}."


def _end(scene: Scene, _: World, chance: random.Random) -> Drawn:
    first = chance.random() < 0.5
    asked = (
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
    if not scene.entries:
        return chance.choice(asked), CANNOT_TELL
    thing, where = _entries(scene)[0 if first else -1], "first" if first else "last"
    if thing == PEOPLE[scene.people]:
        verb = "is" if scene.people == 1 else "are"
        return chance.choice(asked), f"{where.capitalize()} there {verb} {thing}."
    return chance.choice(asked), f"The {where} thing is {thing}."


def _order(scene: Scene, _: World, chance: random.Random) -> Drawn:
    names = _names(scene)
    if len(names) < 2:
        return None
    one, other = sorted(chance.sample(range(len(names)), 2))
    pair = chance.sample([names[one], names[other]], 2)
    first = chance.random() < 0.5
    asked = [
        "Which comes {}, the {} or the {}?",
        "What is shown {}: the {} or the {}?",
        "Which appears {}, the {} or the {}?",
    ]
    word = "first" if first else chance.choice(["last", "later"])
    right = names[one] if first else names[other]
    return chance.choice(asked).format(word, *pair), f"The {right} comes {word}."


def _before_or_after(scene: Scene, _: World, chance: random.Random) -> Drawn:
    names = _names(scene)
    if len(names) < 2:
        return None
    place = chance.randrange(len(names) - 1)
    one, other = names[place], names[place + 1]
    if chance.random() < 0.5:
        asked = chance.choice(["What comes after the {}?", "What is shown after the {}?"])
        return asked.format(one), f"After the {one} comes {with_article(other)}."
    asked = chance.choice(["What comes before the {}?", "What is shown before the {}?"])
    return asked.format(other), f"Before the {other} comes {with_article(one)}."


def _is_there(chance: random.Random) -> str:
    return chance.choice(
        [
            "Is there {}?",
            "Is there {} in the video?",
            "Does the video show {}?",
            "Can you see {}?",
            "Do you see {}?",
            "Is {} shown?",
            "Does {} appear?",
        ]
    )


def _yes(scene: Scene, _: World, chance: random.Random) -> Drawn:
    if not scene.things:
        named = with_article(chance.choice(ANIMALS))
        answer = f"No, there is {_no_article(named)}." if scene.people else CANNOT_TELL
        return _is_there(chance).format(named), answer
    thing = chance.choice(scene.things)
    kinds = [thing.name]
    if chance.random() < 0.2:
        kinds = _kinds(thing.name, thing.concept) or kinds
    named = with_article(chance.choice(kinds))
    return _is_there(chance).format(named), f"Yes, there is {named}."


def _no(scene: Scene, world: World, chance: random.Random) -> Drawn:
    """About something that is not there, often like what is there or spoken about."""
    if not scene.things:
        return None
    names = _names(scene)
    spoken = [topic.removeprefix("the ") for topic in scene.said.topics if topic[:4] == "the "]
    alike = ANIMALS if any(_is_animal(thing.concept) for thing in scene.things) else EVERYDAY
    pool = chance.choice([world.vocabulary, list(EVERYDAY), list(alike), spoken or list(EVERYDAY)])
    absent = [name for name in pool if name not in names and name in world.vocabulary]
    if chance.random() < 0.15:
        every = {kind for thing in scene.things for kind in _kinds(thing.name, thing.concept)}
        absent = [kind for kind in ("animal", "vehicle", "bird") if kind not in every | {*names}]
    if not absent:
        return None
    name = chance.choice(absent)
    return _is_there(chance).format(with_article(name)), f"No, there is no {name}."


def _no_article(named: str) -> str:
    """`a cat` -> `no cat`."""
    bare = named.removeprefix("a ").removeprefix("an ")
    return f"no {bare}"


def _is_animal(concept: int) -> bool:
    return concept <= LAST_ANIMAL


def _kinds(name: str, concept: int) -> list[str]:
    """Wider words for a thing."""
    kinds = ["animal"] if _is_animal(concept) else []
    if name in VEHICLES:
        kinds.append("vehicle")
    if name in ("rooster", "hen", "eagle", "owl", "parrot", "duck", "swan", "stork", "penguin"):
        kinds.append("bird")
    return kinds


def _more_yes(scene: Scene, world: World, chance: random.Random) -> Drawn:
    return _yes(scene, world, chance) if chance.random() < 0.5 else _no(scene, world, chance)


def _mentioned(scene: Scene, world: World, chance: random.Random) -> Drawn:
    if not scene.said.topics:
        return chance.choice(["Does anybody speak?", "Is anything said?"]), f"No. {SILENT}"
    if chance.random() < 0.2:
        return chance.choice(["Does anybody speak?", "Is anything said?"]), "Yes, somebody speaks."
    asked = chance.choice(["Does the speaker mention {}?", "Is {} mentioned?"])
    if chance.random() < 0.5:
        topic = chance.choice(scene.said.topics)
        return asked.format(topic), f"Yes, the speaker mentions {topic}."
    name = chance.choice(_names(scene) or world.vocabulary)
    if name in scene.said.text:
        return None
    return asked.format(f"the {name}"), f"No, the speaker does not mention the {name}."


def _count(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = ["How many different things are shown?", "How many things appear?"]
    if not scene.things:
        return chance.choice(asked), CANNOT_TELL
    if scene.people:
        return None
    number = len(scene.things)
    plural = "thing" if number == 1 else "different things"
    answer = f"The video shows {NUMBER_WORDS[number]} {plural}: {_listed(_entries(scene))}."
    return chance.choice(asked), answer


def _colour(scene: Scene, _: World, chance: random.Random) -> Drawn:
    coloured = [thing for thing in scene.things if thing.colour is not None]
    if not coloured:
        return None
    thing = chance.choice(coloured)
    asked = ["What colour is the {}?", "What color is the {}?", "Which colour does the {} have?"]
    return chance.choice(asked).format(thing.name), f"The {thing.name} is {thing.colour}."


def _background(scene: Scene, _: World, chance: random.Random) -> Drawn:
    if not (scene.is_one_shot and scene.things) or scene.things[0].background is None:
        return None
    asked = ["What colour is the background?", "What color is the background?"]
    return chance.choice(asked), f"The background is {scene.things[0].background}."


def _motion(scene: Scene, _: World, chance: random.Random) -> Drawn:
    if not (scene.is_one_shot and scene.things) or scene.frames < 4:
        return None
    thing = scene.things[0]
    asked = ["How does the {} move?", "Which way does the {} move?", "Does the {} move?"]
    question = chance.choice(asked).format(thing.name)
    if thing.motion is None:
        return question, f"The {thing.name} stays where it is."
    verb = "comes" if thing.motion == "closer" else "moves"
    return question, f"The {thing.name} {verb} {thing.motion}."


def _people(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = [
        "Are there people?",
        "Are there any people in the video?",
        "Is there a person?",
        "Is there a person in the video?",
        "Is there anybody?",
        "Is anyone there?",
        "Can you see people?",
        "Can you see a person?",
        "Does the video show people?",
        "Does the video show a person?",
        "Is a person shown?",
        "Do people appear?",
    ]
    there = ("No, I see nobody.", "Yes, there is a person.", "Yes, there are several people.")
    return chance.choice(asked), there[scene.people]


def _who(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = ["Who is in it?", "Who is in the video?", "Who is shown?", "Who can be seen?"]
    answer = (
        f"The video shows {PEOPLE[scene.people]}. I cannot tell who." if scene.people else NOBODY
    )
    return chance.choice(asked), answer


def _how_many_people(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = ["How many people are there?", "How many people are shown?"]
    return chance.choice(asked), (NOBODY, "There is one person.", "There are several people.")[
        scene.people
    ]


def _kind_of_person(scene: Scene, _: World, chance: random.Random) -> Drawn:
    """A face is found whosever it is."""
    kind = chance.choice(["man", "woman", "child", "boy", "girl", "baby"])
    if not scene.people:
        return _is_there(chance).format(f"a {kind}"), "No, I see nobody."
    there = "There is a person" if scene.people == 1 else "There are several people"
    which = "whether it is" if scene.people == 1 else "whether one of them is"
    return _is_there(chance).format(f"a {kind}"), f"{there}, but I cannot tell {which} a {kind}."


def _what_they_do(scene: Scene, _: World, chance: random.Random) -> Drawn:
    asked = ["What is the person doing?", "What do the people do?", "What are they doing?"]
    there = ("", "There is a person", "There are several people")[scene.people]
    answer = f"{there}, but I cannot tell what they do." if scene.people else NOBODY
    return chance.choice(asked), answer


def _beyond(_: Scene, __: World, chance: random.Random) -> Drawn:
    """What it has not learned to see."""
    asked = ["Is this indoors?", "Is it outside?", "Where is this?", "Which place is this?"]
    return chance.choice(asked), "I cannot tell where this is."


def _fact(scene: Scene, world: World, chance: random.Random) -> Drawn:
    """Something that was told; or that was not."""
    if scene.said.facts and chance.random() < 0.85:
        return chance.choice(scene.said.facts)
    name = chance.choice(world.vocabulary)
    if f"the {name}" in scene.said.topics:
        return None
    asked = ["What is the {} called?", "Who does the {} belong to?", "Where was the {} bought?"]
    return chance.choice(asked).format(name), "That is not said."


OTHERS: tuple[Task, ...] = (
    _fact,
    _fact,
    _fact,
    _topic,
    _which_is_spoken_about,
    _which_is_spoken_about,
    _end,
    _order,
    _before_or_after,
    _more_yes,
    _more_yes,
    _mentioned,
    _count,
    _colour,
    _colour,
    _motion,
    _motion,
    _describe,
    _happens,
    _people,
    _who,
    _how_many_people,
    _kind_of_person,
    _what_they_do,
    _beyond,
    _is_written,
    _read,
)
