"""Turn the authors' files into one folder that transformers loads.

Three parts become one: what was trained (a released `.pth`), the tower (`eva_vit_g.pth`, or a
BLIP-2 model whose tower is the same) and the decoder (a folder of the Hub). They are read tensor by
tensor and written shard by shard, so a model larger than memory passes.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import (
    AutoConfig,
    GenerationConfig,
    PreTrainedConfig,
    ViTImageProcessorPil,
)

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.model.auto import register
from vidqa.model.configuration import EvaVisionConfig, VidqaConfig
from vidqa.model.loading import ADAPTER
from vidqa.model.modeling import VidqaForConditionalGeneration
from vidqa.model.processing import VidqaProcessor
from vidqa.model.tokenization import piece_tokenizer
from vidqa.paper.prompts import chat_template
from vidqa.tasks import layout
from vidqa.tasks.lazy_tensors import LazyTensors, lazy, read_folder, read_pickled
from vidqa.weights.disk import full_disk_errors
from vidqa.weights.local import write_settings

DECODERS = {"llama": "minigpt4-video-llama2", "mistral": "minigpt4-video-mistral"}
"""The kinds of decoders that the authors trained with, and the presets made with them."""
RELEASED_TOWER = EvaVisionConfig()
"""EVA-CLIP ViT-g/14, of which the authors cut off the last block."""
ANSWER_PENALTY = 1.5
"""The authors' repetition penalty."""
IMAGE_MEAN, IMAGE_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, with which the weights were trained."""
BICUBIC = 3
SHARD_BYTES = 2_000_000_000
"""Held in memory at once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the three parts are."""

    checkpoint: Path
    """A released `.pth`."""
    tower: Path
    """`eva_vit_g.pth`, or the folder of a BLIP-2 model."""
    decoder: Path
    """The folder of Llama-2-7b-chat or Mistral-7B-Instruct-v0.2."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of it."""

    tensors: int
    size_bytes: int
    left_out: tuple[str, ...]
    """What the checkpoint holds beside the model: the optimizer's state and the like."""


def convert(
    parts: Parts,
    destination: Path,
    *,
    merge: bool = True,
    tower: EvaVisionConfig | None = None,
) -> Converted:
    """Write a new folder, which appears when it is complete.

    Args:
        parts: what it is made of.
        destination: must not be there.
        merge: add the LoRA to the decoder; else it is kept beside it, as PEFT stores it.
        tower: what the tower is like; as in the released models if None.

    Raises:
        UsageError: a part is missing, or the destination is there.
        ModelDamagedError: a part cannot be read, or does not belong to the others.
        NoSpaceError: the disk is full.

    """
    if destination.exists():
        raise UsageError(f"{str(destination)!r} is there already", hint="choose another folder")
    draft = destination.with_name(f".{destination.name[:80]}.{os.getpid()}.part")
    with full_disk_errors(destination.parent), _removed_on_failure(draft):
        draft.mkdir(parents=True)
        converted = write_model(parts, draft, merge=merge, tower=tower)
        draft.replace(destination)
    return converted


def write_model(
    parts: Parts, folder: Path, *, merge: bool = True, tower: EvaVisionConfig | None = None
) -> Converted:
    """Write the model into an empty folder. See `convert`."""
    tower = tower or RELEASED_TOWER
    decoder = read_decoder_config(parts.decoder)
    config = paper_config(tower, decoder)
    trained, left_out = _read_checkpoint(parts.checkpoint)
    _require_decoder(trained, decoder)
    projector, adapter = layout.split_trained(trained, decoder.num_hidden_layers)
    state = {
        **_read_tower(parts.tower, tower),
        **projector,
        **layout.decoder_from_hub(read_folder(parts.decoder), adapter if merge else None),
    }
    size_bytes = _write_shards(state, expected_shapes(config), folder)
    _write_settings(config, parts.decoder, folder)
    write_settings(folder, DECODERS[decoder.model_type])
    if not merge:
        layout.write_adapter(adapter, folder / ADAPTER)
    return Converted(len(state), size_bytes, left_out)


def read_decoder_config(folder: Path) -> Any:
    """The configuration of a decoder.

    Raises:
        UsageError: there is none, or it is not of a kind that the authors trained with.

    """
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"{str(folder)!r} holds no model",
            hint="give the folder of Llama-2-7b-chat or Mistral-7B-Instruct-v0.2 with --decoder",
        )
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type not in DECODERS:
        raise UsageError(
            f"{str(folder)!r} is a {config.model_type}; the paper's decoders are "
            "Llama-2-7b-chat and Mistral-7B-Instruct-v0.2"
        )
    config._name_or_path = ""  # a path of this machine has no place in a model
    return config


