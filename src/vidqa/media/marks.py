"""Fingerprint a clip and the subtitle files beside it."""

from pathlib import Path

from vidqa.errors import VidqaError
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.words.request import WordRequest
from vidqa.media.words.written import written_beside
from vidqa.types import Marks


def marks(video: str, wanted: WordRequest, *, keep: bool) -> Marks:
    """Return the fingerprints of a clip and its subtitles; `keep` caches them on disk."""
    return Marks(_mark(Path(video), keep=keep), subtitles_mark(video, wanted, keep=keep))


def subtitles_mark(video: str, wanted: WordRequest, *, keep: bool) -> str | None:
    """Return the fingerprints of the subtitle files that a clip's words may come from."""
    beside = [_mark(file, keep=keep) for file in written_beside(Path(video), wanted)]
    return " ".join(filter(None, beside)) or None


def _mark(file: Path, *, keep: bool) -> str | None:
    """Return the fingerprint of a file's content; None if it cannot be read."""
    try:
        return (known_fingerprint if keep else fingerprint)(file)
    except VidqaError:
        return None
