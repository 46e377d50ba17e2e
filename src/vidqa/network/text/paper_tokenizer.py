"""The tokenizer of Llama-2 and Mistral as the authors used it, one piece of a prompt at a time.

Their SentencePiece tokenizer puts a blank before every text it is given, and they gave it a prompt
in pieces, cut at the images. Here the blank is part of the text (`spelled`), and the tokenizer
adds nothing: so a whole prompt, `<image>` placeholders and all, becomes the same ids at once.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from vidqa.network.text.detokenize import BLANK
from vidqa.network.text.sentencepiece import read_vocabulary
from vidqa.network.tokens import IMAGE_TOKEN

UNKNOWN, BOS, EOS = "<unk>", "<s>", "</s>"
SPECIAL = re.compile(f"({UNKNOWN}|{BOS}|{EOS})")


def piece_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Return a tokenizer that adds neither blanks nor BOS, and knows `<image>`.

    Args:
        folder: holds the `tokenizer.model` or `tokenizer.json` of Llama-2 or Mistral.

    Raises:
        ModelDamagedError: neither file can be read.

    """
    vocabulary = read_vocabulary(folder)
    backend = Tokenizer(
        models.BPE(
            vocabulary.ids,
            vocabulary.merges,
            unk_token=UNKNOWN,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    backend.normalizer = normalizers.Replace(" ", BLANK)
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace(BLANK, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    specials = (UNKNOWN, BOS, EOS, IMAGE_TOKEN)
    backend.add_special_tokens([AddedToken(one, normalized=False) for one in specials])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token=UNKNOWN,
        bos_token=BOS,
        eos_token=EOS,
        clean_up_tokenization_spaces=False,
        additional_special_tokens=[IMAGE_TOKEN],
    )


def spelled(piece: str, *, legacy: bool) -> str:
    """Return a piece of a prompt with the blanks that the authors' tokenizer inserts.

    Args:
        piece: as between two images.
        legacy: a blank before every stretch of text between special tokens; else (Llama-2's hub
            setting) only one at the beginning, and none where the piece begins with a token.

    """
    parts = [part for part in SPECIAL.split(piece) if part]
    if legacy:
        return "".join(part if SPECIAL.fullmatch(part) else f" {part}" for part in parts)
    return piece if not parts or SPECIAL.fullmatch(parts[0]) else f" {piece}"


def piece_ids(
    tokenizer: PreTrainedTokenizerFast, pieces: Sequence[str], *, legacy: bool
) -> list[list[int]]:
    """Return the ids of each piece, without BOS."""
    texts = [spelled(piece, legacy=legacy) for piece in pieces]
    return [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
