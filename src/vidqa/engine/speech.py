"""Find in the cache what listens; it is loaded when there is something to hear."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from vidqa.errors import ModelMissingError
from vidqa.media.speech.device import place_speech, probe_machine
from vidqa.media.speech.recognizer import Recognizer
from vidqa.media.speech.turns import Voices
from vidqa.media.viewing import Viewing
from vidqa.models.installed import helper_folder, helper_key
from vidqa.models.registry import SPEECH, find_speech, find_voice_spec
from vidqa.models.sources.fetch import source_key
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store

VOICE_MODEL = "resemblyzer"
"""The model that tells voices apart."""


def load_speech(
    name: str, *, device: str, store: Store, wanted_by: str | None = None
) -> Recognizer:
    """Return a recognizer that computes on a device.

    Args:
        name: as in `vidqa models list`.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`; what listens chooses its own for `auto`.
        store: the cache to look in.
        wanted_by: the model that listens with it; pulling that one fetches it, too.

    Raises:
        UsageError: there is no such recognizer.
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.

    """
    spec = find_speech(name)
    folder = helper_folder(spec, store, wanted_by=wanted_by)
    return Recognizer(spec, folder, place_speech(device, probe_machine(device)))


def require_ears(spec: ModelSpec, viewing: Viewing, speech: str | None, store: Store) -> None:
    """Refuse to listen with what is not there; what may have words to read is not refused.

    Args:
        spec: the model that is shown the words.
        viewing: which words.
        speech: what listens, where it was named.
        store: the cache to look in.

    Raises:
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.

    """
    if viewing.speakers:
        StoredVoices(store).require()
    if speech is not None:
        helper_folder(find_speech(speech), store)
    elif viewing.subtitles == "speech" and spec.speech and spec.sources:
        helper_folder(find_speech(spec.speech), store, wanted_by=spec.name)


def recognizer_for(
    spec: ModelSpec, speech: str | None, *, device: str, store: Store
) -> tuple[Recognizer | None, ModelMissingError | None]:
    """Return the recognizer named, which must exist; else the model's own, or why it does not."""
    if speech is not None:
        return load_speech(speech, device=device, store=store), None
    if spec.speech is None:
        return None, None
    wanted_by = spec.name if spec.sources else None  # a folder of the user's is not pulled
    try:
        return load_speech(spec.speech, device=device, store=store, wanted_by=wanted_by), None
    except ModelMissingError as error:  # not every clip has to be listened to
        return None, _deaf(error, store)


def _deaf(error: ModelMissingError, store: Store) -> ModelMissingError:
    """Add what to do where a clip speaks and the model's own recognizer does not exist."""
    there = [name for name, spec in SPEECH.items() if store.has(helper_key(spec))]
    others = [f"--speech {there[0]}"] if there else []
    ways = " or ".join([*others, "--subtitles off"])
    return ModelMissingError(error.message, hint=f"{error.hint}; or add {ways}")


@dataclass(frozen=True, slots=True)
class StoredVoices:
    """What tells voices apart, in the cache; it is loaded when there is something to hear."""

    store: Store | None = None
    """The cache to look in; the user's if None."""

    @property
    def revision(self) -> str:
        """What embeddings depend on, whether it was pulled or not."""
        return source_key(find_voice_spec(VOICE_MODEL).source)

    def require(self) -> Path:
        """Return the file of its weights.

        Raises:
            ModelMissingError: not pulled yet.
            ModelDamagedError: a file is not what was verified.

        """
        spec = find_voice_spec(VOICE_MODEL)
        return helper_folder(spec, self.store or Store()) / spec.source.files[0].name

    def load(self) -> Voices:
        """Return what embeds voices; all clips share it. Raises as `require` does."""
        with _loading:
            return _encoder(self.require())


@lru_cache(maxsize=1)
def _encoder(file: Path) -> Voices:
    from vidqa.network.voice.encoder import load_voice_encoder

    return load_voice_encoder(file)


_loading = Lock()
"""Two threads that ask at once would load two."""
