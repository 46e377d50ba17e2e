"""Errors as clients of HTTP read them, in the form of OpenAI's."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from vidqa.errors import VidqaError
from vidqa.types.exit_codes import ExitCode, exit_code

STATUS = {
    ExitCode.USAGE: 400,
    ExitCode.NO_SUCH_FILE: 404,
    ExitCode.NOT_A_VIDEO: 422,
    ExitCode.NO_VIDEO_STREAM: 422,
    ExitCode.DECODER_FAILED: 422,
    ExitCode.MODEL_MISSING: 503,
    ExitCode.NO_SPACE: 507,
    ExitCode.NOT_ENOUGH_MEMORY: 507,
}
"""By the status with which a command would end."""
FAILED = 500


def refusal(
    status: int, message: str, kind: str = "refused", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the answer to a request that cannot be met."""
    return JSONResponse(body(message, kind), status, headers)


def body(message: str, kind: str) -> dict[str, dict[str, str]]:
    """Return the JSON object of an error."""
    return {"error": {"message": message, "type": kind, "code": kind}}


def status_of(error: VidqaError) -> int:
    """Return the status of HTTP for an error."""
    return STATUS.get(exit_code(error), FAILED)


def kind_of(error: VidqaError) -> str:
    """Return what an error is called, as in records."""
    return exit_code(error).name.lower()
