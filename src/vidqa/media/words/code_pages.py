"""Encodings of text files from before UTF-8: by their language, or guessed from their letters."""

import re

CODE_PAGES = {
    "cp874": "th",
    "cp932": "ja",
    "cp949": "ko",
    "cp1250": "bs cs hr hu pl ro sk sl sq",
    "cp1251": "be bg kk mk mn ru sr tg tt uk",
    "cp1253": "el",
    "cp1254": "az tr",
    "cp1255": "he yi",
    "cp1256": "ar fa ps sd ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "gb18030": "zh yue",
}
"""What Windows wrote a language's text files in, before UTF-8; `WESTERN` for all others."""

WESTERN = "cp1252"

LATIN = ("cp1250", WESTERN, "cp1254", "cp1257")
"""Too alike to be told apart: a guess among them is wrong as often as right."""

OTHERS = ("cp874", "cp932", "cp949", "cp1251", "cp1253", "cp1255", "cp1256", "gb18030")
ELSEWHERE = ("big5", "cp866", "euc_jp", "koi8_r", "koi8_u")
"""What is no Windows' default for a language, and still found."""

SAMPLE_BYTES = 1 << 16
"""Of letters: more make no guess better, only slower."""

WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
"""One with letters that are not ASCII."""

LEAST_SHARE = 0.5
"""Of bytes in such words that are not ASCII: of other scripts at least so many (the second bytes of
Shift-JIS and Big5 may be ASCII), of words with accents far fewer."""

HIRAGANA = {"cp932": re.compile(rb"\x82[\x9f-\xf1]"), "euc-jp": re.compile(rb"\xa4[\xa1-\xf3]")}
"""About half of Japanese; the library takes short texts of it for Korean."""

LEAST_HIRAGANA = 1 / 3
"""Of all bytes that are not ASCII; in text of another kind such pairs are rare."""

HEBREW = re.compile(rb"[\x00-\x7f\xe0-\xfa]+")
"""Text in cp1255 without vowel signs; Russian has capitals, or letters behind these."""

HEBREW_SHARE = 0.9
"""As in `LEAST_SHARE`; a short French word may have more accents than plain letters."""


def code_page(language: str) -> str:
    """Return the encoding that an old text file in a language most likely has."""
    fits = (page for page, spoken in CODE_PAGES.items() if language in spoken.split())
    return next(fits, WESTERN)


def guess_code_page(content: bytes) -> str:
    """Guess the encoding that an old text file most likely has, by its letters alone."""
    letters = _letters(content)
    share = _share(letters)
    if share < LEAST_SHARE:
        return WESTERN
    for page, hiragana in HIRAGANA.items():
        if 2 * len(hiragana.findall(letters)) >= LEAST_HIRAGANA * _not_ascii(letters):
            return page
    if share > HEBREW_SHARE and HEBREW.fullmatch(letters):
        return "cp1255"
    from charset_normalizer import from_bytes

    best = from_bytes(letters, cp_isolation=[*LATIN, *OTHERS, *ELSEWHERE]).best()
    if best is None or best.encoding in LATIN:
        return WESTERN
    return best.encoding.replace("_", "-")


def _letters(content: bytes) -> bytes:
    """Return the first lines that are not ASCII: numbers and times of cues show no language."""
    lines, size = list[bytes](), 0
    for line in content.splitlines():
        if not line.isascii():
            lines.append(line[:SAMPLE_BYTES])
            size += len(lines[-1])
            if size >= SAMPLE_BYTES:
                break
    return b"\n".join(lines)


def _share(letters: bytes) -> float:
    """Return the share of bytes that are not ASCII in the words that hold any."""
    words = b"".join(WORD.findall(letters))
    return _not_ascii(words) / max(1, len(words))


def _not_ascii(content: bytes) -> int:
    """Count the bytes that are not ASCII."""
    return sum(byte > 127 for byte in content)
