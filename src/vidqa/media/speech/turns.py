"""Tell who speaks when: windows of sound whose voices are alike belong to one speaker."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vidqa.media.speech.audio import AudioBlock
from vidqa.media.speech.voice_activity import Stretch, find_voices

Embeddings = NDArray[np.float32]
Labels = NDArray[np.int64]

WINDOW_S = 1.6
"""Seconds that are embedded together, as the encoder was trained."""
STEP_S = 0.4
"""Seconds from one window to the next: turns are as short as a "yes"."""
ALIKE = 0.28
"""Mean cosine distance up to which two groups of windows are one speaker's. In dialogues like
those of `benchmarks/speakers.py` 0.33 takes speakers for each other, and 0.2 one for several."""
FEWEST = 3
"""Windows of a speaker; fewer are strays, which go to whom they are most like."""
AT_ONCE = 1500
"""Windows grouped at once, ten minutes of speech: memory grows with their square. The groups of a
longer sound are grouped again."""


class Voices(Protocol):
    """What embeds voices."""

    def embed(self, sound: NDArray[np.float32], starts: list[int]) -> Embeddings:
        """Embed windows of `WINDOW_S` that start at multiples of 10 ms; rows have length 1."""


class VoiceSource(Protocol):
    """Where what embeds voices comes from."""

    @property
    def revision(self) -> str:
        """What embeddings depend on."""

    def load(self) -> Voices:
        """Load it. Raises ModelMissingError."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Who speaks when: a speaker for each window, numbered from 1 in order of appearance."""

    middles_s: tuple[float, ...] = ()
    """The middle of each window, increasing, in seconds from where players begin."""
    speakers: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of speakers."""
        return max(self.speakers, default=0)

    def speaker_at(self, time_s: float) -> int | None:
        """Return who speaks at a time, or nearest to it; None if nobody ever does."""
        if not self.speakers:
            return None
        after = bisect_left(self.middles_s, time_s)
        near = [at for at in (after - 1, after) if 0 <= at < len(self.middles_s)]
        return self.speakers[min(near, key=lambda at: abs(self.middles_s[at] - time_s))]


@dataclass(slots=True)
class TurnFinder:
    """Collects the voices of a sound, block by block."""

    voices: Voices
    _middles_s: list[float] = field(default_factory=list)
    _embeddings: list[Embeddings] = field(default_factory=list)

    def add(self, block: AudioBlock) -> None:
        """Listen to the next block."""
        sound = block.samples.astype(np.float32) / np.float32(32768)
        starts = [start for voice in find_voices(sound) for start in _starts(voice)]
        if starts:
            self._embeddings.append(self.voices.embed(sound, starts))
            self._middles_s += [block.start_s + start / 100 + WINDOW_S / 2 for start in starts]

    def turns(self) -> Turns:
        """Return who speaks when, once all has been heard."""
        if not self._embeddings:
            return Turns()
        return Turns(tuple(self._middles_s), tuple(grouped(np.concatenate(self._embeddings))))


def _starts(voice: Stretch) -> list[int]:
    """Return where windows begin in a stretch of speech, in steps of 10 ms."""
    begin, end = (round(edge_s * 100) for edge_s in voice)
    length, step = round(WINDOW_S * 100), round(STEP_S * 100)
    if end - begin <= length:
        return [max(0, (begin + end - length) // 2)]
    return sorted({*range(begin, end - length + 1, step), end - length})


def grouped(embeddings: Embeddings) -> list[int]:
    """Return the speaker of each window, numbered from 1 in order of appearance.

    Windows are grouped bottom up by the mean cosine distance between groups, until no two groups
    are alike; the number of speakers need not be known.
    """
    embeddings = np.round(embeddings, 4)  # so that no two machines differ in the last digit
    sums, counts, groups = list[Embeddings](), list[int](), list[int]()
    for at in range(0, len(embeddings), AT_ONCE):
        part = embeddings[at : at + AT_ONCE]
        found = _without_strays(part, _clusters(part))
        groups += (found + len(sums)).tolist()
        sums += [part[found == one].sum(0) for one in range(found.max() + 1)]
        counts += np.bincount(found).tolist()
    joined = _joined(np.stack(sums), np.array(counts))
    return _in_order(_without_strays(embeddings, joined[groups]))


def _clusters(rows: Embeddings) -> Labels:
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(rows) == 1:
        return np.zeros(1, np.int64)
    tree = linkage(rows.astype(np.float64), "average", metric="cosine")
    labels: Labels = fcluster(tree, ALIKE, "distance").astype(np.int64) - 1
    return labels


def _joined(sums: Embeddings, counts: Labels) -> Labels:
    """Group groups further, by the mean distance between their windows.

    Args:
        sums: of the windows of each group, (G, 256).
        counts: how many those are, (G,).

    Returns:
        The number of each group's new group, (G,).

    """
    labels, sums, counts = np.arange(len(sums)), sums.astype(np.float64), counts.astype(np.float64)
    alive = np.ones(len(sums), bool)
    while alive.sum() > 1:
        means = sums / counts[:, None]
        distances = 1 - means @ means.T
        distances[~alive] = distances[:, ~alive] = np.inf
        np.fill_diagonal(distances, np.inf)
        one, other = np.unravel_index(distances.argmin(), distances.shape)
        if distances[one, other] > ALIKE:
            break
        sums[one] += sums[other]
        counts[one] += counts[other]
        alive[other] = False
        labels[labels == other] = one
    return labels


def _without_strays(embeddings: Embeddings, labels: Labels) -> Labels:
    """Give the windows of groups that are too small to those that they are most like.

    Returns:
        New labels, from 0 without gaps.

    """
    names, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    large = np.flatnonzero(sizes >= min(FEWEST, sizes.max()))
    means = np.stack([embeddings[labels == one].mean(0) for one in large])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    nearest = (embeddings @ means.T).argmax(1)
    places = np.full(len(names), -1)
    places[large] = np.arange(len(large))
    kept: Labels = np.where(places[labels] >= 0, places[labels], nearest)
    return kept


def _in_order(labels: Labels) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(int(one), len(numbers) + 1) for one in labels]
