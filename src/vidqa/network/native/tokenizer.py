"""A tokenizer that `tokenizer.json` tells everything of, called as transformers' classes are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from vidqa.system.texts import from_json

LISTS = ("additional_special_tokens", "extra_special_tokens")


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a call returns."""

    input_ids: Any
    """Ids; as a tensor (1, T) if that was asked for."""


class NativeTokenizer:
    """Text to ids and back."""

    def __init__(self, folder: Path) -> None:
        """Read it from a `save_pretrained` folder."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        config = from_json((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        named = {name: _text(one) for name, one in config.items() if name.endswith("_token")}
        self.special_tokens_map: dict[str, Any] = {
            name: one for name, one in named.items() if one is not None
        }
        several = [_text(one) for name in LISTS for one in _listed(config.get(name))]
        self.all_special_tokens = list(
            dict.fromkeys([*self.special_tokens_map.values(), *filter(None, several)])
        )
        self._added = {
            token.content: number
            for number, token in self._tokenizer.get_added_tokens_decoder().items()
        }

    @property
    def backend_tokenizer(self) -> Tokenizer:
        """The library's own."""
        return self._tokenizer

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of all special tokens."""
        numbers = map(self._tokenizer.token_to_id, self.all_special_tokens)
        return [one for one in numbers if one is not None]

    @property
    def eos_token_id(self) -> int | None:
        """The id that ends a turn."""
        return self._id("eos_token")

    @property
    def bos_token_id(self) -> int | None:
        """The id that begins a text."""
        return self._id("bos_token")

    @property
    def unk_token_id(self) -> int | None:
        """The id of what has none."""
        return self._id("unk_token")

    def _id(self, name: str) -> int | None:
        token = self.special_tokens_map.get(name)
        return None if token is None else self._tokenizer.token_to_id(token)

    def __call__(
        self, text: str, *, add_special_tokens: bool = True, return_tensors: str | None = None
    ) -> Encoding:
        """Return the ids of a text."""
        ids = self._tokenizer.encode(text, add_special_tokens=add_special_tokens).ids
        if return_tensors is None:
            return Encoding(ids)
        return Encoding(torch.tensor([ids], dtype=torch.long if not ids else None))

    def decode(self, ids: Iterable[int], *, skip_special_tokens: bool = False) -> str:
        """Return the text of ids."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=skip_special_tokens)

    def convert_ids_to_tokens(
        self, ids: Iterable[int], *, skip_special_tokens: bool = False
    ) -> list[str | None]:
        """Return the tokens of ids."""
        special = set(self.all_special_tokens) if skip_special_tokens else set()
        tokens = (self._tokenizer.id_to_token(one) for one in ids)
        return [one for one in tokens if one not in special]

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """Return the id of a token; that of unknown ones if there is no such."""
        number = self._tokenizer.token_to_id(token)
        return self.unk_token_id if number is None else number

    def get_added_vocab(self) -> Mapping[str, int]:
        """Return the tokens that are not of the vocabulary that was trained."""
        return self._added

    def get_vocab(self) -> Mapping[str, int]:
        """Return all tokens."""
        vocabulary: Mapping[str, int] = self._tokenizer.get_vocab()
        return vocabulary


def _text(token: Any) -> str | None:
    """Return a token's text, however the configuration writes it."""
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) else None


def _listed(tokens: Any) -> list[Any]:
    if isinstance(tokens, dict):
        return list(tokens.values())
    return list(tokens or ())
