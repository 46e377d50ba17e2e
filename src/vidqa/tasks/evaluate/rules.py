"""When an answer counts as right: seven plain rules, all blind to case, punctuation and articles.

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
"""Accents and vowels that belong to the letter before, of Latin, Hebrew, Arabic and India."""
_WORD = rf"[{LETTERS_WITHOUT_BLANKS}]|(?:[^\W{LETTERS_WITHOUT_BLANKS}]|[{_MARKS}'])+"
WORD = re.compile(_WORD)
ANOTHER = re.compile(rf"\s+[\"'\u2018\u201c\u201e\u00ab]?(?:{_WORD})")
"""Maybe in quotation marks."""
HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_PARTICLES = """
이 가 은 는 을 를 의 에 에서 에게 로 으로 와 과 도 만
들 들이 들은 들을 이다 다 입니다 이에요 예요
"""
PARTICLES = frozenset(_PARTICLES.split())
"""What Korean writes behind a noun, in the same word."""
ENOUGH_WORDS = 0.8
"""Of a sentence that is quoted."""

Group = tuple[str, ...]
"""Alternatives: any one of them will do."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is right for one question."""

    answers: tuple[Group, ...]
    """By the rule `in_order` one group for each place; else each alone in its group."""
    rule: RuleName = "contains"
    wrong: tuple[str, ...] = ()
    """By the rule `names_only`, what must not be named."""

    def is_right(self, answer: str) -> bool:
        """Whether an answer counts as right."""
        return _JUDGES[self.rule](self, words_of(answer))


def words_of(text: str) -> list[str]:
    """Lower case, no punctuation, no articles.

    Where words are not written apart, every letter is a word. `a`, `an` and `the` are articles only
    before another word: in `A`, `(a)` and `A: a dog` a letter was chosen.
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
    """Where a phrase ends behind `start`; None if it is not there."""
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
    said = next((word for word in words if word in ("yes", "no")), None)
    return said in _any(expected)


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
    """The share of a sentence's words that stand in `words`, in their order."""
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
