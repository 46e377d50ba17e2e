"""How much memory Linux lets a container, a service or a session use, and what is used of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
"""Names the groups that this process is in."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """Of one group of processes."""

    most_bytes: int
    used_bytes: int
    """Without pages of files, which are given back where memory is short."""

    @property
    def free_bytes(self) -> int:
        """What is left."""
        return max(0, self.most_bytes - self.used_bytes)


def memory_limits(mount: Path = MOUNT, own: Path = OWN) -> list[MemoryLimit]:
    """The limits of the groups that this process is in, and of those around them.

    Args:
        mount: where Linux shows groups (cgroup v2, or v1 with a folder `memory`).
        own: what `/proc/self/cgroup` says.

    """
    return [limit for group in _groups(mount, own) if (limit := _limit(group)) is not None]


def _groups(mount: Path, own: Path) -> Iterator[Path]:
    """Every group from the own one up to the root, as far as they can be seen from in here."""
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
    """What a file says; None where there is none, or it says `max`."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _stated(file: Path, name: str) -> int:
    """A line `name number` of a file; 0 where there is none."""
    try:
        lines = dict(line.split() for line in file.read_text().splitlines())
        return int(lines.get(name, 0))
    except (OSError, ValueError):
        return 0
