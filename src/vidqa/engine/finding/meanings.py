"""How alike the sentences of a clip and a question mean; each is encoded once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.finding.sentences import Sentences
from vidqa.system.cache import Cache

MEANT = "meant"
METHOD = 1
"""Version of how sentences are encoded; a change makes older entries unused."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """Compares what texts mean, if there is a model for it."""

    sentences: Sentences | None
    cache: Cache | None
    about: str
    """The name of the clip."""

    def reads(self, query: str) -> bool:
        """Return whether there is a model, and it knows the script of a query."""
        return self.sentences is not None and self.sentences.reads(query)

    def alike(self, texts: Sequence[str], query: str) -> NDArray[np.float32]:
        """Return how alike each of some texts and a query mean, from 0 to 1, (texts,).

        Args:
            texts: sentences.
            query: in plain words, which the model reads.

        """
        assert self.sentences is not None, "there is a model"
        if not texts:
            return np.zeros(0, np.float32)
        unlike = self.sentences.spec.unlike
        cosines = self._encoded(self.sentences, texts) @ self.sentences.query(query)
        alike: NDArray[np.float32] = np.clip((cosines - unlike) / (1 - unlike), 0, 1)
        return alike

    def _encoded(self, sentences: Sentences, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return what texts mean, (texts, width)."""
        digest = hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()
        key = {"by": sentences.key, "method": METHOD, "texts": digest}
        kept = None if self.cache is None else self.cache.get(MEANT, key)
        if kept is not None and len(kept) % (2 * len(texts)) == 0:
            return np.frombuffer(kept, np.float16).reshape(len(texts), -1).astype(np.float32)
        encoded = sentences.each(texts).astype(np.float16)
        if self.cache is not None:
            self.cache.put(MEANT, key, encoded.tobytes(), about=self.about)
        return encoded.astype(np.float32)
