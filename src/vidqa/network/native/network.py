"""Tower, projector and decoder on vidqa's own modules, called as transformers' classes are.

Letters in shapes: B batch, I images, P places, k tokens joined, T tokens, D width, V vocabulary.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vidqa.network.native.config import NativeConfig, VisionConfig
from vidqa.network.native.efficientnet import EfficientNetLite0
from vidqa.network.native.kv_cache import KeyValueCache
from vidqa.network.native.llama import Llama
from vidqa.network.projector import ConcatProjector
from vidqa.network.vision.certain import Certain
from vidqa.network.vision.faces import FaceDetector
from vidqa.network.vision.places import concept_tokens
from vidqa.system.footprint import TOWER_BATCH_IMAGES

if TYPE_CHECKING:  # they import onnx and onnxruntime
    from vidqa.network.native.narrow_decoder import NarrowDecoder, NarrowSteps


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """What `get_image_features` returns."""

    last_hidden_state: Tensor
    """(I, P, D) of the tower."""
    pooler_output: tuple[Tensor, ...]
    """(P/k, text width) of each image."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a step returns."""

    logits: Tensor
    """(B, T or as many as were kept, V)."""


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """Which tokens end an answer."""

    eos_token_id: Any


class Tower(nn.Module):
    """Class probabilities, shares of colours and people as visual tokens."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.classifier = EfficientNetLite0(config.classes)
        self.faces = FaceDetector() if config.sees_people else None
        self.certain = (
            Certain(config.classes, config.everyday_names, config.tokens_per_image)
            if config.sees_people
            else None
        )

    def forward(self, pixel_values: Tensor, image_sizes: Tensor | None = None) -> Tensor:
        """Take normalised images (B, 3, H, W) to (B, P, D). See `concept_tokens`."""
        return concept_tokens(
            self.classifier.forward_features(pixel_values),
            self.classifier.classifier,
            pixel_values,
            image_mean=self.config.image_mean,
            image_std=self.config.image_std,
            cells_per_side=self.config.cells_per_side,
            faces=self.faces,
            certain=self.certain,
            image_sizes=image_sizes,
        )


class Parts(nn.Module):
    """Tower, projector and the decoder without its head."""

    def __init__(self, config: NativeConfig) -> None:
        super().__init__()
        self.vision_tower = Tower(config.vision_config)
        self.projector = ConcatProjector(
            concat_factor=config.concat_factor,
            vision_width=config.vision_config.hidden_size,
            text_width=config.text_config.hidden_size,
            bias=config.projector_bias,
        )
        self.language_model = Llama(config.text_config)


class NativeNetwork(nn.Module):
    """The whole model; the decoder's head is its word embedding."""

    def __init__(self, config: NativeConfig) -> None:
        super().__init__()
        self.config = config
        self.generation_config = GenerationConfig(config.eos_token_id)
        self.model = Parts(config)
        self._narrow: Future[NarrowDecoder] | None = None
        self._reads_narrow = False

    @property
    def base_model(self) -> Parts:
        """The model without its head."""
        return self.model

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.model.projector.linear.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of its weights."""
        return self.model.projector.linear.weight.dtype

    def get_decoder(self) -> Llama:
        """Return the decoder without its head."""
        return self.model.language_model

    def new_cache(self) -> KeyValueCache:
        """Return an empty cache for one prompt."""
        stored = None if self._narrow is None else torch.float32
        return KeyValueCache.of(self.config.text_config.num_hidden_layers, stored=stored)

    def write_narrow(self, bits: int, *, reads_too: bool) -> None:
        """Write answers with weights of 8 or 4 bits; if `reads_too`, hold no others.

        They are rounded in a thread of their own: the first answer waits for them, and raises what
        went wrong there.
        """
        from vidqa.network.native.narrow_decoder import NarrowDecoder

        decoder, threads = self.model.language_model, torch.get_num_threads()
        rounding = ThreadPoolExecutor(max_workers=1)
        self._narrow = rounding.submit(NarrowDecoder, decoder, bits, threads=threads)
        rounding.shutdown(wait=reads_too)
        if reads_too:
            self._narrow.result()
            self._reads_narrow, decoder.layers = True, nn.ModuleList()

    def new_steps(self, caches: Sequence[KeyValueCache], *, in_place: bool) -> "NarrowSteps | None":
        """Return what writes answers behind caches; None: they are written as prompts are read.

        See `network.inference.steps.own_steps`.
        """
        if self._narrow is None:
            return None
        from vidqa.network.native.narrow_decoder import NarrowSteps

        own = list(caches) if in_place else [KeyValueCache.joined(caches)]
        lengths = [cache.get_seq_length() for cache in caches]
        embed = self.model.language_model.embed_tokens
        return NarrowSteps(self._narrow.result(), embed, own[0], lengths)

    def get_image_features(
        self, pixel_values: Tensor, image_sizes: Tensor | None = None
    ) -> ImageFeatures:
        """Encode and project normalised images (I, 3, H, W), whose sizes (I, 2) were others."""
        batches = pixel_values.to(self.dtype).split(TOWER_BATCH_IMAGES)
        sizes: Sequence[Tensor | None] = [None] * len(batches)
        if image_sizes is not None:
            sizes = image_sizes.split(TOWER_BATCH_IMAGES)
        tower = self.model.vision_tower
        tokens = torch.cat([tower(*batch) for batch in zip(batches, sizes, strict=True)])
        projected: Tensor = self.model.projector(tokens)  # (I, P/k, text width)
        return ImageFeatures(tokens, projected.unbind(0))

    def forward(
        self,
        input_ids: Tensor,
        *,
        past_key_values: KeyValueCache,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        mm_encoder_outputs: Mapping[str, Any] | None = None,
        logits_to_keep: int = 0,
        use_cache: bool = True,
    ) -> Output:
        """Compute the logits of the next token at the last positions.

        Args:
            input_ids: (B, T), placeholders included.
            past_key_values: extended by T; with weights of 8 or 4 bits alone it is all that says
                where tokens stand, and there is one row.
            attention_mask: (B, T so far), 0 where padding is.
            position_ids: (B, T); counted on from the cache if None.
            mm_encoder_outputs: `{"image": get_image_features(...)}`, computed before.
            logits_to_keep: how many last positions get logits; 0 means all.
            use_cache: always; transformers' classes want to be told.

        """
        images = (mm_encoder_outputs or {}).get("image")
        embedded = self._embed(input_ids, None if images is None else images.pooler_output)
        if self._narrow is not None and self._reads_narrow:
            return Output(
                self._narrow.result().read(embedded, past_key_values, keep=logits_to_keep)
            )
        states = self.model.language_model(
            embedded,
            past_key_values,
            attention_mask=attention_mask,
            position_ids=position_ids,
        )
        head = self.model.language_model.embed_tokens.weight
        return Output(nn.functional.linear(states[:, -logits_to_keep:], head))  # -0 keeps all

    def _embed(self, input_ids: Tensor, images: tuple[Tensor, ...] | None) -> Tensor:
        """Embed the words and put the visual tokens at their placeholders, (B, T, D)."""
        is_image = input_ids == self.config.image_token_id  # (B, T)
        # the placeholder lies outside the vocabulary: look up any word there, it is replaced
        words: Tensor = self.model.language_model.embed_tokens(input_ids.masked_fill(is_image, 0))
        if images is None:
            return words
        return words.masked_scatter(is_image.unsqueeze(-1), torch.cat(list(images)).to(words))
