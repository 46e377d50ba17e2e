"""The trainable parts of a model: its projector, and a LoRA on its decoder, through PEFT."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.training.settings import Lora, TrainingSettings

WEIGHTS = "adapter_model.safetensors"
"""File name of the trained tensors, PEFT's."""
PROJECTOR = "projector"


def make_trainable(
    network: VidqaForConditionalGeneration,
    lora: Lora,
    *,
    started: Path | None = None,
    seed: int = 0,
) -> PeftModel:
    """Freeze a model except for its projector and a LoRA, new or loaded.

    Args:
        network: any model of vidqa's own class.
        lora: used if `started` is None.
        started: a folder that `save_trained` wrote, to load from.
        seed: of the random numbers that a new LoRA starts with.

    """
    torch.manual_seed(seed)
    if started is not None:
        return _in_full(PeftModel.from_pretrained(network, started, is_trainable=True))
    names = "|".join(lora.targets)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=rf".*language_model.*\.({names})",
        modules_to_save=[PROJECTOR],
    )
    return _in_full(get_peft_model(network, config))


def _in_full(tuned: PeftModel) -> PeftModel:
    """Cast what is trained to fp32: in 16 bits, small steps round to nothing."""
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return tuned


def save_trained(tuned: PeftModel, folder: Path, *, dtype: torch.dtype | None = None) -> None:
    """Write LoRA and projector in PEFT's layout, in another number format if one is given."""
    tuned.peft_config["default"].base_model_name_or_path = None  # no paths of this machine
    tuned.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
    if dtype is not None:
        tensors = {name: value.to(dtype) for name, value in load_file(folder / WEIGHTS).items()}
        save_file(tensors, folder / WEIGHTS)


def optimizer_of(tuned: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """Build AdamW over what is trained; each group states its share of the learning rate."""
    groups: list[dict[str, Any]] = []
    for is_projector in (False, True):
        for is_matrix in (False, True):
            chosen = _parameters(tuned, is_projector=is_projector, is_matrix=is_matrix)
            if chosen:
                decay = settings.weight_decay if is_matrix else 0.0
                share = settings.projector_share if is_projector else 1.0
                groups.append({"params": chosen, "weight_decay": decay, "share": share})
    return torch.optim.AdamW(groups, lr=settings.schedule.rate(0), betas=settings.betas)


def _parameters(tuned: nn.Module, *, is_projector: bool, is_matrix: bool) -> list[Tensor]:
    return [
        value
        for name, value in tuned.named_parameters()
        if value.requires_grad
        and (f".{PROJECTOR}." in name) == is_projector
        and (value.ndim >= 2) == is_matrix
    ]
