"""Languages as people, files and recognisers name them: `en`, `eng`, `en-US`, `ger`, `deu`."""

import re

from vidqa.errors import UsageError

ENGLISH = "en"

TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
"""A language and where it is spoken or how it is written (BCP 47), as far as files use it."""

# Whisper's languages by its own names, most of them ISO 639-1, each with the three-letter names
# that containers use for it (ISO 639-2, both lists of it).
NAMES = {
    names[0]: frozenset(names)
    for names in (
        line.split()
        for line in """
        af afr|am amh|ar ara|as asm|az aze|ba bak|be bel|bg bul|bn ben|bo bod tib|br bre|bs bos
        ca cat|cs ces cze|cy cym wel|da dan|de deu ger|el ell gre|en eng|es spa|et est|eu eus baq
        fa fas per|fi fin|fo fao|fr fra fre|gl glg|gu guj|ha hau|haw|he heb iw|hi hin|hr hrv|ht hat
        hu hun|hy hye arm|id ind in|is isl ice|it ita|ja jpn|jw jv jav|ka kat geo|kk kaz|km khm
        kn kan|ko kor|la lat|lb ltz|ln lin|lo lao|lt lit|lv lav|mg mlg|mi mri mao|mk mkd mac|ml mal
        mn mon|mr mar|ms msa may|mt mlt|my mya bur|ne nep|nl nld dut|nn nno|no nor nb nob|oc oci
        pa pan|pl pol|ps pus|pt por|ro ron rum|ru rus|sa san|sd snd|si sin|sk slk slo|sl slv|sn sna
        so som|sq sqi alb|sr srp|su sun|sv swe|sw swa|ta tam|te tel|tg tgk|th tha|tk tuk|tl tgl fil
        tr tur|tt tat|uk ukr|ur urd|uz uzb|vi vie|yi yid ji|yo yor|yue|zh zho chi cmn
        """.replace("\n", "|").split("|")
        if line.strip()
    )
}

CODE_OF = {name: code for code, names in NAMES.items() for name in names}

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
"""What Windows wrote a language's text files in, before UTF-8; cp1252 for all others."""


def read_language(text: str) -> str:
    """Whisper's name of a language, or the two or three letters given when it knows no such.

    Raises:
        UsageError: it is no code of a language.

    """
    match = TAG.fullmatch(text)
    if match is None:
        raise UsageError(
            f"no language is called {text!r}", hint="use its two letters, such as en, de or ja"
        )
    return language_of(text) or match[1].lower()


def language_of(tag: str | None) -> str | None:
    """The language a file or track is marked with; None for no mark, or none that is known."""
    match = TAG.fullmatch(tag or "")
    return CODE_OF.get(match[1].lower()) if match else None


def code_page(language: str | None) -> str:
    """The encoding that an old text file in a language most likely has."""
    fits = (page for page, spoken in CODE_PAGES.items() if language in spoken.split())
    return next(fits, "cp1252")
