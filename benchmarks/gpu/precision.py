"""Half precision beside fp32 on a slice: some blocks of tower and decoder at their full width."""

import torch
from torch import Tensor

from networks import Preset, build, prompt
from vidqa.network.inference.visual_features import VisualForm
from vidqa.network.modeling import VidqaForConditionalGeneration

LAYERS = 4
IMAGES = 2
TOKENS = 512
ROUNDOFF = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8}
"""The relative error of rounding one number: fp16 has 11 significant bits, bf16 has 8."""
ROUNDOFFS_ALLOWED = 8
"""The tolerance: the error of all outputs together (root mean square) over their own size."""
Comparison = dict[str, object]


@torch.inference_mode()
def compare(preset: Preset, device: torch.device) -> dict[str, Comparison]:
    """Run the slice in fp32, fp16 and bf16 over the same inputs and the same visual tokens."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    preset = preset.cut(tower=LAYERS, decoder=LAYERS)
    given = prompt(preset, device)
    frames, ids = given.frames[:IMAGES], given.input_ids[:, :TOKENS]
    exact = build(preset.config, device, torch.float32)
    count = int((ids == preset.config.image_token_id).sum())
    shown = given.frames[: -(-count // preset.tokens_per_frame)]
    tokens = torch.cat(list(exact.get_image_features(shown).pooler_output))[:count]  # (N, D)
    features, logits = _features(exact, frames), _logits(exact, ids, tokens)
    found: dict[str, Comparison] = {}
    for dtype in ROUNDOFF:
        rounded = build(preset.config, device, dtype)
        for to, source in zip(rounded.parameters(), exact.parameters(), strict=True):
            to.copy_(source)
        name = str(dtype).removeprefix("torch.")
        found[f"tower and projector, {name}"] = _compared(
            _features(rounded, frames), features, dtype
        )
        got = _logits(rounded, ids, tokens)
        same = (got.argmax(-1) == logits.argmax(-1)).float().mean().item()
        found[f"decoder's logits, {name}"] = {
            **_compared(got, logits, dtype),
            "same_first_choice": round(same, 4),
        }
    return found


def _features(network: VidqaForConditionalGeneration, frames: Tensor) -> Tensor:
    """Projected visual tokens (I, P/k, D) in fp32."""
    return torch.stack(list(network.get_image_features(frames).pooler_output)).float()


def _logits(network: VidqaForConditionalGeneration, ids: Tensor, tokens: Tensor) -> Tensor:
    """(1, T, V) in fp32."""
    pictures = {"image": VisualForm().encoded(tokens)}
    outputs = network(input_ids=ids, mm_encoder_outputs=pictures, use_cache=False)
    assert outputs.logits is not None
    return outputs.logits.float()


def _compared(got: Tensor, exact: Tensor, dtype: torch.dtype) -> Comparison:
    difference = got - exact
    relative = (difference.norm() / exact.norm()).item()
    tolerance = ROUNDOFFS_ALLOWED * ROUNDOFF[dtype]
    return {
        "max_abs": difference.abs().max().item(),
        "mean_abs": difference.abs().mean().item(),
        "largest_value": exact.abs().max().item(),
        "relative": relative,
        "tolerance": tolerance,
        "result": "ok" if relative <= tolerance else "failed",  # a NaN fails
    }
