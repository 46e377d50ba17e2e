"""A tiny random Whisper of many languages, written in CTranslate2's layout."""

from pathlib import Path

import torch
from ctranslate2.converters.transformers import WhisperLoader
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models
from transformers import WhisperConfig, WhisperForConditionalGeneration

from vidqa.media.languages import NAMES

BYTES = 50_257
"""Of the real vocabulary, before the marks; the marks' numbers follow from it."""

WIDTH = 16


def many_languages(folder: Path) -> Path:
    """Write model, tokenizer and configuration; their layout is that of the real ones."""
    languages = [name for name in NAMES if name != "yue"]
    marks = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{name}|>" for name in languages),
        *(f"<|{mark}|>" for mark in ("translate", "transcribe", "startoflm", "startofprev")),
        *(f"<|{mark}|>" for mark in ("nospeech", "notimestamps")),
        *(f"<|{time * 0.02:.2f}|>" for time in range(1501)),
    ]
    words = [f"w{number}" for number in range(BYTES)]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "w0"))
    tokenizer.decoder = decoders.WordPiece(prefix="")
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    tokenizer.save(str(folder / "tokenizer.json"))
    # an empty word is what CTranslate2 knows those of many languages by
    _spec([*words[:-1], "", *marks], languages).save(str(folder))
    return folder


def _spec(vocabulary: list[str], languages: list[str]) -> WhisperSpec:
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(vocabulary),
        d_model=WIDTH,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=2 * WIDTH,
        decoder_ffn_dim=2 * WIDTH,
    )
    spec = WhisperLoader().get_model_spec(WhisperForConditionalGeneration(config).eval())
    spec.register_vocabulary(vocabulary)
    spec.config.lang_ids = [vocabulary.index(f"<|{name}|>") for name in languages]
    spec.config.alignment_heads = [[0, 0]]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [BYTES]
    spec.validate()
    return spec
