"""The user's settings: from the environment, else from one file."""

import os
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from vidqa.errors import UsageError
from vidqa.system import paths
from vidqa.system.file_systems import drafted
from vidqa.system.texts import decoded

SETTINGS = {
    "model": "the model that is asked; chosen for the machine where none is set",
    "speech": "the model that listens; the asked model's own where none is set",
    "device": "where to compute; auto where none is set",
    "dtype": "the number format; auto where none is set",
    "keep": "how much of what was seen and heard is kept on disk; 5GB where none is set",
}
"""The names there are, and what they mean."""

DEFAULTS = {"device": "auto", "dtype": "auto", "keep": "5GB"}
"""What holds where none is set; the others are chosen for the machine."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, and who set it."""

    name: str
    value: str | None
    source: Literal["environment", "file", "default"]
    where: str = ""
    """The variable, or the path of the file."""


def setting(name: str) -> Setting:
    """What a setting is: from `VIDQA_NAME`, else from the file, else nothing is set.

    Raises:
        UsageError: the file cannot be read, or holds what is no setting.

    """
    variable = f"VIDQA_{name.upper()}"
    if value := os.environ.get(variable):
        return Setting(name, value, "environment", variable)
    try:
        file = paths.config_file()
    except UsageError:  # no home, no settings
        return Setting(name, None, "default")
    if value := read_settings(file).get(name):
        return Setting(name, value, "file", str(file))
    return Setting(name, None, "default")


def read_settings(file: Path) -> dict[str, str]:
    """The settings of a file; none where there is no file.

    Raises:
        UsageError: it cannot be read, is no TOML, or holds what is no setting.

    """
    try:
        told = tomllib.loads(decoded(file.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the settings in {file} cannot be read: {error}", hint="mend the file, or remove it"
        ) from error
    for name, value in told.items():
        require_name(name, where=f" in {file}")
        if not isinstance(value, str):
            raise UsageError(
                f"{name} in {file} is no text: {value!r}", hint=f'write it as {name} = "..."'
            )
    return told


def write_setting(name: str, value: str | None) -> Path:
    """Set one setting in the file, or take it out; all else in it stays. Returns the file.

    Raises:
        UsageError: no such setting, or the file cannot be read or written.

    """
    require_name(name)
    file = paths.config_file()
    read_settings(file)
    text = decoded(file.read_bytes()) if file.exists() else ""
    try:
        with drafted(file) as draft:
            draft.write_text(_with(text, name, value), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{value!r} is no text") from error
    return file


def require_name(name: str, *, where: str = "") -> None:
    """Refuse what is no setting.

    Raises:
        UsageError: names those there are.

    """
    if name in SETTINGS:
        return
    near = get_close_matches(name, SETTINGS, n=1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(SETTINGS)}"
    raise UsageError(f"{name!r}{where} is no setting", hint=meant)


def _with(text: str, name: str, value: str | None) -> str:
    """A TOML text with another setting; its comments and its order stay."""
    import tomlkit

    document = tomlkit.parse(text)
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value
    return tomlkit.dumps(document)
