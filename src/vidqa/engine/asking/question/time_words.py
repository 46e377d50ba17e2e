"""How times are written in several languages, as regular expressions."""

import re
from collections.abc import Iterable, Mapping

from vidqa.types.clock import read_seconds

_COUNTS = {
    1: "one a an ein eine einer un une 一",
    2: "two zwei deux dos 二 两 兩",
    3: "three drei trois tres 三",
    4: "four vier quatre cuatro 四",
    5: "five fünf cinq cinco 五",
    6: "six sechs seis 六",
    7: "seven sieben sept siete 七",
    8: "eight acht huit ocho 八",
    9: "nine neun neuf nueve 九",
    10: "ten zehn dix diez 十",
    12: "twelve zwölf douze doce 十二",
    15: "fifteen fünfzehn quinze quince 十五",
    20: "twenty zwanzig vingt veinte 二十",
    30: "thirty dreißig trente treinta 三十",
    40: "forty vierzig quarante cuarenta 四十",
    45: "fünfundvierzig 四十五",
    50: "fifty fünfzig cinquante cincuenta 五十",
    60: "sixty sechzig soixante sesenta 六十",
    90: "ninety neunzig 九十",
}
_PLACES = {
    1: "first ersten erste premier première primer primera",
    2: "second zweiten deuxième segundo",
    3: "third dritten troisième tercer",
    4: "fourth vierten quatrième cuarto",
    5: "fifth fünften cinquième quinto",
    6: "sixth sechsten sixième sexto",
    7: "seventh siebten septième séptimo",
    8: "eighth achten huitième octavo",
    9: "ninth neunten neuvième noveno",
    10: "tenth zehnten dixième décimo",
    20: "twentieth",
    30: "thirtieth",
}
_NUMBERS = {
    word: number
    for words in (_PLACES, _COUNTS)
    for number, some in words.items()
    for word in some.split()
}
UNITS = {
    1: ("seconds second secs sec s sekunden sekunde secondes seconde segundos segundo", "秒钟 秒"),
    60: ("minutes minute mins min m minuten minutos minuto", "分钟 分鐘 分間 分"),
    3600: ("hours hour hrs hr h stunden stunde heures heure horas hora", "小时 小時 時間"),
}
"""Seconds of each unit, its names in scripts with blanks and without."""
SECONDS = {
    name: seconds for seconds, names in UNITS.items() for some in names for name in some.split()
}


CHINESE = 0x3000
"""Letters from there on are written without blanks."""


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_TENS = ("twenty", "thirty", "forty", "fifty")
_NO_LETTER_BEFORE, _NO_LETTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_DIGITS = r"(?<![\d.,:])\d+(?:[.,]\d+)?"
_LONG = [name for names, _ in UNITS.values() for name in names.split() if len(name) > 1]
_SHORT = [name for names, _ in UNITS.values() for name in names.split() if len(name) == 1]
_CHINESE = _any(name for _, names in UNITS.values() for name in names.split())


def _counted(words: Mapping[int, str]) -> str:
    """Return what matches a number in digits or in a word."""
    every = [word for some in words.values() for word in some.split()]
    latin = _any(word for word in every if ord(word[0]) < CHINESE)
    other = _any(word for word in every if ord(word[0]) >= CHINESE)
    written = rf"{_NO_LETTER_BEFORE}(?:(?:{_any(_TENS)})[- ])?(?:{latin}){_NO_LETTER}"
    return rf"(?:{_DIGITS}|{written}|{other})" if other else rf"(?:{_DIGITS}|{written})"


COUNT = _counted(_COUNTS)
PLACE = _counted(_PLACES)
UNIT = rf"(?:(?:{_any(_LONG)})(?![^\W\d_]|-)|{_CHINESE})"
_AMOUNT = rf"(?:{_DIGITS}(?:{_any(_SHORT)}){_NO_LETTER}|{COUNT}[\s-]*{UNIT})"
CLOCK = r"(?<![\d:.])\d{1,3}:[0-5]\d(?::[0-5]\d)?(?!:?\d)"
_NOT_OF_DAY = (
    r"(?!\s*(?:[ap]\.?m\b|o'?clock|uhr\b|in the (?:morning|afternoon|evening)|at night|点|點))"
)
MOMENT = rf"{CLOCK}{_NOT_OF_DAY}"
LENGTH = rf"{_AMOUNT}(?:\s*(?:and\s+|und\s+|et\s+|y\s+)?{_AMOUNT})*"
TIME = rf"(?:{MOMENT}|{LENGTH})"
OF_THIS = (
    r"(?:\s*(?:of|from|in) (?:the |this |that )?(?:whole )?(?:video|clip|film|movie|recording|"
    r"footage|tape|stream|talk|lecture|show|episode|meeting|file|interview|presentation)\b)"
)
ENDS = r"(?=\s*(?:[,.;?!)\uff0c\u3002\uff1f\uff01]|$))"


def seconds_of(text: str) -> float:
    """Read a clock, or numbers with units."""
    if re.fullmatch(CLOCK, text.strip()):
        return read_seconds(text)
    amounts = re.findall(_AMOUNT, text, re.IGNORECASE)
    return sum(_amount(one) for one in amounts)


def _amount(text: str) -> float:
    """Read a number with its unit."""
    unit = max((name for name in SECONDS if text.lower().endswith(name)), key=len)
    return number_of(text[: -len(unit)].strip(" -")) * SECONDS[unit]


def number_of(text: str) -> float:
    """Read a number in digits or in a word."""
    words = text.lower().replace("-", " ").split()
    if all(word in _NUMBERS for word in words):
        return sum(_NUMBERS[word] for word in words)
    return float(text.replace(",", "."))
