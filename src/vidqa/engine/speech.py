"""Find a recognizer in the cache; it is loaded when there is something to hear."""

from vidqa.media.speech.device import place_speech, probe_machine
from vidqa.media.speech.recognizer import Recognizer
from vidqa.models.installed import speech_folder
from vidqa.models.registry import find_speech
from vidqa.models.store.store import Store


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
    folder = speech_folder(spec, store, wanted_by=wanted_by)
    return Recognizer(spec, folder, place_speech(device, probe_machine(device)))
