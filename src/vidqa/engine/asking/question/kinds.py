"""What kind of question one is: about the whole of a clip, or about its words."""

import re

from vidqa.engine.finding.terms import COMMON, terms_of, words_of

_ENGLISH = (
    "appear appears brief briefly content contents describe description discuss discussed "
    "entire event events everything explain explained explains general give going happen "
    "happened happening happens hear heard idea kind main mainly mention mentioned mostly "
    "occurs order outline overall overview point points purpose recap say says said see seen "
    "sort speak speaker speakers speaks spoken story subject sum summarise summarize summary "
    "synopsis take takes talk talked talking talks tell tells thing things theme themes topic "
    "topics visible voice whole words write list"
)
_OTHERS = (
    "alles beschreibe beschreiben das dem den der die ein eine es fasse film geht gesagt gezeigt "
    "geschieht im in ist kurz man passiert sagt sehen sieht thema um video was wird worum zeigt "
    "zusammen zusammenfassen zusammenfassung",
    "ce cette ceci c de décris décrire dans dit est film le la les on passe parle que quel qu quoi "
    "résume résumer résumé se sujet t il vidéo voit",
    "cuenta cómo de describe del dice el en este la muestra ocurre pasa qué que resume resumen "
    "resumir se sobre sucede tema trata un una ve video vídeo",
)
LANGUAGES = (COMMON | frozenset(_ENGLISH.split()), *(frozenset(one.split()) for one in _OTHERS))
"""Words of which questions about all of a clip consist, by language."""
_LEADING = (
    "called color colour exactly kind kinds long many much name named names number often sort type"
)
NOT_ASKED_FOR = LANGUAGES[0] | frozenset(_LEADING.split())
"""Words of questions that do not say what they are about."""
_NAMING = (
    "happen happened happening happens summary summarise summarize describe description video clip "
    "film movie recap synopsis outline overview topic topics theme themes story subject content "
    "contents everything see seen visible shown show shows said say says talk talks going about "
    "passiert geschieht gesagt gezeigt worum zusammenfassung beschreibe thema sieht passe parle "
    "vidéo résume décris voit sujet pasa trata resume describe vídeo ve sucede ocurre tema dice"
)
NAMING = frozenset(_NAMING.split())
"""Words that speak of a clip as a whole."""
_PRONOUNS = (
    "he she they him her hers his them it its that those these er sie ihn ihm ihnen il elle ils "
    "elles lui él ella ellos"
)
PRONOUNS = frozenset(_PRONOUNS.split())
"""Words that stand for what was spoken of before."""
OF_DETAILS = PRONOUNS - {"it", "its"} | {"why", "where", "when", "warum", "wo", "wann"}
"""Words of questions that are not about a clip as a whole."""
_CHINESE = re.compile(
    "请|這|这|这个|個|视频|影片|視頻|短片|录像|片子|节目|主要|内容|內容|讲|講|说|說|述|了|什么|什麼|"
    "是|关于|關於|的|有|在|里|中|发生|發生|怎么|怎樣|总结|總結|概括|概述|介绍|一下|简|单|简单|整|个|"
    "整个|大意|主题|看到|出现|动画|ビデオ|動画|映像|何|について|ですか|ます|か|が|は|を|に|で|です|起こり|"
    "起き|要約|まとめ|して|ください|話|内容|全体|どんな|映って|いる|この"
)
_SPOKEN = re.compile(
    r"(?<!\bsign )(?<!\bscreen )(?<!\blabel )(?<!\bposter )(?<!\bshirt )(?<!\btext )(?<!\bboard )"
    r"\b(?:says?|said|saying|spoken|talk(?:s|ed|ing)? (?:about|of)|told|mention(?:s|ed|ing)?|"
    r"quoted?|sagt|gesagt|erwähnt|dit|mentionne|dice|dijo|menciona)\b"
    r"|说|說|讲|講|提到|言う|言い|言っ",
    re.IGNORECASE,
)


def is_about_all(question: str) -> bool:
    """Return whether a question asks about all of a clip, and about nothing in particular.

    Known are such questions in English, German, French, Spanish, Chinese and Japanese.
    """
    words = set(words_of(_CHINESE.sub(" ", question)))
    return any(words <= known for known in LANGUAGES)


def names_all(question: str) -> bool:
    """Return whether a question speaks of all of a clip, and of nothing that was said before."""
    words = set(words_of(question))
    is_told = bool(words & NAMING or _CHINESE.search(question))
    return is_about_all(question) and is_told and not words & OF_DETAILS


def refers(question: str) -> bool:
    """Return whether a question is about what was spoken of before, and hardly anything else."""
    telling = [term for term in terms_of(question) if term not in NOT_ASKED_FOR | PRONOUNS]
    return len(telling) < 2 and bool(set(words_of(question)) & PRONOUNS or not telling)


def is_about_words(question: str) -> bool:
    """Return whether a question is about what is said, so that no picture answers it."""
    return _SPOKEN.search(question) is not None


def asked_for(question: str) -> str:
    """Return the terms of a question that say what it is about; all of it if none does."""
    telling = [term for term in terms_of(question) if term not in NOT_ASKED_FOR]
    return " ".join(telling) or question
