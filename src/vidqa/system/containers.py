"""Memory limits and use of Linux control groups: containers, services and sessions."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
"""File that names the groups of this process."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The memory limit of one group of processes."""

    most_bytes: int
    used_bytes: int
    """Bytes used, without file pages, which are freed when memory is short."""

    @property
    def free_bytes(self) -> int:
        """The bytes left."""
        return max(0, self.most_bytes - self.used_bytes)


def memory_limits(mount: Path = MOUNT, own: Path = OWN) -> list[MemoryLimit]:
    """Return the limits of the groups of this process, and of their parents.

    Args:
        mount: the mount point of groups (cgroup v2, or v1 with a folder `memory`).
        own: the file `/proc/self/cgroup`.

    """
    return [limit for group in _groups(mount, own) if (limit := _limit(group)) is not None]


def _groups(mount: Path, own: Path) -> Iterator[Path]:
    """Yield every visible group from the process's own up to the root."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        lines = []
    roots = {mount: "/", mount / "memory": "/"}
    for line in lines:
        if len(line) == 3 and line[1] in ("", "memory"):
            roots[mount / line[1]] = line[2]
    for root, path in roots.items():
        group = root / path.strip("/")
        yield from (one for one in (group, *group.parents) if one.is_relative_to(root))


def _limit(group: Path) -> MemoryLimit | None:
    v2 = _number(group / "memory.max"), _number(group / "memory.current"), "inactive_file"
    v1 = (
        _number(group / "memory.limit_in_bytes"),
        _number(group / "memory.usage_in_bytes"),
        "total_inactive_file",
    )
    most, used, reclaimed = v2 if v2[0] is not None else v1
    if most is None:
        return None
    return MemoryLimit(most, max(0, (used or 0) - _stated(group / "memory.stat", reclaimed)))


def _number(file: Path) -> int | None:
    """Read the number in a file; None if it does not exist or says `max`."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _stated(file: Path, name: str) -> int:
    """Read the number in a file's line `name number`; 0 if there is none."""
    try:
        lines = dict(line.split() for line in file.read_text().splitlines())
        return int(lines.get(name, 0))
    except (OSError, ValueError):
        return 0
