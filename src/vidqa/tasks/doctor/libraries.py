"""Check that the libraries vidqa needs are installed, of a fitting version, and loadable."""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from packaging.requirements import Requirement

import vidqa
from vidqa.tasks.doctor.finding import Finding, State, described

BROKEN = (ImportError, OSError, RuntimeError)
"""Errors of an import if compiled parts of a library are missing or do not fit another's."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library with a line of its own."""

    package: str
    """Name for pip."""
    module: str
    """Name for Python's import."""
    more: Callable[[Any], str] = lambda _module: ""
    """Function that returns more about it; may raise one of `BROKEN` if it does not work."""
    lacking: str = ""
    """The only part of vidqa that needs it; empty if vidqa cannot run without it."""


def _torch(torch: Any) -> str:
    if torch.version.cuda:
        return f"built for CUDA {torch.version.cuda}"
    return f"built for ROCm {torch.version.hip}" if torch.version.hip else "built for CPUs"


def _torchvision(_module: Any) -> str:
    import torch
    from torchvision.ops import nms

    nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1), 0.5)  # compiled against one torch
    return "fits torch"


def _av(av: Any) -> str:
    return f"FFmpeg {av.ffmpeg_version_info}"


LIBRARIES = (
    Library("torch", "torch", _torch),
    Library("torchvision", "torchvision", _torchvision),
    Library("transformers", "transformers"),
    Library("av", "av", _av),
    Library("decord2", "decord", lacking="--decoder decord"),
    Library("faster-whisper", "faster_whisper"),
    Library("ctranslate2", "ctranslate2"),
    Library("onnxruntime", "onnxruntime"),
    Library("rapidocr", "rapidocr", lacking="--screen-text"),
    Library("num2words", "num2words"),
    Library("bitsandbytes", "bitsandbytes", lacking="--dtype int8 and int4 on a GPU"),
    Library("optimum-quanto", "optimum.quanto", lacking="--kv-cache int4"),
)


def check_python() -> Iterator[Finding]:
    """Yield the versions of Python and of vidqa."""
    where = f"{platform.system()} {platform.machine()}"
    yield Finding("vidqa", "ok", vidqa.__version__)
    yield Finding("python", "ok", f"{platform.python_version()} on {where}")


def check_library(library: Library) -> Iterator[Finding]:
    """Check that it is installed, of a version that vidqa was tested with, and loads."""
    wanted = required().get(library.package, Requirement(library.package))
    installed = _installed(library.package)
    if installed is None:
        yield _absent(library, wanted)
        return
    if not wanted.specifier.contains(installed, prereleases=True):
        yield _unfit(library.package, installed, wanted)
        return
    try:
        more = library.more(import_module(library.module))
    except BROKEN as error:
        yield _unloadable(library, wanted, f"{installed} does not load: {described(error)}")
        return
    yield Finding(library.package, "ok", ", ".join(filter(None, [installed, more])))


def check_others() -> Iterator[Finding]:
    """Check the versions of the libraries without a line of their own."""
    own = {library.package for library in LIBRARIES}
    others = [wanted for name, wanted in required().items() if name not in own]
    if not others:
        yield Finding(
            "other libraries",
            "warning",
            "vidqa is not installed as a package, so nothing says which versions it needs",
            "pip install .",
        )
        return
    good = 0
    for wanted in others:
        installed = _installed(wanted.name)
        if installed is not None and wanted.specifier.contains(installed, prereleases=True):
            good += 1
        else:
            yield _unfit(wanted.name, installed, wanted)
    yield Finding("other libraries", "ok", f"{good} of {len(others)} are as needed")


def required() -> dict[str, Requirement]:
    """Return the requirements of the installed vidqa by package, without `dev` tools."""
    try:
        lines = requires("vidqa") or []
    except PackageNotFoundError:
        return {}
    found = [Requirement(line) for line in lines]
    extras = ("", "quantize")
    return {
        one.name.replace("_", "-"): one
        for one in found
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    }


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _absent(library: Library, wanted: Requirement) -> Finding:
    command = f"pip install '{_spelled(wanted)}'"
    if library.lacking:
        said = f"not installed, only needed by {library.lacking}"
        return Finding(library.package, "ok", said, command)
    return Finding(library.package, "failing", "not installed", command)


def _unfit(name: str, installed: str | None, wanted: Requirement) -> Finding:
    said = "not installed" if installed is None else f"{installed}, wanted {wanted.specifier}"
    return Finding(name, "failing", said, f"pip install '{_spelled(wanted)}'")


def _unloadable(library: Library, wanted: Requirement, said: str) -> Finding:
    together = ["torch", _spelled(wanted)] if library.package == "torchvision" else []
    words = " ".join(f"'{one}'" for one in together or [_spelled(wanted)])
    state: State = "warning" if library.lacking else "failing"
    return Finding(library.package, state, said, f"pip install --force-reinstall {words}")


def _spelled(wanted: Requirement) -> str:
    """Format a requirement for pip, without its marker."""
    return f"{wanted.name}{wanted.specifier}"
