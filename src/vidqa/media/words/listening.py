"""Listen to a clip, one clip after the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from vidqa.errors import ModelMissingError, NotAVideoError, VidqaError, anew
from vidqa.media.reader import Reader
from vidqa.media.screen.look import Looked
from vidqa.media.speech.audio import AudioBlock, SoundInfo, audio_blocks, probe_sound
from vidqa.media.speech.recognizer import Heard, Recognizer
from vidqa.media.stretches import Window
from vidqa.media.words.request import WordRequest
from vidqa.types import Cue, Words, WordsSource

Event = Cue | Heard | Looked | Words
"""A cue as it comes, how far it has been listened or looked, and at last all that is known."""

SLACK_S = 0.1
"""Seconds between the ends of sound and pictures, in a clip that is heard as a whole."""


class Listener:
    """A recognizer, found when it is needed, or the reason why there is none."""

    def __init__(
        self,
        reader: Reader,
        recognizer: Recognizer | None,
        *,
        missing: VidqaError | None = None,
        find: Callable[[], Recognizer] | None = None,
    ) -> None:
        """Listen with a recognizer.

        Args:
            reader: reads the sound.
            recogniser: None if there is none.
            missing: says why there is none, once there is sound to hear.
            find: finds one when it is needed; raises ModelMissingError where there is none.

        """
        self.missing = missing
        self._reader = reader
        self._recognizer = recognizer
        self._find = find
        self._listening = Lock()  # clip after clip: a recognizer takes all the cores there are

    @property
    def recognizer(self) -> Recognizer | None:
        """The one that listens; None if there is none."""
        if self._find is not None:
            find, self._find = self._find, None
            try:
                self._recognizer = find()
            except ModelMissingError as error:
                self.missing = error
        return self._recognizer

    def sound_of(self, path: Path) -> SoundInfo | None:
        """Look at a clip's sound; None of a picture, which has nothing to hear."""
        try:
            return self._reader.call(path, probe_sound, path)
        except NotAVideoError:
            return None

    def listen(self, path: Path, request: WordRequest, window: Window) -> Iterator[Event]:
        """Yield cues as they are heard, how far that is, and at last the `Words`.

        Raises:
            VidqaError: `missing`, where there is sound to hear and nobody to listen.

        """
        if self.recognizer is None:
            if self.missing is not None and self._reader.probe(path).audio:
                raise anew(self.missing)
            yield Words("none")
            return
        cues, heard = [], Heard()
        blocks = sound_blocks(self._reader, path, request, window)
        with self._listening:
            events = self.recognizer.listen(
                blocks, language=request.language, task=request.task, word_times=request.word_times
            )
            for event in events:
                if isinstance(event, Cue):
                    cues.append(event)
                else:
                    heard = event
                yield event
        source: WordsSource = "speech" if cues else "none"
        warnings = (*heard.warnings, *self._cut_words(path, heard, window))
        yield Words(source, tuple(cues), self.recognizer.name, warnings, heard.language)

    def _cut_words(self, path: Path, heard: Heard, window: Window) -> Iterator[str]:
        """Say that a stretch begins or ends while somebody speaks."""
        begin_s, end_s = window
        message = "the stretch {} while somebody speaks; the word there may be cut, and heard wrong"
        if heard.speaks_at[0] and begin_s > 0:
            yield message.format("begins")
        if heard.speaks_at[1] and end_s is not None:
            sound = self._reader.call(path, probe_sound, path)
            if end_s < sound.duration_s - SLACK_S:
                yield message.format("ends")


def sound_blocks(
    reader: Reader, path: Path, request: WordRequest, window: Window
) -> Iterator[AudioBlock]:
    """Decode a clip's sound in a worker process, ahead of the listening."""
    return reader.stream(
        path,
        audio_blocks,
        path,
        start_s=window[0],
        end_s=window[1],
        language=request.language,
        track=request.audio_track,
    )
