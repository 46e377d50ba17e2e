import unicodedata

import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES

from vidqa.errors import UsageError
from vidqa.media.languages import CALLED, NAMES, language_of, read_language


def test_the_languages_are_whispers():
    assert set(NAMES) == set(_LANGUAGE_CODES)
    assert sum(map(len, NAMES.values())) == len(frozenset().union(*NAMES.values()))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("en", "en"), ("EN", "en"), ("eng", "en"), ("en-US", "en"), ("pt_BR", "pt"), ("ger", "de"),
        ("deu", "de"), ("zh-Hant-TW", "zh"), ("nob", "no"), ("jpn", "ja"), ("ga", "ga"),
        ("English", "en"), ("german", "de"), ("DEUTSCH", "de"), ("Chinese (Simplified)", "zh"),
        ("Tiếng Việt", "vi"), ("español", "es"),
    ],
)  # fmt: skip
def test_a_language_has_many_names(given: str, name: str):
    assert read_language(given) == name


@pytest.mark.parametrize("given", ["", "Englishh", "e", "en US", "auto", "1a", "en\n"])
def test_what_is_no_code_is_refused(given: str):
    with pytest.raises(UsageError, match="no language is called"):
        read_language(given)


def test_a_name_that_is_nearly_right_is_offered():
    with pytest.raises(UsageError) as caught:
        read_language("Germann")
    assert "did you mean German?" in str(caught.value.hint)


def test_every_name_is_of_a_language_that_is_known():
    assert set(CALLED.values()) <= set(NAMES)
    assert all(name == unicodedata.normalize("NFC", name).casefold() for name in CALLED)


@pytest.mark.parametrize("mark", [None, "", "und", "zxx", "qaa", "forced"])
def test_no_mark_is_no_language(mark: str | None):
    assert language_of(mark) is None
