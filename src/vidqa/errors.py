"""The tree of errors that a user can fix.

VidqaError
├── UsageError            the command or call is not valid as written
├── VideoError            this clip cannot be watched
│   ├── ClipNotFoundError     the file does not exist
│   ├── ClipUnreachableError  it lies elsewhere, and nobody there hands it out
│   ├── NotAVideoError        the file exists, but is not a readable video
│   ├── NoVideoStreamError    the media file has no pictures
│   └── DecoderError          decoding crashed, hung or took too much memory
├── ModelError            the weights are not ready
│   ├── ModelMissingError     not in the cache
│   ├── ModelDamagedError     in the cache, but not the bytes that were verified
│   ├── ModelUnsupportedError of a kind that vidqa, or this transformers, cannot run
│   └── DownloadError         could not be downloaded
│       └── OfflineError          the network is not allowed or not available
├── EngineError           a server that answers did not answer this request
│   └── EngineGoneError       and would answer no other one either
├── NoSpaceError          the disk has too little space
└── NotEnoughMemoryError  the machine has too little memory
"""

import traceback


class VidqaError(Exception):
    """An error with a message for the user and, if there is one, a command that fixes it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """One sentence that says what happened and why, without a trailing newline."""
        self.hint = hint
        """The next step for the user, ideally a command that can be run as it is."""


def without_frames(error: VidqaError) -> VidqaError:
    """Drop an error's frames, so that a stored error does not keep their variables alive."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error


def trace_of(error: VidqaError) -> str:
    """Return the traceback of an error's cause; empty if it has none."""
    cause = error.__cause__
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    return "" if cause is None else "".join(traceback.format_exception(cause)).strip()


def anew(error: VidqaError) -> VidqaError:
    """Copy an error to raise it again: each raise of the same object adds to its traceback."""
    return type(error)(error.message, hint=error.hint)


class UsageError(VidqaError):
    """A command or call that is not valid as written."""


class VideoError(VidqaError):
    """A clip that cannot be watched."""


class ClipNotFoundError(VideoError):
    """A clip that does not exist."""


class ClipUnreachableError(VideoError):
    """A clip on another machine that does not answer, or lets this user not in."""


class NotAVideoError(VideoError):
    """A file that is not a readable video."""


class NoVideoStreamError(VideoError):
    """A media file without pictures."""


class DecoderError(VideoError):
    """A crash, a hang or too much memory while decoding a clip."""


class ModelError(VidqaError):
    """A model whose weights are not ready."""


class ModelMissingError(ModelError):
    """A model that is not in the cache."""


class ModelUnsupportedError(ModelError):
    """A model of a kind that vidqa, or the installed transformers, cannot run."""


class ModelDamagedError(ModelError):
    """A cached file that differs from the bytes that were verified."""


class DownloadError(ModelError):
    """A model that could not be downloaded."""


class OfflineError(DownloadError):
    """A download without a network, or with the network not allowed."""


class EngineError(VidqaError):
    """A request that a server did not answer."""

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        """The HTTP status that it answered with, if it was one of those that end a request."""


class EngineGoneError(EngineError):
    """A server that is not there, lets nobody in, or keeps failing."""


class NoSpaceError(VidqaError):
    """A disk with too little space for the request."""


class NotEnoughMemoryError(VidqaError):
    """A machine with too little memory for the request."""
