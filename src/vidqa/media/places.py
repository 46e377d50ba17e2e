"""Where clips are: on this machine, or elsewhere, from where they are copied while they are wanted.

A copy has a folder of its own, with the subtitles that are beside the clip there, and is deleted
once the clip is done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from vidqa.errors import VideoError, VidqaError
from vidqa.media.elsewhere.catalog import Catalog
from vidqa.media.elsewhere.copy import Copy
from vidqa.media.elsewhere.staging import Stage
from vidqa.media.marks import marks, subtitles_mark
from vidqa.media.words.request import WordRequest
from vidqa.media.words.written import written_beside
from vidqa.system.cache import read_size
from vidqa.system.config import DEFAULTS, setting
from vidqa.system.remote.addresses import file_name
from vidqa.types import Answer, Marks, Words

Error = TypeVar("Error", bound=VidqaError)


class Place(Protocol):
    """The place of a clip."""

    def path(self) -> Path:
        """Return the clip's file, once it is on this machine.

        Raises:
            VidqaError: it cannot be brought there.

        """

    def need(self) -> None:
        """Say that somebody waits for it, and does nothing else meanwhile."""


class Here:
    """A clip on this machine."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def path(self) -> Path:
        """Return the file."""
        return self._path

    def need(self) -> None:
        """Do nothing: it is here."""


class Places:
    """The places of the clips of a run, and the copies of those that lie elsewhere."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        request: WordRequest,
        *,
        keep: bool,
        stage: Stage | None = None,
    ) -> None:
        """Copy nothing yet.

        Args:
            addresses: of the clips that lie elsewhere, by their names in records.
            request: which words; it tells whether subtitles beside a clip are read.
            keep: note fingerprints on disk.
            stage: the disk for copies; by default as large as the setting `copies` says.

        Raises:
            UsageError: the setting is no size.

        """
        size = setting("copies").value or DEFAULTS["copies"]
        self._stage = stage or Stage(read_size(size))
        self._catalog = Catalog(self._stage, keep=keep)
        self._addresses, self._request, self._keep = addresses, request, keep
        self._copies = dict[str, Copy]()

    def __enter__(self) -> "Places":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def place(self, name: str) -> Place:
        """Return the place of a clip; places that are asked for earlier are copied earlier."""
        address = self._addresses.get(name)
        if address is None:
            return Here(name)
        if name not in self._copies:
            is_auto = self._request.subtitles == "auto"
            ticket = self._stage.ticket()
            self._copies[name] = Copy(address, ticket, self._catalog, with_subtitles=is_auto)
        return self._copies[name]

    def release(self, name: str) -> None:
        """Delete a clip's copy, if there is one."""
        if copy := self._copies.pop(name, None):
            copy.drop()

    def close(self) -> None:
        """Delete all copies."""
        self._stage.close()

    def marks(self, name: str, *, look: bool = True) -> Marks:
        """Return the fingerprints of a clip and of its subtitles, as far as they can be read.

        Args:
            name: of the clip.
            look: else only what is known already of a clip elsewhere.

        """
        address = self._addresses.get(name)
        if address is None:
            return marks(name, self._request, keep=self._keep)
        beside = self.subtitles_mark(name, look=look)  # first: a folder's list knows its files
        mark = self._catalog.fingerprint if look else self._catalog.known
        return Marks(mark(address), beside)

    def subtitles_mark(self, name: str, *, look: bool = True) -> str | None:
        """Return the fingerprints of the subtitle files that a clip's words may come from."""
        address, copy = self._addresses.get(name), self._copies.get(name)
        if address is None or self._request.named_file is not None:
            return subtitles_mark(name, self._request, keep=self._keep)
        if copy is not None and copy.copied is not None:
            return subtitles_mark(str(copy.copied), self._request, keep=False)
        return self._subtitles_elsewhere(address) if look else None

    def told(self, text: str, name: str) -> str:
        """Return a text about a clip that names it, where it has the name of the copy."""
        copy = self._copies.get(name)
        return text if copy is None else copy.told(text)

    def told_answer(self, answer: Answer, name: str) -> Answer:
        """Return an answer about a clip whose warnings name it so, and what was passed over."""
        return replace(answer, warnings=self._told_warnings(answer.warnings, name))

    def told_words(self, words: Words, name: str) -> Words:
        """Return the words of a clip, with its name where they tell where they come from."""
        warnings = self._told_warnings(words.warnings, name)
        return replace(words, detail=self.told(words.detail, name), warnings=warnings)

    def told_error(self, error: Error, name: str) -> Error:
        """Return an error about a clip that names it so."""
        message = self.told(error.message, name)
        if message == error.message:
            return error
        renamed = type(error)(message, hint=error.hint)
        renamed.__cause__ = error.__cause__
        return renamed

    @contextmanager
    def naming(self, name: str) -> Iterator[None]:
        """Let errors of the body name a clip, where they have the name of its copy."""
        try:
            yield
        except VideoError as error:
            told = self.told_error(error, name)
            if told is error:
                raise
            raise told from error.__cause__

    def _told_warnings(self, warnings: tuple[str, ...], name: str) -> tuple[str, ...]:
        copy = self._copies.get(name)
        return warnings if copy is None else (*map(copy.told, warnings), *copy.notes)

    def _subtitles_elsewhere(self, address: str) -> str | None:
        if self._request.subtitles != "auto":
            return None
        try:
            files, video = self._catalog.beside(address), Path(file_name(address))
        except VidqaError:
            return None
        fitting = written_beside(video, self._request, map(Path, files))
        found = [self._catalog.fingerprint(files[one.name].address) for one in fitting]
        return " ".join(filter(None, found)) or None
