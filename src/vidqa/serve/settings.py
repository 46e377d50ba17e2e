"""Where a server listens, and what it allows."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import UsageError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine that no other has."""
MOST_WAITING = 32
"""Jobs that wait; more are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where a server listens, and what it allows."""

    socket: Path
    host: str
    port: int
    """0 takes a free one."""
    token: str | None
    roots: tuple[Path, ...]
    most_bytes: int
    """Of a clip that is sent."""
    idle_s: float | None
    """Seconds without work after which it ends; None: never."""
    most_waiting: int = MOST_WAITING

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                f"--host {self.host} lets other machines in",
                hint="--token-file FILE says what they must know",
            )

    @property
    def hosts(self) -> frozenset[str] | None:
        """Names by which it may be called; with a token any will do."""
        return None if self.token is not None else LOOPBACK | {self.host}


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
