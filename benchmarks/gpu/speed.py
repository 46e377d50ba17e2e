"""How fast tower and decoder run, each beside the least time its work can take on this device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import floors
from clock import GIB, Ceilings, Clock
from networks import Preset, prompt
from vidqa.network.inference.decode import Context, decode, prefill_prefix, prefill_question
from vidqa.network.inference.static_steps import WANTED
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.network.modeling import VidqaForConditionalGeneration

BATCHES = (1, 16)
QUESTION_TOKENS = 16
NEW_TOKENS = 64
Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class Bench:
    """One network, the device's ceilings and the clock."""

    preset: Preset
    network: VidqaForConditionalGeneration
    ceilings: Ceilings
    clock: Clock

    @torch.inference_mode()
    def tower(self) -> dict[str, Figures]:
        """Frames a second through tower and projector, for each size of batch."""
        found = {}
        side, device = self.preset.tower.image_size, self.clock.device
        for images in BATCHES:
            frames = torch.randn(images, 3, side, side, device=device)
            self.clock.forget_peak()
            seconds = self.clock.median_s(lambda frames=frames: self._features(frames))
            work = floors.tower(self.preset, images=images)
            found[f"batch {images}"] = {
                "frames_per_s": round(images / seconds, 2),
                **self._beside_floor(seconds, work),
                "peak_memory_gib": round(self.clock.peak_gib(), 3),
            }
        return found

    @torch.inference_mode()
    def decoder(self, *, weight_bits: int) -> dict[str, object]:
        """Tokens a second of the prefix and of an answer behind it, and the peak of memory."""
        self.clock.forget_peak()
        given = prompt(self.preset, self.clock.device)
        tokens = self._features(given.frames)  # (N, D)
        prefilled = self._prefill(given.input_ids, tokens, weight_bits)
        prefix = prefill_prefix(self.network, given.input_ids, tokens)
        decoded = self._decode(prefix, given.input_ids, weight_bits)
        peak_gib = self.clock.peak_gib()
        recorded: Figures = {"not_measured": "steps are recorded on CUDA devices only"}
        if self.clock.device.type == "cuda":
            with recorded_steps():
                recorded = self._decode(prefix, given.input_ids, weight_bits)
        length = given.input_ids.shape[1] + QUESTION_TOKENS + NEW_TOKENS
        least = floors.weights_bytes(self.preset, weight_bits=weight_bits)
        least += floors.kv_bytes(self.preset, tokens=length)
        rest = _size(self.network.model.vision_tower) + _size(self.network.model.projector)
        rest += _size(self.network.get_input_embeddings())
        return {
            "prefill": prefilled,
            "decode": decoded,
            "decode, step recorded": recorded,
            "peak_memory_gib": round(peak_gib, 3),
            "weights_and_kv_gib": round((least + rest) / GIB, 3),
        }

    def _features(self, frames: Tensor) -> Tensor:
        return torch.cat(list(self.network.get_image_features(frames).pooler_output))

    def _prefill(self, ids: Tensor, tokens: Tensor, weight_bits: int) -> Figures:
        length = ids.shape[1]
        seconds = self.clock.median_s(lambda: prefill_prefix(self.network, ids, tokens))
        work = floors.prefill(self.preset, tokens=length, weight_bits=weight_bits)
        return {
            "tokens": length,
            "tokens_per_s": round(length / seconds, 2),
            **self._beside_floor(seconds, work),
        }

    def _decode(self, prefix: Context, ids: Tensor, weight_bits: int) -> Figures:
        question = ids.new_full((1, QUESTION_TOKENS), 3)
        prefix = prefix.branch()
        logits = prefill_question(self.network, question, prefix)

        def write() -> None:
            written = decode(self.network, logits, prefix, TokenChooser(Sampling()))
            for _ in range(NEW_TOKENS + 1):  # the first is there before the decoder runs
                next(written)

        seconds = self.clock.median_s(write, after=lambda: prefix.cache.crop(-NEW_TOKENS))
        behind = ids.shape[1] + QUESTION_TOKENS + NEW_TOKENS // 2
        work = floors.decode(self.preset, tokens=behind, weight_bits=weight_bits)
        return {
            "new_tokens": NEW_TOKENS,
            "tokens_per_s": round(NEW_TOKENS / seconds, 2),
            **self._beside_floor(seconds / NEW_TOKENS, work),
        }

    def _beside_floor(self, seconds: float, work: floors.Work) -> Figures:
        floor_s, limit = self.ceilings.floor(flop=work.flop, size_bytes=work.size_bytes)
        return {
            "s": seconds,
            "floor_s": floor_s,
            "floor_set_by": limit,
            "times_floor": round(seconds / floor_s, 3),
        }


@contextmanager
def recorded_steps() -> Iterator[None]:
    """Have answers written by a CUDA graph, which is not done otherwise."""
    os.environ[WANTED] = "1"
    try:
        yield
    finally:
        os.environ[WANTED] = "0"


def _size(module: nn.Module) -> int:
    return sum(one.numel() * one.element_size() for one in module.parameters())
