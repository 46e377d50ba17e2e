"""How times are written in several languages, as regular expressions."""

import re
from collections.abc import Iterable

from vidqa.types.clock import read_seconds

_WORDS = {
    1: "one a an first ein eine einer ersten erste un une primer primera premier première 一",
    2: "two second zwei zweiten deux deuxième dos segundo 二 两 兩",
    3: "three third drei dritten trois troisième tres tercer 三",
    4: "four fourth vier vierten quatre quatrième cuatro cuarto 四",
    5: "five fifth fünf fünften cinq cinquième cinco quinto 五",
    6: "six sixth sechs sechsten six sixième seis sexto 六",
    7: "seven seventh sieben siebten sept septième siete séptimo 七",
    8: "eight eighth acht achten huit huitième ocho octavo 八",
    9: "nine ninth neun neunten neuf neuvième nueve noveno 九",
    10: "ten tenth zehn zehnten dix dixième diez décimo 十",
    12: "twelve twelfth zwölf zwölften douze doce 十二",
    15: "fifteen fifteenth fünfzehn quinze quince 十五",
    20: "twenty twentieth zwanzig vingt veinte 二十",
    30: "thirty thirtieth dreißig trente treinta 三十",
    40: "forty vierzig quarante cuarenta 四十",
    45: "fünfundvierzig 四十五",
    50: "fifty fünfzig cinquante cincuenta 五十",
    60: "sixty sechzig soixante sesenta 六十",
    90: "ninety neunzig 九十",
}
NUMBERS = {word: number for number, words in _WORDS.items() for word in words.split()}
UNITS = {
    1: ("seconds second secs sec s sekunden sekunde secondes seconde segundos segundo", "秒钟 秒"),
    60: ("minutes minute mins min m minuten minutos minuto", "分钟 分鐘 分間 分"),
    3600: ("hours hour hrs hr h stunden stunde heures heure horas hora", "小时 小時 時間"),
}
"""Seconds of each unit, its names in scripts with blanks and without."""
SECONDS = {
    name: seconds for seconds, names in UNITS.items() for some in names for name in some.split()
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


NUMBER = rf"(?:\d+(?:[.,]\d+)?|{_any(list(NUMBERS))})"
_LATIN = _any([name for names, _ in UNITS.values() for name in names.split()])
_CHINESE = _any([name for _, names in UNITS.values() for name in names.split()])
UNIT = rf"(?:(?:{_LATIN})(?![^\W\d_])|{_CHINESE})"
CLOCK = r"(?<![\d:.])\d{1,3}:[0-5]\d(?::[0-5]\d)?(?!:?\d)"
_NOT_OF_DAY = (
    r"(?!\s*(?:[ap]\.?m\b|o'?clock|uhr\b|in the (?:morning|afternoon|evening)|at night|点|點))"
)
MOMENT = rf"{CLOCK}{_NOT_OF_DAY}"
LENGTH = rf"{NUMBER}\s*{UNIT}(?:\s*(?:and\s+|und\s+|et\s+|y\s+)?{NUMBER}\s*{UNIT})*"
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
    parts = re.findall(rf"({NUMBER})\s*({UNIT})", text, re.IGNORECASE)
    return sum(number_of(number) * SECONDS[unit.lower()] for number, unit in parts)


def number_of(text: str) -> float:
    """Read a number in digits or in a word."""
    known = NUMBERS.get(text.lower())
    return float(text.replace(",", ".")) if known is None else known
