"""Encode what a text means: a BERT whose mean last state is the embedding, in NumPy.

Reimers and Gurevych, "Sentence-BERT", arXiv 1908.10084; Devlin et al., "BERT", arXiv 1810.04805.
One short text at a time needs no more, and a search does not wait until torch is imported.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import ModelDamagedError, ModelUnsupportedError, VidqaError

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What of a BERT's configuration its weights do not tell."""

    layers: int
    heads: int
    epsilon: float
    """Of its layer norms."""
    positions: int
    """Tokens that it can read."""


class SentenceEncoder:
    """Embeds texts: those of like meaning point in nearly the same direction."""

    def __init__(self, weights: Mapping[str, Array], sizes: Sizes, tokenizer: Any) -> None:
        """Take a BERT apart.

        Args:
            weights: its tensors, by the names that transformers' `BertModel` gives them.
            sizes: those of its configuration.
            tokenizer: a `tokenizers.Tokenizer`.

        """
        self._weights, self._sizes, self._tokenizer = weights, sizes, tokenizer

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self._weights["embeddings.word_embeddings.weight"].shape[1]

    def embed(self, texts: Sequence[str], before: str = "") -> Array:
        """Embed texts.

        Each is computed alone, so that its embedding does not depend on the others.

        Args:
            texts: of any length; what is too long is cut.
            before: put before each.

        Returns:
            One row of length 1 for each text, (texts, width).

        """
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # for so little work, more threads wait for one another
            rows = [self._embedded(self._tokenizer.encode(before + text).ids) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.width), np.float32)

    def _embedded(self, ids: list[int]) -> Array:
        states = self._words(ids)
        for number in range(self._sizes.layers):
            states = self._layer(states, f"encoder.layer.{number}")
        mean = states.mean(axis=0)
        row: Array = mean / np.linalg.norm(mean)
        return row

    def _words(self, ids: list[int]) -> Array:
        """Return the first states of tokens, (T, width)."""
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + places + kind, "embeddings.LayerNorm")

    def _layer(self, states: Array, name: str) -> Array:
        """Apply attention and the network behind it, (T, width) -> (T, width)."""
        heads, length = self._sizes.heads, len(states)

        def split(of: str) -> Array:
            flat = self._linear(states, f"{name}.attention.self.{of}")
            return flat.reshape(length, heads, -1).transpose(1, 0, 2)  # (heads, T, width / heads)

        query, key, value = map(split, ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(key.shape[-1]))
        seen = (softmax(scores) @ value).transpose(1, 0, 2).reshape(length, -1)
        seen = self._linear(seen, f"{name}.attention.output.dense")
        states = self._norm(states + seen, f"{name}.attention.output.LayerNorm")
        inner = gelu(self._linear(states, f"{name}.intermediate.dense"))
        outer = self._linear(inner, f"{name}.output.dense")
        return self._norm(states + outer, f"{name}.output.LayerNorm")

    def _linear(self, states: Array, name: str) -> Array:
        return states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, states: Array, name: str) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(variance + np.float32(self._sizes.epsilon))
        normed: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normed


def softmax(scores: Array) -> Array:
    """Return shares along the last axis."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    divided: Array = shares / shares.sum(axis=-1, keepdims=True)
    return divided


def gelu(states: Array) -> Array:
    """Apply the exact GELU."""
    from scipy.special import erf

    scaled: Array = states * np.float32(0.5) * (1 + erf(states / np.float32(np.sqrt(2))))
    return scaled


def load_sentence_encoder(folder: Path, *, most_tokens: int) -> SentenceEncoder:
    """Load a BERT from a `save_pretrained` folder.

    Args:
        folder: holds `config.json`, `model.safetensors` and `tokenizer.json`.
        most_tokens: tokens of a text that are read.

    Raises:
        ModelUnsupportedError: it is not a BERT.
        ModelDamagedError: a file cannot be read.

    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        sizes = _sizes(config)
        weights = load_file(folder / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except VidqaError:
        raise
    except Exception as error:  # tokenizers has no error of its own
        raise ModelDamagedError(f"the model in {folder} cannot be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(min(most_tokens, sizes.positions))
    return SentenceEncoder(
        {name.removeprefix("bert."): one for name, one in weights.items()}, sizes, tokenizer
    )


def _sizes(config: Mapping[str, Any]) -> Sizes:
    kind, act = config.get("model_type"), config.get("hidden_act")
    if (kind, act) != ("bert", "gelu"):
        raise ModelUnsupportedError(f"sentences are compared by BERTs with GELU, not {kind} {act}")
    return Sizes(
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["layer_norm_eps"],
        config["max_position_embeddings"],
    )
