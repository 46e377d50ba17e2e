"""Put into an index what is seen in clips: a model captions every window."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidqa.engine import Model
from vidqa.engine.finding.captions import captions_of
from vidqa.engine.finding.cut import cut
from vidqa.engine.finding.sentences import Sentences
from vidqa.engine.summaries.piecewise import Piecewise, without_words
from vidqa.engine.summaries.windows import Window
from vidqa.errors import ClipNotFoundError, NotAVideoError
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.viewing import Viewing
from vidqa.tasks.index.entries import Known, entry_of, seen_with
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.locks import one_at_a_time
from vidqa.types import Cue, Frame, Notify

PICTURES = 4
"""Of a window that are compared, each from the middle of a part of it."""

Progress = Callable[[str], object]
"""Called with what is done, in words."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in a clip."""

    captions: int
    """Windows of which something is said."""
    failed: int
    """Windows that could not be watched."""


@dataclass(frozen=True, slots=True)
class SightIndexer:
    """Watches clips that were heard, and puts captions of their windows into an index."""

    library: Library
    model: Model
    viewing: Viewing
    """How windows are watched; never with words, which are known already."""
    sentences: Sentences | None
    """What compares meanings; None if nothing does."""
    notify: Notify | None = None

    @property
    def settings(self) -> str:
        """All that captions depend on, as JSON."""
        spec = self.model.spec
        return seen_with(
            spec.name, self.model.revision, self.viewing, spec.summaries, self.sentences
        )

    def add(
        self, path: Path, content: int, progress: Progress, *, waits: bool = True
    ) -> Seen | bool:
        """Caption the windows of a clip.

        Args:
            path: of the clip.
            content: its number in the index.
            progress: see `Progress`.
            waits: wait for another process that is at this clip; else False is returned then.

        Returns:
            What was seen; True if it is captioned already.

        Raises:
            VideoError: no window can be watched, or the clip is not the one that was heard.
            UsageError: the index cannot be written.

        """
        known = self._known(path, content)
        with one_at_a_time(known.fingerprint, waits=waits) as is_ours:
            if not is_ours:
                return False
            known = self._known(path, content)
            return known.seen == self.settings or self._add(path, known, progress)

    def _known(self, path: Path, content: int) -> Known:
        known = self.library.known(content)
        if known is None:
            message = f"{str(path)!r} was forgotten meanwhile"
            raise ClipNotFoundError(message, hint="give the same command again")
        if known_fingerprint(path) != known.fingerprint:
            message = f"{str(path)!r} has changed since it was listened to"
            raise NotAVideoError(message, hint="give the same command again")
        return known

    def _add(self, path: Path, known: Known, progress: Progress) -> Seen:
        cues = self.library.cues(known.id)
        windows, captions = cut(known.duration_s, cues), dict[Window, str]()
        failed = 0
        if self.model.reader.probe(path).kind != "sound":
            windows, captions, failed = self._seen(path, windows, cues, known.duration_s, progress)
        texts = [captions.get(one, "") for one in windows]
        shown = self._shown(path, captions, progress)
        entry = entry_of(self.sentences, windows, cues, texts, shown)
        self._known(path, known.id)
        self.library.replace(known.id, entry, seen=self.settings)
        return Seen(sum(map(bool, texts)), failed)

    def _seen(
        self,
        path: Path,
        windows: tuple[Window, ...],
        cues: Sequence[Cue],
        duration_s: float,
        progress: Progress,
    ) -> tuple[tuple[Window, ...], dict[Window, str], int]:
        """Return the windows, cut at shots where nobody pauses, what is seen in them, and in how
        many of them nothing can be."""
        clip = self.model.watch(path, without_words(self.viewing), notify=self.notify)
        pieces = Piecewise(clip, self.model.spec.summaries, None, self.notify, progress)
        if any(one.cut_at == "even" for one in windows):
            windows = cut(duration_s, cues, pieces.shots_found())
        found = captions_of(pieces, windows)
        return windows, found.of, found.failed

    def _shown(
        self, path: Path, windows: Iterable[Window], progress: Progress
    ) -> dict[Window, NDArray[np.float32]]:
        """Return what pictures of windows that were watched mean, if something compares them."""
        if self.sentences is None or not self.sentences.sees:
            return {}
        parts, info = list(windows), self.model.reader.probe(path)
        shown = dict[Window, NDArray[np.float32]]()
        for done, part in enumerate(parts, start=1):
            progress(f"comparing pictures: window {done} of {len(parts)}")
            span_s = min(part.end_s, info.duration_s) - part.start_s
            times = [part.start_s + span_s * (at + 0.5) / PICTURES for at in range(PICTURES)]
            frames = self.model.reader.frames(info, times)
            pictures = [one.pixels for one in frames if isinstance(one, Frame)]
            if pictures:
                shown[part] = self.sentences.pictures(pictures)
        return shown
