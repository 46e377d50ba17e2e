"""What the content of a clip, and of the subtitles beside it, is known by."""

from pathlib import Path

from vidqa.errors import VidqaError
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.words.sources import Wanted, written_beside
from vidqa.types import Marks


def marks(video: str, wanted: Wanted, *, keep: bool) -> Marks:
    """The fingerprints of a clip and of its subtitles; `keep` notes them on disk."""
    return Marks(_mark(Path(video), keep=keep), subtitles_mark(video, wanted, keep=keep))


def subtitles_mark(video: str, wanted: Wanted, *, keep: bool) -> str | None:
    """The fingerprints of the subtitle files that a clip's words may come from."""
    beside = [_mark(file, keep=keep) for file in written_beside(Path(video), wanted)]
    return " ".join(filter(None, beside)) or None


def _mark(file: Path, *, keep: bool) -> str | None:
    """The fingerprint of a file's content; None where it cannot be read."""
    try:
        return (known_fingerprint if keep else fingerprint)(file)
    except VidqaError:
        return None
