"""What kind of question one is: about the whole of a clip, or about its words."""

import re

from vidqa.engine.finding.terms import COMMON, terms_of, words_of

_ABOUT_ALL = (
    "appear appears brief briefly content contents describe description discuss discussed "
    "entire event events everything explain explained explains general give going happen "
    "happened happening happens hear heard idea kind list listed main mainly mention mentioned "
    "mostly occurs order outline overall overview person place plot point points purpose recap "
    "say says said see seen sort speak speaker speakers speaks spoken story subject sum summarise "
    "summarize summary synopsis take takes talk talked talking talks tell tells thing things "
    "theme themes time title topic topics visible voice watch what whole words write "
    # German, French, Spanish
    "alles beschreibe beschreiben das dem den der die ein eine es fasse film geht gesagt gezeigt "
    "geschieht im in ist kurz man passiert sagt sehen sieht thema um video was wird worum zeigt "
    "zusammen zusammenfassen zusammenfassung "
    "ce cette ceci c de décris décrire dans dit est le la les on passe parle que quel qu quoi "
    "résume résumer résumé se sujet t il vidéo voit "
    "cuenta cómo describe del dice el en este muestra ocurre pasa qué resume resumen resumir se "
    "sobre sucede tema trata un una vídeo ve"
)
ABOUT_ALL = COMMON | frozenset(_ABOUT_ALL.split())
"""Words of which questions about all of a clip consist."""
_LEADING = (
    "called color colour exactly kind kinds long many much name named names number often sort type"
)
NOT_ASKED_FOR = ABOUT_ALL | frozenset(_LEADING.split())
"""Words of questions that do not say what they are about."""
_CHINESE = re.compile(
    "请|這|这|这个|個|视频|影片|視頻|短片|录像|片子|节目|主要|内容|內容|讲|講|说|說|述|了|什么|什麼|"
    "是|关于|關於|的|有|在|里|中|发生|發生|怎么|怎樣|总结|總結|概括|概述|介绍|一下|简|单|简单|整|个|"
    "整个|大意|主题|看到|出现|动画|ビデオ|動画|映像|何|について|ですか|ます|か|が|は|を|に|で|です|起こり|"
    "起き|要約|まとめ|して|ください|話|内容|全体|どんな|映って|いる|この"
)
_SPOKEN = re.compile(
    r"\b(?:says?|said|saying|spoken|speak(?:s|er|ers|ing)?|talk(?:s|ed|ing)?|told|"
    r"mention(?:s|ed|ing)?|voices?|hear[ds]?|quotes?d?|words?|sagt|gesagt|redet|spricht|"
    r"dit|parle|mentionne|dice|dijo|habla|menciona)\b|说|說|讲|講|提到|言う|言い|言っ|話",
    re.IGNORECASE,
)


def is_about_all(question: str) -> bool:
    """Return whether a question asks about all of a clip, and about nothing in particular.

    Known are such questions in English, German, French, Spanish, Chinese and Japanese.
    """
    return all(word in ABOUT_ALL for word in words_of(_CHINESE.sub(" ", question)))


def is_about_words(question: str) -> bool:
    """Return whether a question is about what is said, so that no picture answers it."""
    return _SPOKEN.search(question) is not None


def asked_for(question: str) -> str:
    """Return the terms of a question that say what it is about; all of it if none does."""
    telling = [term for term in terms_of(question) if term not in NOT_ASKED_FOR]
    return " ".join(telling) or question
