"""Language codes and names, as users, files and recognizers write them: `en`, `eng`, `en-US`."""

import re
import unicodedata
from difflib import get_close_matches

from vidqa.errors import UsageError

ENGLISH = "en"

TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
"""A language code with optional region or script (BCP 47), as far as files use it."""

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

# Names of them in English and, where many speak them, in the language itself.
CALLED = {
    name.replace("_", " "): line.split()[0]
    for line in """
    af afrikaans|am amharic|ar arabic العربية|as assamese|az azerbaijani|ba bashkir|be belarusian
    bg bulgarian български|bn bengali bangla বাংলা|bo tibetan|br breton|bs bosnian bosanski
    ca catalan català valencian|cs czech čeština český|cy welsh cymraeg|da danish dansk
    de german deutsch|el greek ελληνικά|en english|es spanish español castellano castilian
    et estonian eesti|eu basque euskara|fa persian farsi فارسی|fi finnish suomi|fo faroese
    fr french français|gl galician galego|gu gujarati|ha hausa|haw hawaiian|he hebrew עברית
    hi hindi हिन्दी|hr croatian hrvatski|ht haitian haitian_creole|hu hungarian magyar|hy armenian
    id indonesian bahasa_indonesia|is icelandic íslenska|it italian italiano|ja japanese 日本語
    jw javanese|ka georgian|kk kazakh|km khmer|kn kannada|ko korean 한국어|la latin
    lb luxembourgish|ln lingala|lo lao|lt lithuanian lietuvių|lv latvian latviešu|mg malagasy
    mi maori|mk macedonian|ml malayalam|mn mongolian|mr marathi|ms malay bahasa_melayu|mt maltese
    my burmese myanmar|ne nepali|nl dutch nederlands flemish|nn nynorsk|no norwegian norsk bokmål
    oc occitan|pa punjabi panjabi|pl polish polski|ps pashto|pt portuguese português
    ro romanian română moldovan|ru russian русский|sa sanskrit|sd sindhi|si sinhala sinhalese
    sk slovak slovenčina|sl slovenian slovene slovenščina|sn shona|so somali|sq albanian shqip
    sr serbian srpski|su sundanese|sv swedish svenska|sw swahili|ta tamil|te telugu|tg tajik
    th thai ไทย|tk turkmen|tl tagalog filipino pilipino|tr turkish türkçe|tt tatar
    uk ukrainian українська|ur urdu|uz uzbek|vi vietnamese tiếng_việt|yi yiddish|yo yoruba
    yue cantonese|zh chinese mandarin 中文 汉语 漢語 simplified_chinese traditional_chinese
    """.replace("\n", "|").split("|")
    if line.strip()
    for name in line.split()[1:]
}


def read_language(text: str) -> str:
    """Return Whisper's code of a language, or the given two or three letters if it has none.

    Args:
        text: a code, such as `en`, `ger` or `pt-BR`, or a name, such as `German` or `deutsch`.

    Raises:
        UsageError: it is neither.

    """
    if code := language_called(text):
        return code
    match = TAG.fullmatch(text)
    if match is None:
        near = get_close_matches(text.casefold(), CALLED, n=1, cutoff=0.75)
        hint = f"did you mean {near[0].title()}? " if near else ""
        raise UsageError(
            f"no language is called {text!r}",
            hint=f"{hint}use its name or its two letters, such as en, de or ja",
        )
    return language_of(text) or match[1].lower()


def is_auto(text: str) -> bool:
    """Return whether the language is to be detected."""
    return text.strip().lower() == "auto"


def language_called(name: str) -> str | None:
    """Return the code for a name such as `German` or `Chinese (Simplified)`; None if unknown."""
    plain = re.sub(r"\(.*\)", "", unicodedata.normalize("NFC", name)).strip().casefold()
    return CALLED.get(plain)


def language_of(tag: str | None) -> str | None:
    """Return the language of a file's or track's tag; None for no tag or an unknown one."""
    match = TAG.fullmatch(tag or "")
    return CODE_OF.get(match[1].lower()) if match else None
