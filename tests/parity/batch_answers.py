"""Answers written for a whole batch of prompts at once."""

from typing import Any

import torch
from batch_rows import Embedded
from transformers import LogitsProcessorList

from vidqa.network.inference.token_sampling import AnswerPenalty
from vidqa.network.modeling import VidqaForConditionalGeneration


@torch.inference_mode()
def answer_greedily(
    network: VidqaForConditionalGeneration,
    prompts: Embedded,
    *,
    max_new_tokens: int,
    eos_id: int,
    penalty: AnswerPenalty | None = None,
) -> list[list[int]]:
    """Write one answer a row, always taking the likeliest token.

    Returns:
        The ids of each answer, the one that ended it included.

    """
    processors: Any = [] if penalty is None else [penalty]
    model: Any = network  # transformers declares `generate` for classes of its own
    written: Any = model.generate(
        inputs_embeds=prompts.inputs_embeds,
        attention_mask=prompts.attention_mask,
        logits_processor=LogitsProcessorList(processors),
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=eos_id,
        pad_token_id=eos_id,
        repetition_penalty=1.0,  # the library's own differs, see AnswerPenalty
    )  # (B, T new)
    return [_until(row, eos_id) for row in written.tolist()]


def _until(ids: list[int], eos_id: int) -> list[int]:
    return ids[: ids.index(eos_id) + 1] if eos_id in ids else ids
