"""Convert the authors' files into one folder that transformers loads.

Three parts become one: the trained weights (a released `.pth`), the tower (`eva_vit_g.pth`, or a
BLIP-2 model whose tower is the same) and the decoder (a folder of the Hub). They are read tensor by
tensor and written shard by shard, so a model may be larger than memory.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import GenerationConfig, PreTrainedConfig, ViTImageProcessorPil

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.models.conversion import tensor_names
from vidqa.models.conversion.lazy_tensors import LazyTensor, LazyTensors, read_folder
from vidqa.models.conversion.released_files import (
    DECODERS,
    Parts,
    is_legacy,
    read_checkpoint,
    read_decoder_config,
    read_tower,
    require_decoder,
    require_fit,
)
from vidqa.models.resolve import write_settings
from vidqa.models.store.disk import full_disk_errors, require_space
from vidqa.network.configuration import EvaVisionConfig, VidqaConfig
from vidqa.network.loading import ADAPTER
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.network.registration import register
from vidqa.network.text.paper_tokenizer import piece_tokenizer
from vidqa.prompt.paper.templates import chat_template

RELEASED_TOWER = EvaVisionConfig()
"""EVA-CLIP ViT-g/14 without its last block, as the authors use it."""
ANSWER_PENALTY = 1.5
"""The authors' repetition penalty."""
IMAGE_MEAN, IMAGE_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's colours, with which the weights were trained."""
BICUBIC = 3
SHARD_NUMBERS = 500_000_000
"""Numbers in one file, all held in memory at once: 2 GB in fp32, 1 GB in 16 bits."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The result of a conversion."""

    tensors: int
    size_bytes: int
    left_out: tuple[str, ...]
    """Names of what else the checkpoint holds: the optimizer's state and the like."""


def convert(
    parts: Parts,
    destination: Path,
    *,
    merge: bool = True,
    tower: EvaVisionConfig | None = None,
) -> Converted:
    """Write a new folder, which appears only when it is complete.

    Args:
        parts: the three parts of the model.
        destination: must not exist.
        merge: add the LoRA to the decoder; else it is stored beside it, as PEFT does.
        tower: configuration of the tower; that of the released models if None.

    Raises:
        UsageError: a part is missing, or the destination exists.
        ModelDamagedError: a part cannot be read, or does not belong to the others.
        NoSpaceError: the disk is full.

    """
    if destination.exists():
        raise UsageError(f"{str(destination)!r} is there already", hint="choose another folder")
    draft = destination.with_name(f".{destination.name[:80]}.{os.getpid()}.part")
    with full_disk_errors(destination.parent), _removed_on_failure(draft):
        _make(draft)
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
    trained, left_out = read_checkpoint(parts.checkpoint)
    require_decoder(trained, decoder)
    projector, adapter = tensor_names.split_trained(trained, decoder.num_hidden_layers)
    shapes = expected_shapes(config)
    require_fit(adapter, shapes)
    state = {
        **read_tower(parts.tower, tower),
        **projector,
        **tensor_names.decoder_from_hub(read_folder(parts.decoder), adapter if merge else None),
    }
    tensor_names.require_names(state, shapes, "the model")
    _write_settings(config, parts.decoder, folder)  # finds a missing tokenizer before the work
    write_settings(folder, DECODERS[decoder.model_type][1])
    require_space(folder, _least_bytes(shapes), hint="choose a folder on a larger disk")
    size_bytes = _write_shards(state, shapes, folder)
    if not merge:
        tensor_names.write_adapter(adapter, folder / ADAPTER)
    return Converted(len(state), size_bytes, left_out)


def paper_config(tower: EvaVisionConfig, decoder: PreTrainedConfig) -> VidqaConfig:
    """Return the configuration of the paper's model with a tower and a decoder."""
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
    """Return the shape of every tensor of a model, by name; nothing is allocated."""
    with torch.device("meta"):
        network = VidqaForConditionalGeneration(config)
    return {name: value.shape for name, value in network.state_dict().items()}


def _least_bytes(shapes: Mapping[str, torch.Size]) -> int:
    """Return the least bytes of the weights: two bytes a number, though some parts have four."""
    return 2 * sum(shape.numel() for shape in shapes.values())


def _write_shards(state: LazyTensors, shapes: dict[str, torch.Size], folder: Path) -> int:
    """Write every tensor once, in files of bounded size, and their index; return all bytes."""
    shards = list(_shards(shapes))
    index: dict[str, str] = {}
    total = 0
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        total += _write_shard(
            {name: _read(state[name], name, shapes[name]) for name in names}, folder / file
        )
        index |= dict.fromkeys(names, file)
    written = {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(written, indent=2) + "\n")
    return total


def _shards(shapes: Mapping[str, torch.Size]) -> Iterator[list[str]]:
    """Yield the names of the tensors in each file, in the order in which the model uses them."""
    names: list[str] = []
    numbers = 0
    for name, shape in shapes.items():
        if names and numbers + shape.numel() > SHARD_NUMBERS:
            yield names
            names, numbers = [], 0
        names.append(name)
        numbers += shape.numel()
    yield names


def _read(tensor: LazyTensor, name: str, shape: torch.Size) -> Tensor:
    value = tensor()
    if value.shape != shape:
        raise ModelDamagedError(f"{name} has the shape {tuple(value.shape)}, wanted {tuple(shape)}")
    return value.detach().contiguous().clone()


def _write_shard(shard: dict[str, Tensor], file: Path) -> int:
    save_file(shard, file, metadata={"format": "pt"})
    return sum(tensor.nbytes for tensor in shard.values())


def _write_settings(config: VidqaConfig, decoder: Path, folder: Path) -> None:
    """Write configuration, generation settings, tokenizer and processor."""
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
        chat_template=chat_template(legacy=is_legacy(decoder)),
    ).save_pretrained(folder)


def _make(draft: Path) -> None:
    try:
        draft.mkdir(parents=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise UsageError(
            f"no folder can be made in {str(draft.parent)!r}: {error.strerror}",
            hint="choose another folder",
        ) from error


@contextmanager
def _removed_on_failure(draft: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=True)
