"""Listen to a clip while the model that is asked is still being loaded: hearing needs no torch."""

import time
from pathlib import Path

from vidqa.engine.speech import StoredVoices, load_speech
from vidqa.engine.watch.background import Background
from vidqa.engine.watch.hear import hear
from vidqa.errors import ModelMissingError
from vidqa.media.places import Place
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import stretch
from vidqa.media.speech.device import probe_machine
from vidqa.media.speech.recognizer import Recognizer
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.request import WordRequest
from vidqa.models.resolve import LocalModel
from vidqa.models.store.store import Store
from vidqa.system.cache import Cache
from vidqa.types import Words
from vidqa.types.loading import LoadSettings


class EarlyWords:
    """The words of one clip, looked for in a thread of its own from now on."""

    def __init__(
        self,
        path: Path,
        viewing: Viewing,
        recognizer: Recognizer,
        *,
        request: WordRequest,
        reader: Reader,
        cache: Cache | None,
    ) -> None:
        """Start; whatever goes wrong is raised where the words are asked for.

        Args:
            path: the clip.
            viewing: how it will be watched.
            recognizer: the one that the model listens with.
            request: which words the model is shown.
            reader: reads the clip.
            cache: keeps what was heard.

        """
        self.word_finder = WordFinder(reader, recognizer, cache=cache, voices=StoredVoices())
        self.seconds = 0.0
        """Of the whole search, once it is over."""
        self._path, self._viewing = path, viewing
        self._request = request
        self._work = Background(self._find)

    def are_of(self, place: Place, viewing: Viewing) -> bool:
        """Return whether they are the words of a clip that is watched so."""
        return (place.path(), viewing) == (self._path, self._viewing)

    def words(self) -> Words:
        """Wait for the words. Raises as `hear` does."""
        return self._work.result()

    def cancel(self) -> None:
        """Let it end at its next step; nobody waits for it."""
        self._work.cancel()

    def _find(self, work: Background[Words]) -> Words:
        begun = time.perf_counter()
        try:
            info = self.word_finder.reader.probe(self._path)
            window = stretch(info, self._viewing.start_s, self._viewing.end_s)
            return hear(self.word_finder, self._request, info, window, work)
        finally:
            self.seconds = time.perf_counter() - begun


def listen_early(
    path: Path,
    viewing: Viewing,
    model: LocalModel,
    settings: LoadSettings,
    *,
    store: Store,
    reader: Reader,
) -> EarlyWords | None:
    """Begin to listen to a clip with what a model will listen with.

    Returns:
        None where that is only known once torch is loaded, or nothing is to be heard.

    Raises:
        UsageError: the viewing makes no sense.

    """
    name = settings.speech or model.spec.speech
    is_on_cpu = settings.device == "cpu" or (
        settings.device == "auto" and not probe_machine("auto").gpus
    )
    needs_torch = viewing.speakers
    if name is None or viewing.subtitles == "off" or needs_torch or not is_on_cpu:
        return None
    wanted_by = model.spec.name if model.spec.sources else None
    try:
        recognizer = load_speech(name, device="cpu", store=store, wanted_by=wanted_by)
    except ModelMissingError:  # not every clip has to be listened to
        return None
    cache = Cache() if settings.keep else None
    return EarlyWords(
        path,
        viewing,
        recognizer,
        request=viewing.words_for(model.spec),
        reader=reader,
        cache=cache,
    )
