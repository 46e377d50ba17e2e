"""Put into an index what is said in clips, and what is written in their pictures."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vidqa.engine.finding.cut import cut
from vidqa.engine.finding.sentences import Sentences
from vidqa.errors import NotAVideoError, VideoError
from vidqa.media.fingerprint_cache import is_still
from vidqa.media.marks import marks
from vidqa.media.stretches import among_frames
from vidqa.tasks.index.entries import Stamp, entry_of, stamp_of, without_pictures
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.locks import one_at_a_time
from vidqa.tasks.transcribe.transcriber import Transcriber
from vidqa.types import Cue, Words

Progress = Callable[[float, float], object]
"""Called with the seconds that were listened to, and those of the clip."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a clip."""

    content: int
    words: Words | None = None
    """None if it was heard before."""
    windows: int = 0
    is_compared: bool = False
    """Whether only its meanings were encoded anew."""


@dataclass(slots=True)
class WordIndexer:
    """Listens to clips, and puts what is said into an index."""

    library: Library
    transcriber: Transcriber
    sentences: Sentences | None
    """What compares meanings; None if nothing does."""
    keep: bool = True
    """Whether fingerprints of clips are kept on disk."""

    @property
    def settings(self) -> str:
        """All that the words of a clip depend on, as JSON."""
        request, made_by = self.transcriber.request, self.transcriber.made_by
        return json.dumps(
            {
                "subtitles": str(request.subtitles),
                "language": request.language,
                "screen_text": request.screen_text,
                "speech": made_by["model"],
                "revision": made_by["revision"],
            }
        )

    def add(self, path: Path, progress: Progress, *, waits: bool = True) -> Heard | None:
        """Index the words of a clip, unless they are known.

        Args:
            path: of the clip.
            progress: see `Progress`.
            waits: wait for another process that is at this clip; else None is returned then.

        Raises:
            VideoError: it cannot be read, or changes meanwhile.
            UsageError: the index cannot be written.
            NoSpaceError: the disk is full.

        """
        stamp = stamp_of(path)
        mark = marks(str(path), self.transcriber.request, keep=self.keep)
        if mark.fingerprint is None or stamp is None:
            self.transcriber.probe(path)  # which says why
            raise NotAVideoError(f"{str(path)!r} cannot be read")
        with one_at_a_time(mark.fingerprint, waits=waits) as is_ours:
            if not is_ours:
                return None
            known = self.library.find(mark.fingerprint, mark.subtitles, self.settings)
            if known is not None and self.library.place(path, stamp, known):
                return Heard(known, is_compared=self._compare(known))
            return self._hear((path, stamp), (mark.fingerprint, mark.subtitles), progress)

    def _hear(
        self, place: tuple[Path, Stamp], mark: tuple[str, str | None], progress: Progress
    ) -> Heard:
        path, _ = place
        words, duration_s = self._words(path, progress)
        if not is_still(path, mark[0]):
            raise NotAVideoError(f"{str(path)!r} changed while it was listened to")
        windows = cut(duration_s, words.cues)
        entry = entry_of(self.sentences, windows, words.cues, [""] * len(windows))
        content = self.library.add(place, mark, self.settings, words, duration_s, entry)
        return Heard(content, words, len(windows))

    def _words(self, path: Path, progress: Progress) -> tuple[Words, float]:
        """Return the words of a clip, their times from its first frame, and its seconds."""
        sound = self.transcriber.probe(path)
        try:
            info = self.transcriber.reader.probe(path)
        except VideoError:  # its pictures cannot be read
            info = None
        duration_s = max(sound.duration_s, 0.0 if info is None else info.duration_s)
        words = Words("none")
        for event in self.transcriber.stream(path, sound):
            if isinstance(event, Words):
                words = event
            else:
                progress(event.end_s if isinstance(event, Cue) else event.until_s, duration_s)
        if info is None:
            return words, duration_s
        return among_frames(words, info), max(info.duration_s, sound.duration_s - info.lead_s)

    def _compare(self, content: int) -> bool:
        """Encode the meanings of a clip that was indexed without; return whether it was."""
        known = self.library.known(content)
        if known is None or self.sentences is None or known.compared == self.sentences.key:
            return False
        windows, captions = zip(*self.library.entry(content), strict=True)
        entry = entry_of(self.sentences, windows, self.library.cues(content), captions)
        return self.library.replace(content, entry, seen=without_pictures(known.seen))
