"""What was seen and heard of a clip, before a model answers about it."""

from dataclasses import dataclass

from vidqa.engine.watch.encode_frames import EncodedFrames
from vidqa.errors import UsageError
from vidqa.media.sampling.samplers import Moments
from vidqa.types import Words
from vidqa.types.media_info import VideoInfo


@dataclass(frozen=True, slots=True)
class ClipContents:
    """The contents of a file, before the model sees them."""

    video: str
    info: VideoInfo
    fingerprint: str
    moments: Moments
    encoded: EncodedFrames
    words: Words


def checked_question(question: str) -> str:
    """Return the question unchanged.

    Raises:
        UsageError: it is empty, or not valid text.

    """
    if not question.strip():
        raise UsageError("the question is empty")
    if not question.isprintable() and any("\ud800" <= one <= "\udfff" for one in question):
        raise UsageError("the question is not text", hint="write it in UTF-8")
    return question
