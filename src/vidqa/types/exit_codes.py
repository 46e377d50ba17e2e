"""Exit statuses and the errors that they stand for."""

from enum import IntEnum

from vidqa import errors


class ExitCode(IntEnum):
    """The exit status of every command."""

    ANSWERED = 0
    """The command succeeded."""
    NO = 1
    """With --choices: a choice other than the first won. Of `find`: nothing was found."""
    USAGE = 2
    """The command is not valid as written."""
    UNSURE = 3
    """With --choices: no choice was as likely as --threshold."""
    NO_EVIDENCE = 4
    """Nothing in a long clip supports an answer."""
    NO_SUCH_FILE = 10
    """The clip does not exist."""
    NOT_A_VIDEO = 11
    """The file is not a readable video."""
    NO_VIDEO_STREAM = 12
    """The file has sound but no pictures."""
    DECODER_FAILED = 13
    """Decoding the file crashed, hung or took too much memory."""
    CLIP_UNREACHABLE = 14
    """The clip lies elsewhere and could not be copied from there."""
    MODEL_MISSING = 20
    """The model is not in the cache."""
    MODEL_DAMAGED = 21
    """A cached file differs from what was verified."""
    DOWNLOAD_FAILED = 22
    """A file could not be downloaded."""
    OFFLINE = 23
    """The network is needed but not available, or not allowed."""
    NO_SPACE = 24
    """The disk is full."""
    MODEL_UNSUPPORTED = 25
    """The model is of a kind that vidqa cannot run."""
    ENGINE_FAILED = 26
    """The server that answers could not be asked."""
    NOT_ENOUGH_MEMORY = 30
    """The machine or device has too little memory."""
    SOME_CLIPS_FAILED = 40
    """Several clips were asked about, and some could not be answered."""
    SOMETHING_FAILS = 41
    """`vidqa doctor` found something that has to be fixed."""
    UNEXPECTED = 70
    """A bug in vidqa; the traceback says where."""
    INTERRUPTED = 130
    """The command was stopped with Ctrl-C."""
    READER_GONE = 141
    """With --choices: the reader of stdout closed it before the end of the answer."""


MEANINGS = {
    ExitCode.ANSWERED: "answered; with `--choices`: the first one won",
    ExitCode.NO: "with `--choices`: another than the first one won; `find`: nothing was found",
    ExitCode.USAGE: "the command makes no sense as written",
    ExitCode.UNSURE: "with `--choices`: none is as likely as `--threshold` wants",
    ExitCode.NO_EVIDENCE: "nothing in a long clip supports an answer",
    ExitCode.NO_SUCH_FILE: "no such file",
    ExitCode.NOT_A_VIDEO: "the file is not a readable video",
    ExitCode.NO_VIDEO_STREAM: "the file has no picture",
    ExitCode.DECODER_FAILED: "decoding the file crashed, hung or took too much memory",
    ExitCode.CLIP_UNREACHABLE: "a clip that lies elsewhere could not be copied from there",
    ExitCode.MODEL_MISSING: "the model is not in the cache",
    ExitCode.MODEL_DAMAGED: "a file of a model is not what it should be",
    ExitCode.DOWNLOAD_FAILED: "a download failed",
    ExitCode.OFFLINE: "the network is needed and not there, or not allowed",
    ExitCode.NO_SPACE: "the disk is full",
    ExitCode.MODEL_UNSUPPORTED: "the model is of a kind that vidqa cannot drive",
    ExitCode.ENGINE_FAILED: "the server of `--engine` or `--judge` did not answer",
    ExitCode.NOT_ENOUGH_MEMORY: "not enough memory",
    ExitCode.SOME_CLIPS_FAILED: "some clips failed",
    ExitCode.SOMETHING_FAILS: "`vidqa doctor` found something that fails",
    ExitCode.UNEXPECTED: "unexpected error, with a traceback",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.READER_GONE: "with `--choices`: stdout was closed before all was written",
}
"""Meaning of each exit status, for the documentation."""

_BY_TYPE: list[tuple[type[errors.VidqaError], ExitCode]] = [
    (errors.UsageError, ExitCode.USAGE),
    (errors.ClipNotFoundError, ExitCode.NO_SUCH_FILE),
    (errors.ClipUnreachableError, ExitCode.CLIP_UNREACHABLE),
    (errors.NoVideoStreamError, ExitCode.NO_VIDEO_STREAM),
    (errors.DecoderError, ExitCode.DECODER_FAILED),
    (errors.VideoError, ExitCode.NOT_A_VIDEO),
    (errors.ModelMissingError, ExitCode.MODEL_MISSING),
    (errors.ModelDamagedError, ExitCode.MODEL_DAMAGED),
    (errors.ModelUnsupportedError, ExitCode.MODEL_UNSUPPORTED),
    (errors.OfflineError, ExitCode.OFFLINE),
    (errors.DownloadError, ExitCode.DOWNLOAD_FAILED),
    (errors.EngineError, ExitCode.ENGINE_FAILED),
    (errors.NoSpaceError, ExitCode.NO_SPACE),
    (errors.NotEnoughMemoryError, ExitCode.NOT_ENOUGH_MEMORY),
]
"""Exit status by type of error; the first match wins, so subclasses come first."""


def exit_code(error: errors.VidqaError) -> ExitCode:
    """Return the exit status of an error."""
    return next((code for kind, code in _BY_TYPE if isinstance(error, kind)), ExitCode.UNEXPECTED)
