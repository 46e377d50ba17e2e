"""WUPS: how near the words of two phrases mean to each other by WordNet (NExT-QA, open-ended).

Wu and Palmer's similarity, as Malinowski and Fritz (arXiv 1410.0210) and the script of
arXiv 2105.08276 combine it. NLTK computes it from a WordNet that the user has.
"""

import hashlib
import os
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import read_text

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
COUNTED = ("DC", "DB")
"""Types whose answers, numbers and yes or no, must be the same."""
STRICT = 0.9
"""Below this likeness, words count a tenth in WUPS@0.9."""
KINDS = "nvar"
"""Nouns, verbs, adjectives and adverbs, in the order in which a word is looked up."""
_STOPWORDS = """
a an the is are was were be been being am do does did to of in on at by for with from into onto up
down out off over under and or but so as it its he she they his her their him them this that these
those there then than while when because
"""
STOPWORDS = frozenset(_STOPWORDS.split())
"""Words that say nothing by themselves; a benchmark's own list goes before."""
USUAL = ("corpora/wordnet", "corpora/wordnet31")
"""Below the folders of NLTK's data."""


class WordNet:
    """A WordNet database, and what its words mean to each other."""

    def __init__(self, folder: Path, stopwords: Iterable[str] = STOPWORDS) -> None:
        """Open a folder with `data.noun` and the other files of WordNet 3.

        Raises:
            UsageError: NLTK is not installed, or the folder holds no WordNet.

        """
        self._folder = folder
        self._stopwords = frozenset(stopwords)
        if not (folder / "data.noun").is_file():
            raise UsageError(f"{folder} holds no WordNet: there is no data.noun in it")
        _ = self._reader

    @cached_property
    def _reader(self) -> Any:
        try:
            import nltk
            from nltk.corpus.reader.wordnet import WordNetCorpusReader
        except ImportError as error:
            raise UsageError(
                "WUPS takes NLTK to compute", hint="pip install 'vidqa[wups]'"
            ) from error

        class English(WordNetCorpusReader):  # type: ignore[misc]
            """It looks for no other WordNet to compare numbers of synsets with."""

            def map_wn(self, version: str = "wordnet") -> None:
                """Map nothing: other languages are not read."""

        folder = str(self._folder.resolve())
        if folder not in nltk.data.path:  # it reads no files elsewhere
            nltk.data.path.append(folder)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that there is no other language
                return English(folder, None)
        except (AssertionError, OSError, LookupError, ValueError) as error:
            raise UsageError(f"{self._folder} holds no whole WordNet: {error}") from error

    @property
    def record(self) -> dict[str, str]:
        """Return what its scores depend on: hashes of its nouns and stopwords, NLTK's version."""
        words = "\n".join(sorted(self._stopwords)).encode()
        return {
            "wordnet": hashlib.sha256((self._folder / "data.noun").read_bytes()).hexdigest(),
            "stopwords": hashlib.sha256(words).hexdigest(),
            "nltk": version("nltk"),
        }

    def lemmas(self, phrase: str) -> tuple[str, ...]:
        """Return the words of a phrase in their basic forms, without those that say nothing."""
        words = map(self._lemma, WORD.findall(phrase.lower()))
        return tuple(one for one in words if one not in self._stopwords)

    @lru_cache(maxsize=100_000)  # noqa: B019
    def _lemma(self, word: str) -> str:
        if word in self._stopwords:
            return word
        return next((form for kind in KINDS if (form := self._reader.morphy(word, kind))), word)

    @lru_cache(maxsize=1_000_000)  # noqa: B019
    def alike(self, one: str, other: str) -> float:
        """Return how near the first meanings of two words are, of 1."""
        if one == other:
            return 1.0
        first, second = self._reader.synsets(one), self._reader.synsets(other)
        if not first or not second:
            return 0.0
        return first[0].wup_similarity(second[0]) or 0.0

    def wups(self, one: Sequence[str], other: Sequence[str], least: float) -> float:
        """Return WUPS of two phrases.

        Args:
            one: the words of a phrase.
            other: those of the other.
            least: likeness below which a pair of words counts a tenth.

        """
        return min(self._one_way(one, other, least), self._one_way(other, one, least))

    def _one_way(self, words: Sequence[str], others: Sequence[str], least: float) -> float:
        value, is_alike = 1.0, False
        for word in words:
            best = max((self._counted(word, other, least) for other in others), default=0.0)
            if best > 0:
                value, is_alike = value * best, True
        return value if is_alike else 0.0

    def _counted(self, word: str, other: str, least: float) -> float:
        alike = self.alike(word, other)
        return alike if alike >= least else 0.1 * alike


def wups_scores(net: WordNet, reply: str, answers: Sequence[str], kind: str) -> dict[str, float]:
    """Return `wups_0` and `wups_0.9` of an answer: of the accepted ones, that of the nearest.

    Args:
        net: the WordNet.
        reply: what was answered.
        answers: accepted answers.
        kind: the question's type; numbers and yes or no must be the same.

    """
    said = net.lemmas(reply)
    accepted = [net.lemmas(one) for one in answers]
    if kind in COUNTED:
        is_same = float(bool(said) and said in accepted)
        return {"wups_0": is_same, "wups_0.9": is_same}
    return {
        name: max(net.wups(said, one, least) for one in accepted)
        for name, least in (("wups_0", 0.0), ("wups_0.9", STRICT))
    }


def find_wordnet(folder: Path | None, stopwords: Path | None) -> WordNet:
    """Return the WordNet of a folder, or the one that NLTK has downloaded.

    Args:
        folder: with `data.noun` in it; None: wherever NLTK keeps its data.
        stopwords: a benchmark's own list, one a line; None: ours.

    Raises:
        UsageError: there is none.

    """
    if folder is None:
        folder = next((one for one in _usual_places() if (one / "data.noun").is_file()), None)
    if folder is None:
        raise UsageError(
            "WUPS compares words by WordNet, which is not here",
            hint="pip install 'vidqa[wups]', then python -m nltk.downloader wordnet, or --wordnet",
        )
    if stopwords is None:
        return WordNet(folder)
    return WordNet(folder, read_text(stopwords).split())


def _usual_places() -> Iterable[Path]:
    named = os.environ.get("NLTK_DATA", "").split(os.pathsep)
    for place in (*filter(None, named), "~/nltk_data", "/usr/share/nltk_data"):
        for below in USUAL:
            yield Path(place).expanduser() / below
