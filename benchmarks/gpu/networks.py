"""Both of the paper's models at their full size, with seeded random weights, on any device."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, LlamaConfig, MistralConfig, PreTrainedConfig

from vidqa.network.configuration import EvaVisionConfig, VidqaConfig
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.vision.eva import EvaVisionModel

SEED = 1
MARK_TOKENS = 3
"""What `<Img>` takes in the prompt of every frame; the authors' 67 = 64 + 3."""
TOKENS_PER_WORD = 1.2
"""About what English subtitles take in the vocabularies of Llama and Mistral."""
SMALL = 0.02
"""Standard deviation of biases and position embeddings."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One model and the longest prompt that its default settings write."""

    tower: EvaVisionConfig
    decoder: PreTrainedConfig
    frames: int
    words: int
    """Of subtitles."""

    @property
    def tokens_per_frame(self) -> int:
        """Visual tokens, four patches each."""
        return self.tower.patches_per_image // 4

    @property
    def prompt_tokens(self) -> int:
        """Frames, their marks and the words."""
        frames = self.frames * (self.tokens_per_frame + MARK_TOKENS)
        return frames + int(self.words * TOKENS_PER_WORD)

    @property
    def config(self) -> VidqaConfig:
        """As `vidqa models convert` writes it."""
        return VidqaConfig(
            vision_config=self.tower.to_dict(),
            text_config=self.decoder.to_dict(),
            vision_feature_select_strategy="default",
            image_seq_length=self.tokens_per_frame,
            image_token_id=self.decoder.vocab_size,
            tie_word_embeddings=False,
        )

    def cut(self, *, tower: int | None = None, decoder: int | None = None) -> "Preset":
        """The same widths, fewer blocks."""
        return replace(self, tower=_cut(self.tower, tower), decoder=_cut(self.decoder, decoder))


def _cut(config: Any, layers: int | None) -> Any:
    if layers is None or layers >= config.num_hidden_layers:
        return config
    return type(config)(**{**config.to_dict(), "num_hidden_layers": layers})


SHARED = {"vocab_size": 32_000, "rms_norm_eps": 1e-5, "tie_word_embeddings": False}
FULL = {
    "mistral": Preset(
        tower=EvaVisionConfig(),
        decoder=MistralConfig(
            **SHARED,
            hidden_size=4096,
            intermediate_size=14_336,
            num_hidden_layers=32,
            num_attention_heads=32,
            num_key_value_heads=8,
            max_position_embeddings=32_768,
            rope_theta=1_000_000.0,
            sliding_window=None,
        ),
        frames=90,
        words=800,
    ),
    "llama2": Preset(
        tower=EvaVisionConfig(),
        decoder=LlamaConfig(
            **SHARED,
            hidden_size=4096,
            intermediate_size=11_008,
            num_hidden_layers=32,
            num_attention_heads=32,
            num_key_value_heads=32,
            max_position_embeddings=4096,
            rope_theta=10_000.0,
        ),
        frames=45,
        words=400,
    ),
}
TINY_TOWER = EvaVisionConfig(
    image_size=56,
    hidden_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=128,
)
TINY_SIZES = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def tiny(preset: Preset) -> Preset:
    """The same arrangement at a size for trying this program out."""
    kv_heads = 4 * preset.decoder.num_key_value_heads // preset.decoder.num_attention_heads
    sizes = {**TINY_SIZES, "num_key_value_heads": kv_heads, "head_dim": 16}
    decoder = type(preset.decoder)(**{**preset.decoder.to_dict(), **sizes})
    return Preset(tower=TINY_TOWER, decoder=decoder, frames=6, words=20)


def register() -> None:
    """Tell the Auto classes of the tower; `vidqa.network.registration` would also want timm."""
    AutoConfig.register(EvaVisionConfig.model_type, EvaVisionConfig, exist_ok=True)
    AutoModel.register(EvaVisionConfig, EvaVisionModel, exist_ok=True)


def build(
    config: VidqaConfig, device: torch.device, dtype: torch.dtype
) -> VidqaForConditionalGeneration:
    """A network made on the device itself; its parts that must be in fp32 are."""
    with device, _default_dtype(dtype):
        network = VidqaForConditionalGeneration(config).eval().requires_grad_(False)
    in_fp32 = EvaVisionModel._keep_in_fp32_modules_strict
    for name, parameter in network.model.vision_tower.named_parameters():
        if any(part in name.split(".") for part in in_fp32):
            parameter.data = parameter.data.float()
    _fill(network, torch.Generator(device).manual_seed(SEED))
    return network


@contextlib.contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _fill(network: nn.Module, generator: torch.Generator) -> None:
    """Random numbers that keep every layer's output about as large as its input.

    transformers' own would not: its BLIP-2 tower begins at almost zero.
    """
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(module, nn.Embedding):
                parameter.normal_(generator=generator)
            elif isinstance(module, nn.Linear | nn.Conv2d) and name == "weight":
                parameter.normal_(std=parameter[0].numel() ** -0.5, generator=generator)
            elif "Norm" not in type(module).__name__:
                parameter.normal_(std=SMALL, generator=generator)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A video's part of a prompt."""

    input_ids: Tensor
    """(1, T), placeholders among random words."""
    frames: Tensor
    """(F, 3, H, W), noise of unit variance."""


def prompt(preset: Preset, device: torch.device) -> Prompt:
    """A prompt as long as the preset writes it: all frames with their marks, the words between."""
    generator = torch.Generator(device).manual_seed(SEED)
    vocabulary = preset.decoder.vocab_size
    shape = (1, preset.prompt_tokens)
    ids = torch.randint(3, vocabulary, shape, generator=generator, device=device)
    stride = preset.prompt_tokens // preset.frames
    for frame in range(preset.frames):
        begin = frame * stride + MARK_TOKENS
        ids[0, begin : begin + preset.tokens_per_frame] = vocabulary
    side = preset.tower.image_size
    frames = torch.randn(preset.frames, 3, side, side, generator=generator, device=device)
    return Prompt(ids, frames)
