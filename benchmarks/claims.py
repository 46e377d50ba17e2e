"""What the starter claims of a clip, and whether it is written down that the clip shows it.

Its sentences have one form, so claims can be read off them; off other models' they cannot.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

SHOWS = re.compile(r"The video shows (?P<things>[^.\"]+)")
BETWEEN = re.compile(r",? and then |,? then |,? and |, ")
ARTICLE = re.compile(r"^(?:an?|the|some) ")
DOUBT = "cannot tell"
REMARK = re.compile(r"\(.*?\)")
SEVERAL = "several people"
FEW = {0, 1, "hands only"}
"""What may be written down of the number of people where there are not several."""
LEAST_ENDING = 5
"""Letters of a word that may end a longer one and mean the same: `sunglasses` are glasses."""
IRREGULAR = {
    **{"women": "woman", "men": "man", "people": "person", "children": "child"},
    **{"leaves": "leaf", "knives": "knife", "shelves": "shelf"},
}
ALIKE: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split(", "))
    for names in (
        "person, worker, student, man, woman, player, climber, dancer, rider, baby, child, "
        "toddler, batter, crowd, coach, groom, group",
        "airplane, plane, aircraft, jet",
        "car, taxi, racing car, minivan, jeep, convertible, sports car, taxi car",
        "cup, mug, coffee cup",
        "phone, telephone, smartphone, cell phone",
        "couch, sofa",
        "computer, laptop, notebook, monitor, screen, computer screen",
        "website, web page",
        "sea, water, lake, river, stream, brook, beach, pond, bay, coast, shore",
        "boat, ship, canoe, rowing boat",
        "insect, bug, beetle",
        "hat, cap, cowboy hat",
        "truck, pickup",
        "motorcycle, motorbike, moped",
        "bicycle, bike, mountain bike",
        "suit, blazer",
        "jacket, coat, fur coat",
        "mountain, hill, cliff",
        "sweater, sweatshirt, hoodie, cardigan, jumper",
        "television, tv",
        "backpack, rucksack",
        "church, building, palace, dome",
        "statue, sculpture, monument",
        "paper, note, notepad, envelope",
        "stairs, staircase",
    )
)
"""Words that may stand for each other: who wrote the truth down chose one of them."""


def claims_of(answer: str) -> list[str]:
    """Return the things that an answer says are shown, without articles."""
    found = SHOWS.match(answer)
    if found is None:
        return []
    named = BETWEEN.split(found["things"])
    return [ARTICLE.sub("", one.strip()) for one in named if one.strip()]


def is_doubt(answer: str) -> bool:
    """Return whether an answer says that it cannot tell what is shown."""
    return DOUBT in answer.partition('"')[0]


def is_shown(claim: str, truth: Mapping[str, Any]) -> bool:
    """Return whether it is written down that a thing is shown.

    Args:
        claim: of `claims_of`.
        truth: `things` (names of each, split by `/`), `place`, `has_person`, and in
            `people_accept` the numbers of people that may be told.

    """
    if claim == SEVERAL and FEW.issuperset(truth["people_accept"]):
        return False
    said = _words(claim)
    return bool(said) and any(_means(said, one) for one in _names(truth))


def _names(truth: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield every name of all that is shown, as words."""
    named = [name for thing in truth["things"] for name in thing.split("/")]
    named += re.split("[,/]", truth["place"])
    if truth["has_person"]:
        named.append("person")
    for name in named:
        if words := _words(name):
            yield words


def _words(name: str) -> list[str]:
    return [_singular(word) for word in re.findall(r"[a-z]+", REMARK.sub("", name).lower())]


def _singular(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _means(said: list[str], named: list[str]) -> bool:
    """Return whether two names have one last word, or last words that are alike."""
    last, other = said[-1], named[-1]
    if last == other or (len(other) >= LEAST_ENDING and last.endswith(other)):
        return True
    return any(
        {last, " ".join(said)} & alike and {other, " ".join(named)} & alike for alike in ALIKE
    )