def paper_config(tower: EvaVisionConfig, decoder: PreTrainedConfig) -> VidqaConfig:
    """The paper's model around a tower and a decoder."""
    register()
    decoder_settings = decoder.to_dict()
    return VidqaConfig(
        vision_config=tower.to_dict(),
        text_config=decoder_settings,
        vision_feature_select_strategy="default",
        image_seq_length=tower.patches_per_image // 4,
        image_token_id=decoder_settings["vocab_size"],
        tie_word_embeddings=False,
        answer_penalty=ANSWER_PENALTY,
    )


def expected_shapes(config: VidqaConfig) -> dict[str, torch.Size]:
    """The shape of every tensor of a model, by name; nothing is allocated."""
    with torch.device("meta"):
        network = VidqaForConditionalGeneration(config)
    return {name: value.shape for name, value in network.state_dict().items()}


def _read_checkpoint(file: Path) -> tuple[LazyTensors, tuple[str, ...]]:
    """What was trained, and the names of what else is in the file."""
    found = read_pickled(file)
    model = found.get("model") if isinstance(found, dict) else None
    if not isinstance(model, dict) or not all(isinstance(one, Tensor) for one in model.values()):
        raise ModelDamagedError(
            f"{file} is no checkpoint of the authors: it holds no tensors under `model`"
        )
    return lazy(model), tuple(sorted(set(found) - {"model"}))


def _require_decoder(trained: LazyTensors, decoder: Any) -> None:
    """Check that the checkpoint was trained with this decoder: their LoRA differ in size."""
    wanted = decoder.num_key_value_heads * (
        getattr(decoder, "head_dim", None) or decoder.hidden_size // decoder.num_attention_heads
    )
    for name, tensor in trained.items():
        if name.endswith("v_proj.lora_B.weight"):
            found = tensor().shape[0]
            if found != wanted:
                raise ModelDamagedError(
                    f"the checkpoint was trained with another decoder: {name} has {found} rows, "
                    f"this {decoder.model_type} wants {wanted}"
                )
            return


def _read_tower(path: Path, config: EvaVisionConfig) -> LazyTensors:
    if path.is_dir():
        return layout.tower_from_blip2(read_folder(path), config)
    found = read_pickled(path)
    if not isinstance(found, dict) or not all(isinstance(one, Tensor) for one in found.values()):
        raise ModelDamagedError(f"{path} is no tower: it holds more than tensors")
    return layout.tower_from_eva(lazy(found), config)


def _write_shards(state: LazyTensors, shapes: dict[str, torch.Size], folder: Path) -> int:
    """Write every tensor once, in files of bounded size, and their index; the bytes of all."""
    layout.require_names(state, shapes, "the model")
    drafts = []
    for number, shard in enumerate(_shards(state, shapes), 1):
        file = folder / f"shard-{number}.safetensors"
        save_file(shard, file, metadata={"format": "pt"})
        drafts.append((file, {name: tensor.nbytes for name, tensor in shard.items()}))
    index: dict[str, str] = {}
    for number, (file, sizes) in enumerate(drafts, 1):
        name = f"model-{number:05}-of-{len(drafts):05}.safetensors"
        file.replace(folder / name)
        index |= dict.fromkeys(sizes, name)
    total = sum(sum(sizes.values()) for _, sizes in drafts)
    written = {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(written, indent=2) + "\n")
    return total


def _shards(state: LazyTensors, shapes: dict[str, torch.Size]) -> Iterator[dict[str, Tensor]]:
    shard: dict[str, Tensor] = {}
    for name in shapes:  # in the order in which the model uses them
        tensor = state[name]()
        if tensor.shape != shapes[name]:
            raise ModelDamagedError(
                f"{name} has the shape {tuple(tensor.shape)}, wanted {tuple(shapes[name])}"
            )
        if shard and sum(one.nbytes for one in shard.values()) + tensor.nbytes > SHARD_BYTES:
            yield shard
            shard = {}
        shard[name] = tensor.detach().contiguous().clone()
    yield shard


def _write_settings(config: VidqaConfig, decoder: Path, folder: Path) -> None:
    """Configuration, generation settings, tokenizer and processor."""
    config.architectures = [VidqaForConditionalGeneration.__name__]
    config.save_pretrained(folder)
    end = config.text_config.eos_token_id
    generation: Any = GenerationConfig  # transformers leaves its arguments untyped
    generation(eos_token_id=end, pad_token_id=end).save_pretrained(folder)
    side = config.vision_config.image_size
    images = ViTImageProcessorPil(
        size={"height": side, "width": side},
        resample=BICUBIC,
        image_mean=list(IMAGE_MEAN),
        image_std=list(IMAGE_STD),
    )
    VidqaProcessor(
        images,
        piece_tokenizer(decoder),
        image_seq_length=config.image_seq_length,
        chat_template=chat_template(legacy=_is_legacy(decoder)),
    ).save_pretrained(folder)


def _is_legacy(decoder: Path) -> bool:
    """Whether the decoder's tokenizer puts a blank after special tokens; it does unless told."""
    file = decoder / "tokenizer_config.json"
    settings = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return settings.get("legacy") is not False


@contextmanager
def _removed_on_failure(draft: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=True)
