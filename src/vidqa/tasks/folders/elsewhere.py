"""Find video files in the folders of object stores."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from vidqa.errors import ClipNotFoundError
from vidqa.system import litter
from vidqa.system.remote import addresses
from vidqa.system.remote.files import Listed, before_pattern, kind_of, listed, matching


@dataclass(frozen=True, slots=True)
class FoundElsewhere:
    """What an address stands for."""

    files: tuple[str, ...]
    """Addresses, sorted by their names below the folder."""
    root: str
    """The address of the folder that they are in, as it is shown."""
    passed_over: int = 0
    not_entered: int = 0
    is_run: bool = True
    """Whether they were not named one by one."""


def find_elsewhere(
    address: str, *, by_hand: bool, recursive: bool, suffixes: frozenset[str]
) -> FoundElsewhere:
    """Find the clips that an address stands for.

    Args:
        address: of a file, a folder of a store, or, by hand, a pattern as for files here; in lists
            a folder ends in a slash.
        by_hand: whether a person named it.
        recursive: as in `find_clips`.
        suffixes: as in `find_clips`.

    Raises:
        UsageError: it is not read.
        ClipNotFoundError: a folder without clips, or a pattern that none matches.
        ClipUnreachableError: a folder cannot be listed.

    """
    addresses.require_readable(address, by_hand=by_hand)
    if addresses.scheme_of(address) not in addresses.WEB:
        if by_hand and "*" in address:
            return _matching(address, suffixes)
        kind = kind_of(address) if by_hand and not address.endswith("/") else "file"
        if address.endswith("/") or kind == "folder":
            return _inside(address.rstrip("/"), recursive, suffixes)
        if kind is None and "?" in address:
            return _matching(address, suffixes)
    root = addresses.folder_of(addresses.shown(address))
    return FoundElsewhere((address,), root, is_run=False)


def _matching(pattern: str, suffixes: frozenset[str]) -> FoundElsewhere:
    asked_for = PurePosixPath(pattern).suffix.lower()
    is_plain = not set("*?[") & set(asked_for)
    wanted = suffixes | ({asked_for} if is_plain else set()) - {""}
    files = [one for one in matching(pattern) if not one.is_folder]
    found = _sorted(one for one in files if _suffix(one) in wanted)
    if not found:
        raise ClipNotFoundError(f"there is no video file of the name {addresses.shown(pattern)}")
    root = addresses.shown(before_pattern(pattern))
    return FoundElsewhere(found, root, len(files) - len(found))


def _inside(folder: str, recursive: bool, suffixes: frozenset[str]) -> FoundElsewhere:
    entries = [one for one in listed(folder, recursive=recursive) if not _is_hidden(one)]
    files = [one for one in entries if not one.is_folder]
    found = _sorted(one for one in files if _suffix(one) in suffixes)
    name = addresses.shown(folder)
    if not found:
        where = f"in {name}" if recursive else f"in {name} itself"
        hint = None if recursive else "--recursive looks into the folders inside it, too"
        raise ClipNotFoundError(f"there is no video file {where}", hint=hint)
    not_entered = 0 if recursive else len(entries) - len(files)
    return FoundElsewhere(found, name, len(files) - len(found), not_entered)


def _sorted(found: Iterable[Listed]) -> tuple[str, ...]:
    return tuple(one.address for one in sorted(found, key=lambda one: one.name.split("/")))


def _suffix(one: Listed) -> str:
    return PurePosixPath(one.name).suffix.lower()


def _is_hidden(one: Listed) -> bool:
    """Return whether it is hidden, or lies among previews and the like."""
    *folders, name = one.name.split("/")
    inside = [*folders, name] if one.is_folder else folders
    is_litter = any(part.lower() in litter.FOLDERS for part in inside)
    return is_litter or any(part.startswith(".") for part in (*folders, name))
