"""Read a Llama style vocabulary from `tokenizer.model` or `tokenizer.json`; neither is executed.

`tokenizer.model` is one protobuf message (sentencepiece_model.proto); only its pieces are read:
field 1, each with a string (1), a score (2) and a kind (3).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import ModelDamagedError
from vidqa.system.texts import from_json

UNKNOWN, CONTROL, BYTE = 2, 3, 6
"""Kinds of pieces that merges neither use nor produce."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces by id, and the pairs of them that merge, highest priority first."""

    ids: dict[str, int]
    merges: list[tuple[str, str]]


def read_vocabulary(folder: Path) -> Vocabulary:
    """Read the vocabulary of a folder; `tokenizer.model`, which has the scores, is preferred.

    Raises:
        ModelDamagedError: neither file exists, or it does not hold a SentencePiece BPE model.

    """
    if (file := folder / "tokenizer.model").is_file():
        return _from_model(file)
    if (file := folder / "tokenizer.json").is_file():
        return _from_json(file)
    raise ModelDamagedError(f"{folder} holds neither tokenizer.model nor tokenizer.json")


def _from_json(file: Path) -> Vocabulary:
    model = from_json(file.read_text(encoding="utf-8")).get("model", {})
    if model.get("type") != "BPE" or not model.get("byte_fallback"):
        raise ModelDamagedError(f"{file} is not a BPE tokenizer with byte fallback")
    pairs: list[Any] = [m.split(" ") if isinstance(m, str) else m for m in model["merges"]]
    return Vocabulary(model["vocab"], [(left, right) for left, right in pairs])


def _from_model(file: Path) -> Vocabulary:
    ids: dict[str, int] = {}
    scores: dict[str, float] = {}
    try:
        for number, piece in _fields(file.read_bytes()):
            if number == 1 and isinstance(piece, bytes):
                text, score, kind = _piece(piece)
                if kind not in (UNKNOWN, CONTROL, BYTE):
                    scores[text] = score
                ids[text] = len(ids)
    except (IndexError, UnicodeDecodeError, struct.error, ValueError) as error:
        raise ModelDamagedError(f"{file} is not a SentencePiece model: {error}") from error
    if not ids:
        raise ModelDamagedError(f"{file} holds no pieces")
    return Vocabulary(ids, _merges(scores, ids))


def _piece(message: bytes) -> tuple[str, float, int]:
    fields = dict(_fields(message))
    text, score, kind = fields[1], fields.get(2, 0.0), fields.get(3, 1)
    assert isinstance(text, bytes)
    assert isinstance(kind, int)
    return text.decode("utf-8"), float(score), kind


def _merges(scores: dict[str, float], ids: dict[str, int]) -> list[tuple[str, str]]:
    """Return every pair that merges into a piece, the pieces with the highest scores first."""
    ranked = []
    for whole, score in scores.items():
        for cut in range(1, len(whole)):
            left, right = whole[:cut], whole[cut:]
            if left in scores and right in scores:
                ranked.append((-score, ids[whole], ids[left], ids[right], left, right))
    return [(left, right) for *_, left, right in sorted(ranked)]


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield the fields of a protobuf message: varints, 32-bit floats and byte strings."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        wire = key & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
        elif wire == 5:
            yield key >> 3, struct.unpack_from("<f", message, place)[0]
            place += 4
        elif wire == 2:
            size, place = _varint(message, place)
            if place + size > len(message):
                raise ValueError("it ends in the middle of a field")
            yield key >> 3, message[place : place + size]
            place += size
        else:
            raise ValueError(f"field {key >> 3} has the wire type {wire}")


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
