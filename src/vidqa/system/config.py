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
    "index": "the file of the index, or its folder; one in the user's data where none is set",
    "keep": "how much of what was seen and heard is kept on disk; 5GB where none is set",
    "copies": "how much disk copies of clips elsewhere take at once; 10GB where none is set",
}
"""Names of all settings, and their meanings."""

DEFAULTS = {"device": "auto", "dtype": "auto", "copies": "10GB", "keep": "5GB"}
"""Default values; the other settings are chosen for the machine."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, and the source of its value."""

    name: str
    value: str | None
    source: Literal["environment", "file", "default"]
    where: str = ""
    """Name of the variable, or path of the file."""


def setting(name: str) -> Setting:
    """Look up a setting: in `VIDQA_NAME`, else in the file, else it is not set.

    Raises:
        UsageError: the file cannot be read, or holds something that is not a setting.

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
    """Read the settings of a file; none if it does not exist.

    Raises:
        UsageError: it cannot be read, is not TOML, or holds something that is not a setting.

    """
    try:
        values = tomllib.loads(decoded(file.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the settings in {file} cannot be read: {error}", hint="mend the file, or remove it"
        ) from error
    for name, value in values.items():
        require_name(name, where=f" in {file}")
        if not isinstance(value, str):
            raise UsageError(
                f"{name} in {file} is not text: {value!r}", hint=f'write it as {name} = "..."'
            )
    return values


def write_setting(name: str, value: str | None) -> Path:
    """Set or remove one setting in the file; all else in it stays. Return the file.

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
        raise UsageError(f"{value!r} is not text") from error
    return file


def require_name(name: str, *, where: str = "") -> None:
    """Refuse a name that is not a setting.

    Raises:
        UsageError: names the settings that exist.

    """
    if name in SETTINGS:
        return
    near = get_close_matches(name, SETTINGS, n=1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(SETTINGS)}"
    raise UsageError(f"{name!r}{where} is not a setting", hint=meant)


def _with(text: str, name: str, value: str | None) -> str:
    """Return a TOML text with one setting changed; its comments and order stay."""
    import tomlkit

    document = tomlkit.parse(text)
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value
    return tomlkit.dumps(document)
