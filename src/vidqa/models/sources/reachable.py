"""Check whether the sources of models can be reached; nothing is downloaded."""

import subprocess
import sys

from vidqa.errors import DownloadError, OfflineError
from vidqa.models.sources.hub import FIRST_SERVER_ERROR, first_line, transport_error
from vidqa.models.sources.wheel import pip_failure
from vidqa.models.spec import WheelSource

TIMEOUT_S = 5
"""Seconds to wait for a connection, and for each answer."""

PATIENCE_S = 30
"""Seconds to wait for pip in all, which may ask several indexes and asks each twice."""


def reach_index(source: WheelSource) -> None:
    """Look for a wheel on the package index with pip and the user's own configuration.

    Raises:
        OfflineError: the index cannot be reached.
        DownloadError: the index has no such package or version; or there is no pip.

    """
    wanted = f"{source.package} {source.version}"
    command = [
        sys.executable, "-P", "-m", "pip", "index", "versions", source.package,
        "--no-input", "--disable-pip-version-check", "--no-cache-dir",
        f"--timeout={TIMEOUT_S}",
        "--retries=1",  # with none pip does not report that the connection failed
    ]  # fmt: skip
    try:
        pip = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OfflineError(f"pip did not find {wanted} within {PATIENCE_S} s") from error
    if pip.returncode:
        output = [line.strip() for line in (pip.stdout + pip.stderr).splitlines()]
        raise pip_failure(source, output)
    if source.version not in pip.stdout.replace(",", " ").split():
        raise DownloadError(f"the package index has no {wanted}")


def reach_hub() -> str:
    """Request the Hub's first page, as its own client would; return the address requested.

    Raises:
        OfflineError: it cannot be reached, or is not allowed to be.
        DownloadError: its server fails.

    """
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        raise OfflineError("HF_HUB_OFFLINE keeps the Hub from being asked", hint="unset it")
    try:
        answer = get_session().head(constants.ENDPOINT, timeout=TIMEOUT_S)
    except transport_error() as error:
        raise OfflineError(
            f"{constants.ENDPOINT} cannot be reached: {first_line(error)}",
            hint="check the network and HF_ENDPOINT",
        ) from error
    if answer.status_code >= FIRST_SERVER_ERROR:
        raise DownloadError(f"{constants.ENDPOINT} answers {answer.status_code}")
    return constants.ENDPOINT
