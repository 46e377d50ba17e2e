"""The rules of official scripts for options, as they are, with their faults."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vidqa.tasks.evaluate.benchmarks.question import LETTERS, OfficialRule

PREFIXES = (
    *("The best answer is", "The correct answer is", "The answer is", "The answer"),
    *("The best option isThe correct option is", "Best answer:Best option:"),
)
"""What Video-MME's script takes off an answer; two commas of its list are missing."""
LVB_PREFIXES = (
    *("The best answer is", "The correct answer is", "The answer is", "The answer"),
    *("The best option is", "The correct option is", "Best answer:", "Best option:"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule makes of an answer."""

    is_right: bool
    letter: str | None
    """The option that was read; None if none was."""
    is_drawn: bool = False
    """Whether it was drawn by lot."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The options of a question as they were shown."""

    options: Sequence[str]
    right: int
    key: str
    """What is drawn by lot depends on it alone."""

    @property
    def letters(self) -> str:
        """Their names."""
        return LETTERS[: len(self.options)]

    def read(self, letter: str | None, *, is_drawn: bool = False) -> Reading:
        """Return what it means that a letter was read."""
        return Reading(letter == LETTERS[self.right], letter, is_drawn)

    def drawn(self) -> Reading:
        """Return one drawn by lot: the scripts draw another at each run, this the same."""
        number = int.from_bytes(hashlib.sha256(self.key.encode()).digest()[:8], "big")
        return self.read(self.letters[number % len(self.letters)], is_drawn=True)


def _video_mme(reply: str, shown: Shown) -> Reading:
    text = reply.strip()
    for prefix in PREFIXES:
        text = text.replace(prefix, "")
    found = re.search("[ABCD]", text)
    return shown.read(found[0] if found else None)


def _longvideobench(reply: str, shown: Shown) -> Reading:
    text = reply.strip()
    for prefix in LVB_PREFIXES:
        text = text.replace(prefix, "")
    found = re.search("[ABCDE]", text)
    return shown.read(found[0]) if found else shown.drawn()


def _mvbench(reply: str, shown: Shown) -> Reading:
    said = reply.lower().split(" ")[0]
    gold = f"({LETTERS[shown.right].lower()})"
    is_right = said.replace(".", "") in gold or gold in said
    letter = next((one for one in shown.letters if one.lower() in said.strip("().")), None)
    return Reading(is_right, letter if is_right or letter != LETTERS[shown.right] else None)


def _mlvu(reply: str, shown: Shown) -> Reading:
    said = reply[: reply.index(")")] if ")" in reply else reply
    letter = said if said in shown.letters and len(said) == 1 else None
    return Reading(said == LETTERS[shown.right], letter)


def _mmmu(reply: str, shown: Shown, *, is_first: bool) -> Reading:
    """Read an answer as scripts after MMMU's do, which were changed in two ways."""
    for mark in (",", ".", "!", "?", ";", ":", "'"):
        reply = reply.strip(mark)
    text = f" {reply} "
    found = _mentions_first(text, shown) if is_first else _mentions_last(text, shown)
    if not found and len(text.split()) > 5:
        plain = text.lower()
        # EgoSchema's options have their letters in front, which are looked for, too
        options = [
            f"{letter}. {option}".lower() if is_first else option.lower()
            for letter, option in zip(shown.letters, shown.options, strict=True)
        ]
        found = {
            letter: plain.rfind(option)
            for letter, option in zip(shown.letters, options, strict=True)
            if option in plain
        }
    if not found:
        return shown.drawn()
    choose = min if is_first else max
    return shown.read(choose(found, key=lambda letter: found[letter]))


def _mentions_first(text: str, shown: Shown) -> dict[str, int]:
    """Return letters in any of three forms, and the last place of the form that comes first."""
    places = dict[str, int]()
    for form in ("({})", "{} ", "{}."):
        for letter in shown.letters:
            if (at := text.rfind(form.format(letter))) >= 0:
                places[letter] = min(at, places.get(letter, at))
    return places


def _mentions_last(text: str, shown: Shown) -> dict[str, int]:
    """Return letters in the first form that is there at all, and where they stand last."""
    for form, search in (("({})", "({})"), ("{} ", " {} "), ("{}.", " {} ")):
        held = [letter for letter in shown.letters if form.format(letter) in text]
        if held:
            return {letter: text.rfind(search.format(letter)) for letter in held}
    return {}


RULES: Mapping[str, Callable[[str, Shown], Reading]] = {
    "video_mme": _video_mme,
    "longvideobench": _longvideobench,
    "mvbench": _mvbench,
    "mlvu": _mlvu,
    "mmmu_first": lambda reply, shown: _mmmu(reply, shown, is_first=True),
    "mmmu_last": lambda reply, shown: _mmmu(reply, shown, is_first=False),
}

BY_LOT = (
    "an answer without a letter counts as one drawn by lot, here the same in each run; the "
    "scripts draw another every time"
)
FAULTS: Mapping[OfficialRule, tuple[str, ...]] = {
    "video_mme": (
        "the first capital A, B, C or D anywhere in an answer counts, so that of a word, too: "
        "'Cannot tell' is C",
        "two commas are missing in its list of phrases, so 'The best option is' and 'Best answer:' "
        "stay, whose B counts",
        "a small letter is no answer",
    ),
    "mvbench": (
        "an empty answer, '(' and any other part of '(b)' count as right",
        "of an answer only the first word counts: 'The best answer is B.' is wrong",
    ),
    "mlvu": ("an answer must be the letter alone or be cut off by ')': '(B)' and 'B.' are wrong",),
    "mmmu_first": (BY_LOT, "of several letters the one named first counts, 'A dog' names A"),
    "mmmu_last": (BY_LOT, "of several letters the one named last counts, 'A dog' names A"),
    "longvideobench": (
        BY_LOT,
        "the first capital A to E anywhere in an answer counts, so that of a word, too",
    ),
    "exact": (
        "only the same letters and blanks count: 'Cooking.' is not 'cooking', 'two' is not '2'",
        "of the pack's lists, an answer belongs to the question at its place, whatever its id",
    ),
    "graded": ("the judge of consistency is shown the first question twice",),
    "judge": (
        "a judge's score is cut to a whole number: 4.8 is 4",
        "a judge's answer that is not a Python dictionary is no yes or no, and 0 of 5",
    ),
    "wups": (
        "of a word's meanings only the first is compared, whatever is meant",
        "words without any likeness are left out of the product: one right word is enough",
    ),
}
"""What is known to be wrong with each rule."""
