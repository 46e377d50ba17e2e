"""The tiny model of the golden files as one of ours, by the steps of `vidqa models convert`."""

import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import golden_files
from batch_rows import Row, join
from peft import PeftModel
from torch import Tensor
from transformers import LlamaConfig, MistralConfig, PreTrainedTokenizerFast

from vidqa.models.conversion import tensor_names
from vidqa.models.conversion.lazy_tensors import LazyTensors, lazy
from vidqa.network.configuration import EvaVisionConfig, VidqaConfig
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.registration import register
from vidqa.network.text.paper_tokenizer import piece_ids, piece_tokenizer
from vidqa.network.text.whole_answer import PAD_PIECE
from vidqa.prompt.paper.templates import IMAGE_MARK

TOWER = EvaVisionConfig(
    image_size=56,
    hidden_size=32,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=139,
)
DECODERS = {
    "llama": LlamaConfig(
        intermediate_size=112,
        num_key_value_heads=4,
        max_position_embeddings=4096,
        rope_theta=10_000.0,
    ),
    "mistral": MistralConfig(
        intermediate_size=144,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        rope_theta=1_000_000.0,
        sliding_window=None,
    ),
}
for _config in DECODERS.values():
    _config.update(
        {
            "vocab_size": 704,
            "hidden_size": 64,
            "head_dim": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "rms_norm_eps": 1e-5,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "tie_word_embeddings": False,
        }
    )
LEGACY = {"llama": False, "mistral": True}
BOS, EOS = 1, 2


@dataclass(frozen=True)
class Parts:
    """A whole state dict of the authors, taken apart."""

    tower: LazyTensors
    norm: LazyTensors
    decoder: LazyTensors
    trained: LazyTensors


def take_apart(theirs: LazyTensors) -> Parts:
    tower, norm, decoder, trained = {}, {}, {}, {}
    for name, value in theirs.items():
        if name.startswith("visual_encoder."):
            tower[name.removeprefix("visual_encoder.")] = value
        elif name.startswith("ln_vision."):
            norm[tensor_names.TOWER + name.replace("ln_vision", "post_layernorm")] = value
        elif "lora_" in name or name.startswith(tensor_names.PROJECTOR):
            trained[name] = value
        else:
            decoder[name.removeprefix(tensor_names.DECODER).replace("lm_head.0.", "lm_head.")] = (
                value
            )
    return Parts(tower, norm, decoder, trained)


def config_of(llm: str) -> VidqaConfig:
    decoder = DECODERS[llm]
    return VidqaConfig(
        vision_config=TOWER.to_dict(),
        text_config=decoder.to_dict(),
        vision_feature_select_strategy="default",
        image_seq_length=TOWER.patches_per_image // 4,
        image_token_id=decoder.vocab_size,
        tie_word_embeddings=False,
        answer_penalty=1.5,
    )


def network_of(llm: str, *, merge: bool) -> VidqaForConditionalGeneration:
    register()
    parts = take_apart(lazy(golden_files.tensors(f"{llm}_weights")))
    projector, adapter = tensor_names.split_trained(parts.trained, DECODERS[llm].num_hidden_layers)
    state = {
        **tensor_names.tower_from_eva(parts.tower, TOWER),
        **parts.norm,
        **projector,
        **tensor_names.decoder_from_hub(parts.decoder, adapter if merge else None),
    }
    network = VidqaForConditionalGeneration(config_of(llm)).eval()
    network.load_state_dict({name: value() for name, value in state.items()}, strict=True)
    return network


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(golden_files.FOLDER / "tiny_tokenizer.model", f"{folder}/tokenizer.model")
        return piece_tokenizer(Path(folder))


@dataclass(frozen=True)
class Golden:
    """A model and everything recorded about it."""

    llm: str
    network: VidqaForConditionalGeneration

    @property
    def legacy(self) -> bool:
        return LEGACY[self.llm]

    @property
    def cases(self) -> Any:
        return golden_files.facts(f"{self.llm}_cases")

    @property
    def expected(self) -> dict[str, Tensor]:
        return golden_files.tensors(f"{self.llm}_tensors")

    @property
    def pad_id(self) -> int:
        return int(tokenizer().convert_tokens_to_ids(PAD_PIECE))

    def images(self, case: str) -> Tensor:
        """(videos, frames, 3, H, W)"""
        pixels = golden_files.tensors("shared_inputs")[f"{case}.images"]
        return pixels if pixels.dim() == 5 else pixels.unsqueeze(1)

    def visual(self, pixels: Tensor) -> list[Tensor]:
        return list(self.network.get_image_features(pixels).pooler_output)

    def pieces(self, prompt: str, *, bos: bool) -> list[list[int]]:
        first, *rest = piece_ids(tokenizer(), prompt.split(IMAGE_MARK), legacy=self.legacy)
        return [[BOS, *first] if bos else first, *rest]

    def row(self, prompt: str, pixels: Tensor, *, bos: bool = True) -> Row:
        """One prompt over one video's frames (F, 3, H, W)."""
        return self.joined(self.pieces(prompt, bos=bos), pixels)

    def joined(self, pieces: list[list[int]], pixels: Tensor) -> Row:
        """Pieces of ids with an image (F, 3, H, W) between each two."""
        return join(self.network, pieces, self.visual(pixels))

    def answer(self, text: str) -> list[int]:
        (ids,) = piece_ids(tokenizer(), [text], legacy=self.legacy)
        return ids


def load(llm: str) -> Golden:
    return Golden(llm, network_of(llm, merge=True))


def load_with_adapter(llm: str, folder: Path) -> Golden:
    """The LoRA kept apart and trainable, as PEFT stores it."""
    network = network_of(llm, merge=False)
    parts = take_apart(lazy(golden_files.tensors(f"{llm}_weights")))
    _, adapter = tensor_names.split_trained(parts.trained, DECODERS[llm].num_hidden_layers)
    tensor_names.write_adapter(adapter, folder)
    PeftModel.from_pretrained(network, folder, is_trainable=True)
    network.eval()  # peft leaves the dropout of its layers on
    return Golden(llm, network)
