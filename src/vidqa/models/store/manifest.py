"""The marker that records that a folder's files were verified, and their state then."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vidqa.system.file_systems import drafted
from vidqa.system.litter import is_litter
from vidqa.system.texts import from_json

MARKER = "verified.json"
SCHEMA = 1
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified file, with the attributes that reveal a later change."""

    path: str
    """Relative to the folder; a link there may lead into another cache, such as the Hub's."""
    size: int
    sha256: str
    mtime_ns: int
    ctime_ns: int
    """Nanoseconds of its last change: changes with every write, and cannot be set back."""
    inode: int

    def untouched(self, folder: Path) -> bool:
        """Return whether the file was not written since it was verified; reads no content."""
        return self == stamp(folder, self.path, self.sha256)

    def intact(self, folder: Path) -> bool:
        """Return whether the file still has the verified bytes; reads all of them."""
        file = folder / self.path
        return file.stat().st_size == self.size and sha256_of(file) == self.sha256


def sha256_of(file: Path) -> str:
    """Hash a file of any size, in constant memory."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def stamp(folder: Path, path: str, sha256: str | None = None) -> Stamp:
    """Stamp a file; its hash is computed unless the caller has just verified it."""
    file = folder / path
    digest = sha256 or sha256_of(file)
    status = file.stat()
    return Stamp(
        path, status.st_size, digest, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    )


def foreign_files(folder: Path, stamps: list[Stamp]) -> list[str]:
    """Return the files that were added to the folder after it was verified.

    Hidden files, and those that systems leave in every folder, are ignored.
    """
    known = {one.path for one in stamps} | {MARKER}
    there = (file.relative_to(folder) for file in folder.rglob("*") if not file.is_dir())
    return sorted(
        str(path)
        for path in there
        if str(path) not in known
        and not any(part.startswith(".") for part in path.parts)
        and not is_litter(path)
    )


def write_marker(folder: Path, source: str, stamps: list[Stamp]) -> None:
    """Write the marker atomically."""
    marker = {"schema": SCHEMA, "source": source, "files": [asdict(one) for one in stamps]}
    with drafted(folder / MARKER, durable=True) as draft:
        draft.write_text(json.dumps(marker, indent=1))


def read_marker(folder: Path) -> tuple[str, list[Stamp]] | None:
    """Return the source and the stamps of a verified folder; None without a readable marker."""
    try:
        marker = from_json((folder / MARKER).read_text())
        if marker["schema"] != SCHEMA:
            return None
        return str(marker["source"]), [Stamp(**one) for one in marker["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
