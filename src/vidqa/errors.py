"""Everything that can go wrong and be mended by the user, as one tree.

VidqaError
├── UsageError            the command or call makes no sense as written
├── VideoError            this clip cannot be watched
│   ├── ClipNotFoundError     there is no such file
│   ├── NotAVideoError        the file is there, but it is no readable video
│   ├── NoVideoStreamError    a media file without any picture
│   └── DecoderError          decoding it crashed, hung or took too much memory
├── ModelError            the weights are not ready
│   ├── ModelMissingError     not in the cache
│   ├── ModelDamagedError     in the cache, but not the bytes that were verified
│   ├── ModelUnsupportedError of a kind that vidqa, or this transformers, cannot drive
│   └── DownloadError         could not be fetched
│       └── OfflineError          the network is not allowed or not there
├── NoSpaceError          the disk cannot hold what is asked
└── NotEnoughMemoryError  the machine cannot hold what is asked
"""

import traceback


class VidqaError(Exception):
    """An error with a message for a person and, where one exists, a command that mends it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """What happened and why, one sentence without a trailing newline."""
        self.hint = hint
        """What to do next, ideally a command that can be run as it is."""


def without_frames(error: VidqaError) -> VidqaError:
    """An error that is kept: it must not hold what the functions held that it came through."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    return error


def trace_of(error: VidqaError) -> str:
    """What lies at the bottom of an error, as Python writes it; empty where nothing does."""
    cause = error.__cause__
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    return "" if cause is None else "".join(traceback.format_exception(cause)).strip()


def anew(error: VidqaError) -> VidqaError:
    """The same error to be raised once more: each raise adds to what the first one holds."""
    return type(error)(error.message, hint=error.hint)


class UsageError(VidqaError):
    """The command or call makes no sense as written."""


class VideoError(VidqaError):
    """This clip cannot be watched."""


class ClipNotFoundError(VideoError):
    """There is no such file."""


class NotAVideoError(VideoError):
    """The file is there, but it is no readable video."""


class NoVideoStreamError(VideoError):
    """A media file without any picture."""


class DecoderError(VideoError):
    """Decoding the clip crashed, hung, or took more memory than is allowed."""


class ModelError(VidqaError):
    """The weights are not ready."""


class ModelMissingError(ModelError):
    """The model is not in the cache."""


class ModelUnsupportedError(ModelError):
    """The model is of a kind that vidqa, or the installed transformers, cannot drive."""


class ModelDamagedError(ModelError):
    """A cached file is not the bytes that were verified."""


class DownloadError(ModelError):
    """The model could not be fetched."""


class OfflineError(DownloadError):
    """The network is not allowed or not there."""


class NoSpaceError(VidqaError):
    """The disk cannot hold what is asked."""


class NotEnoughMemoryError(VidqaError):
    """The machine cannot hold what is asked."""
