"""The marker that says a folder's files were verified, and what they looked like then."""

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
    """One verified file, and the traits by which a later change to it shows."""

    path: str
    """Relative to the folder; a link there may lead into another cache, such as the Hub's."""
    size: int
    sha256: str
    mtime_ns: int
    ctime_ns: int
    """Changes with every write, and cannot be set back."""
    inode: int

    def untouched(self, folder: Path) -> bool:
        """Whether nobody has written to the file since it was verified; reads no content."""
        return self == stamp(folder, self.path, self.sha256)

    def intact(self, folder: Path) -> bool:
        """Whether the file still has the verified bytes; reads all of them."""
        file = folder / self.path
        return file.stat().st_size == self.size and sha256_of(file) == self.sha256


def sha256_of(file: Path) -> str:
    """The hash of a file of any size, in constant memory."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def stamp(folder: Path, path: str, sha256: str | None = None) -> Stamp:
    """Look at a file; its hash is computed unless just verified by the caller."""
    file = folder / path
    digest = sha256 or sha256_of(file)
    status = file.stat()
    return Stamp(
        path, status.st_size, digest, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    )


def foreign_files(folder: Path, stamps: list[Stamp]) -> list[str]:
    """Files that came into the folder after it was verified.

    Those that are hidden, or that systems leave in every folder, are nobody's weights.
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
    """Write the marker in one step: it is there whole or not at all."""
    marker = {"schema": SCHEMA, "source": source, "files": [asdict(one) for one in stamps]}
    with drafted(folder / MARKER, durable=True) as draft:
        draft.write_text(json.dumps(marker, indent=1))


def read_marker(folder: Path) -> tuple[str, list[Stamp]] | None:
    """The source and the stamps of a verified folder; None where there is no readable marker."""
    try:
        marker = from_json((folder / MARKER).read_text())
        if marker["schema"] != SCHEMA:
            return None
        return str(marker["source"]), [Stamp(**one) for one in marker["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
