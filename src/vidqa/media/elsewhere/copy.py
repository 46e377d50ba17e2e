"""A clip elsewhere, copied to this machine with the subtitles beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from vidqa.errors import UsageError, VideoError, VidqaError
from vidqa.media.elsewhere.catalog import Catalog
from vidqa.media.elsewhere.staging import StageFullError, Ticket
from vidqa.media.fingerprint import fingerprint
from vidqa.media.words.sidecars import belonging
from vidqa.system.file_systems import FULL
from vidqa.system.remote.addresses import file_name, folder_of, shown
from vidqa.system.remote.files import Listed, RemoteFile, look_up


class Copy:
    """A clip elsewhere, and its copy on this machine while that is wanted."""

    def __init__(
        self, address: str, ticket: Ticket, catalog: Catalog, *, with_subtitles: bool
    ) -> None:
        """Copy nothing yet.

        Args:
            address: of the clip.
            ticket: its place in the queue for disk.
            catalog: knows what lies beside it, and learns its fingerprint.
            with_subtitles: copy the subtitles beside it, too.

        """
        self.address = address
        self._ticket, self._catalog, self._with_subtitles = ticket, catalog, with_subtitles
        self.copied: Path | None = None
        """The copy, once it is there."""
        self.notes: tuple[str, ...] = ()
        """What is wrong with what is beside it."""

    def need(self) -> None:
        """Say that somebody waits for it; see `Ticket.need`."""
        self._ticket.need()

    def path(self) -> Path:
        """Copy it, unless that is done.

        Raises:
            VidqaError: as `look_up`, `RemoteFile.copy` and `Ticket.take`; after a `StageFullError`
                it may be asked for again.

        """
        if self.copied is not None:
            return self.copied
        try:
            remote = look_up(self.address, anew=True)
            beside, self.notes = self._beside()
            self.copied = self._copy(remote, beside)
        except StageFullError:  # it keeps its place in the queue
            raise
        except BaseException:
            self._ticket.drop()
            raise
        return self.copied

    def drop(self) -> None:
        """Delete the copy."""
        self._ticket.drop()

    def told(self, text: str) -> str:
        """Return a text with the name of the clip, where it has that of the copy."""
        if self.copied is None:
            return text
        name = shown(self.address)
        for mine, theirs in ((self.copied, name), (self.copied.parent, folder_of(name))):
            text = text.replace(repr(str(mine))[1:-1], theirs).replace(str(mine), theirs)
        return text

    def _beside(self) -> tuple[list[Listed], tuple[str, ...]]:
        """Return the subtitles beside the clip, and why they could not be looked for."""
        if not self._with_subtitles:
            return [], ()
        try:
            files = self._catalog.beside(self.address)
        except VidqaError as error:
            return [], (f"no subtitles could be looked for beside the clip: {error.message}",)
        video = Path(file_name(self.address))
        return [files[one.name] for one in belonging(video, map(Path, files))], ()

    def _copy(self, remote: RemoteFile, beside: Sequence[Listed]) -> Path:
        """Copy it and its subtitles, once there is room."""
        sizes = [remote.size_bytes, *(one.size_bytes for one in beside)]
        name = file_name(remote.address)
        while True:
            folder = self._ticket.take(None if None in sizes else sum(filter(None, sizes)))
            try:
                remote.copy(folder / name, self._check(folder))
                self.notes += tuple(self._copy_beside(folder, beside))
                break
            except OSError as error:
                if error.errno not in FULL:
                    raise
                self._ticket.retreat()
        self._ticket.shrink(sum(file.stat().st_size for file in folder.iterdir()))
        self._catalog.learn(remote, fingerprint(folder / name))
        return folder / name

    def _check(self, folder: Path) -> Callable[[int], None]:
        """Return what checks a file on its way, with those that are in its folder already."""
        before = sum(file.stat().st_size for file in folder.iterdir())
        return lambda done_bytes: self._ticket.check(before + done_bytes)

    def _copy_beside(self, folder: Path, beside: Sequence[Listed]) -> list[str]:
        """Copy subtitles; return what is wrong with those that cannot be read."""
        notes = []
        for one in beside:
            target = folder / file_name(one.address)
            try:
                look_up(one.address).copy(target, self._check(folder))
            except (VideoError, UsageError) as error:
                target.unlink(missing_ok=True)
                notes.append(f"passed over: {error.message}")
        return notes
