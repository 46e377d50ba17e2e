"""Seven rules of right answers, all of which ignore case, punctuation and articles.

| rule | right where |
|---|---|
| `contains` | an accepted answer stands in it, as whole words; a plural `s` changes nothing |
| `exact` | it is one of the accepted answers |
| `lacks` | none of the accepted answers stands in it |
| `yes_no` | the first `yes` or `no` in it is the accepted one |
| `names_only` | it contains an accepted answer and none of those listed as `wrong` |
| `in_order` | each accepted answer, or one of its alternatives, stands behind the one before |
| `words` | at least 4 of 5 words of an accepted answer stand in it, in their order |
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, get_args

from vidqa.types.wording import LETTERS_WITHOUT_BLANKS

RuleName = Literal["contains", "exact", "lacks", "yes_no", "names_only", "in_order", "words"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
ARTICLES = frozenset(["a", "an", "the"])
BEFORE_A_LETTER = frozenset(["choice", "letter", "option"])
_MARKS = (
    r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    r"\u0900-\u0963\u0966-\u096f\u0971-\u0dff"
)
"""Combining accents and vowels of Latin, Hebrew, Arabic and the scripts of India."""
_WORD = rf"[{LETTERS_WITHOUT_BLANKS}]|(?:[^\W{LETTERS_WITHOUT_BLANKS}]|[{_MARKS}'])+"
WORD = re.compile(_WORD)
ANOTHER = re.compile(rf"\s+[\"'\u2018\u201c\u201e\u00ab]?(?:{_WORD})")
"""Pattern of another word after blanks, perhaps in quotation marks."""
HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_PARTICLES = """
이 가 은 는 을 를 의 에 에서 에게 로 으로 와 과 도 만
들 들이 들은 들을 이다 다 입니다 이에요 예요
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Korean particles, written after a noun in the same word."""
ENOUGH_WORDS = 0.8
"""Share of a sentence's words from which on it counts as quoted."""

Group = tuple[str, ...]
"""Alternatives, any of which is accepted."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answers to one question."""

    answers: tuple[Group, ...]
    """Accepted answers: by the rule `in_order` one group per position; else groups of one."""
    rule: RuleName = "contains"
    wrong: tuple[str, ...] = ()
    """Words that must not be named, by the rule `names_only`."""

    def is_right(self, answer: str) -> bool:
        """Return True if an answer counts as right."""
        return _JUDGES[self.rule](self, words_of(answer))


def words_of(text: str) -> list[str]:
    """Split a text into words: lower case, no punctuation, no articles.

    In scripts without blanks every letter is a word. `a`, `an` and `the` are articles only before
    another word: in `A`, `(a)` and `A: a dog` a letter was chosen.
    """
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words: list[str] = []
    for match in WORD.finditer(plain):
        word = match[0].strip("'")
        is_chosen = bool(words) and words[-1] in BEFORE_A_LETTER
        if word not in ARTICLES or is_chosen or not ANOTHER.match(plain, match.end()):
            words.append(word)
    return words


def _find(words: Sequence[str], phrase: str, start: int = 0) -> int | None:
    """Return the end of the first occurrence of a phrase from `start` on; None if there is none."""
    wanted = words_of(phrase)
    for begin in range(start, len(words) - len(wanted) + 1):
        found = words[begin : begin + len(wanted)]
        if wanted and all(map(_same, found, wanted)):
            return begin + len(wanted)
    return None


def _same(found: str, wanted: str) -> bool:
    if HANGUL.fullmatch(wanted) and found.startswith(wanted):
        rest = found.removeprefix(wanted)
        return not rest or rest in PARTICLES
    return found == wanted or found == f"{wanted}s" or wanted == f"{found}s"


def _any(expected: Expected) -> list[str]:
    return [answer for group in expected.answers for answer in group]


def _contains(expected: Expected, words: Sequence[str]) -> bool:
    return any(_find(words, answer) is not None for answer in _any(expected))


def _exact(expected: Expected, words: Sequence[str]) -> bool:
    return any(words_of(answer) == list(words) for answer in _any(expected))


def _lacks(expected: Expected, words: Sequence[str]) -> bool:
    return not _contains(expected, words)


def _yes_no(expected: Expected, words: Sequence[str]) -> bool:
    answered = next((word for word in words if word in ("yes", "no")), None)
    return answered in _any(expected)


def _names_only(expected: Expected, words: Sequence[str]) -> bool:
    is_wrong = any(_find(words, name) is not None for name in expected.wrong)
    return not is_wrong and _contains(expected, words)


def _in_order(expected: Expected, words: Sequence[str]) -> bool:
    place = 0
    for group in expected.answers:
        ends = [end for name in group if (end := _find(words, name, place)) is not None]
        if not ends:
            return False
        place = min(ends)
    return True


def _words(expected: Expected, words: Sequence[str]) -> bool:
    return any(quoted_share(answer, words) >= ENOUGH_WORDS for answer in _any(expected))


def quoted_share(sentence: str, words: Sequence[str]) -> float:
    """Return the share of a sentence's words that occur in `words`, in order."""
    wanted = words_of(sentence)
    blocks = SequenceMatcher(None, wanted, list(words), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, len(wanted))


_JUDGES: Mapping[RuleName, Callable[[Expected, Sequence[str]], bool]] = {
    "contains": _contains,
    "exact": _exact,
    "lacks": _lacks,
    "yes_no": _yes_no,
    "names_only": _names_only,
    "in_order": _in_order,
    "words": _words,
}
