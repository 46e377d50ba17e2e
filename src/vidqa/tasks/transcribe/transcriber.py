"""Transcribe clips with a recogniser alone, without a model that answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vidqa.engine.speech import StoredVoices, load_speech
from vidqa.errors import NotAVideoError, UsageError
from vidqa.media.reader import Reader
from vidqa.media.speech.audio import SoundInfo, probe_sound
from vidqa.media.stretches import Window
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.listening import Event
from vidqa.media.words.request import WordRequest
from vidqa.models.choose import best_cached
from vidqa.models.registry import DEFAULT_MODEL, MODELS
from vidqa.models.store.store import Store
from vidqa.system.cache import Cache


class Transcriber:
    """A transcriber of clips and sound files; its recogniser is loaded once."""

    def __init__(
        self,
        request: WordRequest,
        *,
        speech: str | None = None,
        device: str = "auto",
        store: Store | None = None,
        reader: Reader | None = None,
        cache: Cache | None = None,
    ) -> None:
        """Find the recogniser; it is loaded when it is first needed.

        Args:
            request: which words.
            speech: the recogniser, as in `vidqa models list`; if None, that of the model which
                answers by default.
            device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
            store: the model cache; the user's by default.
            reader: the reader of clips.
            cache: the cache of results, which stores what was heard.

        Raises:
            UsageError: no such recogniser or device, or it cannot do what is requested.
            ModelMissingError: it is not pulled yet.
            ModelDamagedError: a file differs from what was verified.

        """
        self.request = request
        self.reader = reader or Reader()
        recognizer, voices = None, StoredVoices(store)
        if request.speakers:
            voices.require()
        if request.subtitles in ("auto", "speech"):
            store = store or Store()
            name = speech or usual_speech(device, store)
            recognizer = load_speech(name, device=device, store=store)
        if recognizer is not None and request.subtitles == "speech":
            recognizer.check(request.language, request.task)
        self.word_finder = WordFinder(self.reader, recognizer, cache=cache, voices=voices)

    @property
    def made_by(self) -> Mapping[str, Any]:
        """The recogniser's name, revision, device and dtype, on which the output depends."""
        recognizer = self.word_finder.recognizer
        if recognizer is None:
            return {"model": None, "revision": None, "device": None, "dtype": None}
        return {
            "model": recognizer.name,
            "revision": recognizer.model_dir.name,
            "device": recognizer.place.device,
            "dtype": recognizer.place.compute_type,
        }

    def probe(self, path: Path) -> SoundInfo:
        """Look for sound in a file. See `vidqa.media.speech.audio.probe_sound`.

        A picture has none, but it may hold text, if that is to be read.
        """
        try:
            return self.reader.call(path, probe_sound, path)
        except NotAVideoError:
            if self.request.screen_text == "off":
                raise
            return SoundInfo(0, self.reader.probe(path).duration_s)

    def stream(
        self,
        path: Path,
        sound: SoundInfo,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Iterator[Event]:
        """Yield the cues of a file as they are recognized, and finally the `Words`.

        Args:
            path: a clip or a sound file.
            sound: the result of `probe`.
            start_s: start, in seconds.
            end_s: end, in seconds.

        Raises:
            UsageError: a setting is not valid for this file.
            VideoError: it cannot be read.
            NotEnoughMemoryError: recognition needs more memory than there is.

        """
        return self.word_finder.stream(path, self.request, _window(sound, start_s, end_s))


def _window(sound: SoundInfo, start_s: float | None, end_s: float | None) -> Window:
    start = start_s or 0.0
    if start and start >= sound.duration_s > 0:
        raise UsageError(
            f"--start {start:g} lies outside the clip, which lasts {sound.duration_s:.3f} s"
        )
    if end_s is not None and end_s <= start:
        raise UsageError(f"--end {end_s:g} does not come after --start {start:g}")
    return start, end_s


def usual_speech(device: str, store: Store) -> str:
    """Return the recogniser of the best cached model, or of the default model if none is cached."""
    choice = best_cached(device, store=store)
    speech = None if choice is None else MODELS[choice.name].speech
    default = MODELS[DEFAULT_MODEL].speech
    assert default is not None, "the default model listens"
    return speech or default
