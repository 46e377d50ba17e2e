"""What encodes meanings, in the cache; it is loaded when it is first needed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.finding.texts import Texts, Vectors
from vidqa.errors import ModelMissingError
from vidqa.models.installed import helper_folder
from vidqa.models.presets.sentences import SENTENCES
from vidqa.models.registry import find_sentence_spec
from vidqa.models.sources.fetch import source_key
from vidqa.models.spec import SentenceSpec
from vidqa.models.store.store import Store
from vidqa.network.meaning.encoder import SentenceEncoder, load_sentence_encoder
from vidqa.types.wording import split_words

if TYPE_CHECKING:
    from vidqa.network.meaning.pictures import PictureEncoder

USUAL = "minilm"
"""The model that compares sentences where none is named."""
PIECE_WORDS = 120
"""Words that are encoded together; a longer text has several meanings."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """A model that compares sentences, and pictures where it looks at them."""

    spec: SentenceSpec
    folder: Path = field(repr=False)
    device: str = "auto"
    """What one computes on that looks at pictures; the others need no more than a CPU."""

    @classmethod
    def named(cls, name: str, store: Store | None = None, *, device: str = "auto") -> "Sentences":
        """Find one.

        Raises:
            UsageError: there is none of that name.
            ModelMissingError: not pulled yet.
            ModelDamagedError: a file is not what was verified.

        """
        spec = find_sentence_spec(name)
        return cls(spec, helper_folder(spec, store or Store()), device)

    @classmethod
    def usual(cls, store: Store | None = None) -> "Sentences | None":
        """Return the usual one; None if it was not pulled. Raises ModelDamagedError."""
        try:
            return cls.named(USUAL, store)
        except ModelMissingError:
            return None

    @classmethod
    def by_key(
        cls, key: str, store: Store | None = None, *, device: str = "auto"
    ) -> "Sentences | None":
        """Return that which an index was encoded with; None if it is not here any more."""
        for name, spec in SENTENCES.items():
            if key == source_key(spec.source):
                try:
                    return cls.named(name, store, device=device)
                except ModelMissingError:
                    return None
        return None

    @property
    def key(self) -> str:
        """What its embeddings depend on."""
        return source_key(self.spec.source)

    @property
    def sees(self) -> bool:
        """Whether it looks at pictures."""
        return self.spec.picture_pixels is not None

    def reads(self, text: str) -> bool:
        """Return whether a text is in a script that it was trained on."""
        letters = [one for one in text if one.isalpha()]
        latin = [one for one in letters if "LATIN" in unicodedata.name(one, "")]
        return self.spec.languages == "many" or 2 * len(latin) >= len(letters)

    def query(self, text: str) -> NDArray[np.float32]:
        """Encode what is searched, as a row of length 1."""
        row: NDArray[np.float32] = self._encoder.embed([text], self.spec.before_query)[0]
        return row

    def texts(self, texts: Texts) -> Vectors:
        """Encode the texts of a window, piece by piece, except empty ones."""
        return {
            kind: self.each(pieces) for kind, text in texts.items() if (pieces := pieces_of(text))
        }

    def each(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode some sentences, as rows of length 1, (texts, width)."""
        return self._encoder.embed(texts, self.spec.before_passage)

    def pictures(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Encode some pictures, (height, width, 3) each, as rows of length 1, (pictures, width)."""
        assert self.sees, "it looks at pictures"
        return _seeing(self.folder, self.spec, self.device).embed_pictures(
            pictures, self.spec.before_passage
        )

    @property
    def _encoder(self) -> "SentenceEncoder | PictureEncoder":
        if self.sees:
            return _seeing(self.folder, self.spec, self.device)
        return _loaded(self.folder, self.spec.most_tokens)


@lru_cache(maxsize=1)
def _loaded(folder: Path, most_tokens: int) -> SentenceEncoder:
    return load_sentence_encoder(folder, most_tokens=most_tokens)


@lru_cache(maxsize=1)
def _seeing(folder: Path, spec: SentenceSpec, wanted: str) -> "PictureEncoder":
    from vidqa.network.meaning.pictures import load_picture_encoder
    from vidqa.system.devices import choose_device, choose_dtype

    assert spec.picture_pixels is not None, "it looks at pictures"
    fewest, most = spec.picture_pixels
    device = choose_device(wanted)
    return load_picture_encoder(
        folder,
        device=device,
        dtype=choose_dtype("auto", device),
        most_tokens=spec.most_tokens,
        images_kwargs={"size": {"shortest_edge": fewest, "longest_edge": most}},
    )


def pieces_of(text: str) -> list[str]:
    """Cut a text into pieces of about the same length; none if it is empty."""
    words = split_words(text)
    count = -(-len(words) // PIECE_WORDS)
    edges = [round(number * len(words) / max(1, count)) for number in range(count + 1)]
    return ["".join(words[begin:end]).strip() for begin, end in pairwise(edges)]
