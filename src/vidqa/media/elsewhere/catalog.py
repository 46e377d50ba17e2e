"""What is known of files elsewhere: their fingerprints, and what lies beside them.

A fingerprint is found without a copy where the store hands out parts of files, and it is noted
under whatever the store changes with a file's content, such as an ETag.
"""

import hashlib
import json
import threading
import unicodedata
from bisect import bisect_left
from itertools import islice, takewhile
from operator import itemgetter
from pathlib import Path

from vidqa.errors import VidqaError
from vidqa.media.elsewhere.staging import Stage
from vidqa.media.fingerprint import SCHEME, fingerprint, fingerprint_of, parts_of
from vidqa.media.fingerprint_cache import note, recall
from vidqa.system.remote.addresses import WEB, file_name, folder_of, scheme_of, shown
from vidqa.system.remote.files import Listed, RemoteFile, listed, look_up

LISTINGS = 4
"""Folders whose files are remembered at once."""


class Catalog:
    """What is known of files elsewhere."""

    def __init__(self, stage: Stage, *, keep: bool) -> None:
        """Know nothing yet.

        Args:
            stage: the disk for copies of files that are only handed out whole.
            keep: note fingerprints on disk.

        """
        self._stage, self._keep = stage, keep
        self._known = dict[str, str]()
        self._listings = dict[str, list[tuple[str, Listed]]]()
        self._lock = threading.Lock()

    def known(self, address: str) -> str | None:
        """Return the fingerprint of a file's content, if it was found before."""
        return self._known.get(address)

    def fingerprint(self, address: str) -> str | None:
        """Return the fingerprint of a file's content; None if it cannot be read."""
        if address not in self._known:
            try:
                remote = look_up(address)
                mark = self._recalled(remote) or _of_parts(remote) or self._of_copy(remote)
            except VidqaError:
                return None
            self.learn(remote, mark)
        return self._known[address]

    def learn(self, remote: RemoteFile, mark: str) -> None:
        """Remember the fingerprint of a file's content."""
        self._known[remote.address] = mark
        key = _key(remote)
        if self._keep and key is not None:
            note(key, mark)

    def beside(self, address: str) -> dict[str, Listed]:
        """Return the files in the folder of a clip whose names begin as its own does, by name.

        The web has no folders.

        Raises:
            VidqaError: it cannot be listed.

        """
        if scheme_of(address) in WEB:
            return {}
        files, begin = self._files(folder_of(address)), _plain(Path(file_name(address)).stem)
        first = bisect_left(files, begin, key=itemgetter(0))
        near = takewhile(lambda one: one[0].startswith(begin), islice(files, first, None))
        return {one.name: one for _, one in near}

    def _files(self, folder: str) -> list[tuple[str, Listed]]:
        """Return the files in a folder in the order of their names."""
        with self._lock:
            if folder not in self._listings:
                found = [(_plain(one.name), one) for one in listed(folder) if not one.is_folder]
                if len(self._listings) >= LISTINGS:
                    self._listings.pop(next(iter(self._listings)))
                self._listings[folder] = sorted(found, key=itemgetter(0))
            return self._listings[folder]

    def _recalled(self, remote: RemoteFile) -> str | None:
        key = _key(remote)
        return recall(key) if self._keep and key is not None else None

    def _of_copy(self, remote: RemoteFile) -> str:
        """Return the fingerprint of a file that is only handed out whole."""
        ticket = self._stage.ticket()
        ticket.need()
        try:
            copy = ticket.take(remote.size_bytes) / "copy"
            remote.copy(copy, ticket.check)
            return fingerprint(copy)
        finally:
            ticket.drop()


def _plain(name: str) -> str:
    """Normalise a name: some stores hold an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


def _key(remote: RemoteFile) -> str | None:
    """Return what a file is known by as long as its content stays; None if nothing is."""
    if remote.stamp is None:
        return None
    facts = json.dumps([shown(remote.address), remote.size_bytes, remote.stamp])
    return f"{SCHEME} elsewhere {hashlib.sha256(facts.encode()).hexdigest()}"


def _of_parts(remote: RemoteFile) -> str | None:
    """Return a file's fingerprint, read from it part by part; None if it is handed out whole."""
    if remote.size_bytes is None:
        return None
    parts = remote.parts(parts_of(remote.size_bytes))
    return None if parts is None else fingerprint_of(remote.size_bytes, parts)
