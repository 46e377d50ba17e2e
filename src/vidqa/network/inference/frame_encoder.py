"""Encode frames for a model while others are still being read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidqa.network.inference.compress import kept_tokens
from vidqa.network.inference.positions import positions_of
from vidqa.network.inference.preprocess import computed_on, preprocess
from vidqa.network.inference.prompt_ids import Pictures, ids_of
from vidqa.network.inference.visual_features import VisualForm, visual_tokens
from vidqa.network.loaded import Loaded
from vidqa.system.footprint import TOWER_BATCH_IMAGES
from vidqa.types.grey import grey

FRAMES_AT_ONCE = TOWER_BATCH_IMAGES
"""Frames preprocessed and encoded together: bounds the memory for any number of frames."""

GRIDS = "image_grid_thw"
"""The key for each picture's patches along time, height and width, in some processors."""

NOT_PICTURES = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""The keys of a processor's output that belong to the text."""


@dataclass(frozen=True, slots=True)
class FrameForm:
    """The shape of frames and the form of their visual tokens."""

    tokens: VisualForm
    shape: tuple[int, int, int]
    """Height, width, 3: the same for every frame."""


class FrameEncoder:
    """An encoder that runs frames through tower and projector while others are still being read."""

    def __init__(
        self,
        loaded: Loaded,
        image_kwargs: Mapping[str, object],
        *,
        processor_kwargs: Mapping[str, object] | None = None,
        keep_places: bool = False,
        compress: int = 1,
    ) -> None:
        """Prepare for the frames of one clip.

        Args:
            loaded: network and processor.
            image_kwargs: handed to the image processor.
            processor_kwargs: handed to the processor around it.
            keep_places: keep the tower's output before the projection, for training.
            compress: of so many visual tokens one is shown. See `kept_tokens`.

        """
        self._loaded = loaded
        self._image_kwargs = image_kwargs
        self._processor_kwargs = processor_kwargs or {}
        self._keep_places = keep_places
        self._compress = compress
        self._chosen: dict[tuple[int, ...], Tensor] = {}
        self._choose_by: FrameEncoder = self
        self._places: list[Tensor] = []
        self._waiting: list[NDArray[np.uint8]] = []
        self._tokens: list[Tensor] = []
        self._placeholders: list[Tensor] = []
        self._grids: list[Tensor] = []
        self._form = VisualForm()
        self._shape: tuple[int, int, int] | None = None

    def state(self) -> tuple[dict[str, Tensor], FrameForm]:
        """Return the tensors of the F encoded frames, on the CPU, and their form."""
        assert not self._waiting, "flush first"
        tensors = {
            "visual_tokens": torch.stack(self._tokens).cpu(),  # (F, N/F, (1 + L) D)
            "placeholders": torch.stack(self._placeholders),  # (F, T)
        }
        if self._grids:
            tensors["grids"] = torch.stack(self._grids)  # (F, 3)
        assert self._shape is not None, "there are frames"
        return tensors, FrameForm(self._form, self._shape)

    def restore(self, tensors: Mapping[str, Tensor], form: FrameForm, count: int) -> None:
        """Take the frames of a `state` instead of encoding them again.

        Args:
            tensors: of the state.
            form: of the state.
            count: the number of frames.

        Raises:
            ValueError: the frames are not of this model.
            KeyError: a tensor is missing.

        """
        network = self._loaded.network
        tokens, placeholders = tensors["visual_tokens"], tensors["placeholders"]
        grids = tensors.get("grids")
        width = network.config.get_text_config().hidden_size * (1 + form.tokens.deeper)
        image_id = network.config.image_token_id
        is_fit = (
            tokens.ndim == 3
            and (len(tokens), tokens.shape[2], tokens.dtype) == (count, width, network.dtype)
            and placeholders.ndim == 2
            and (len(placeholders), placeholders.dtype) == (count, torch.int64)
            and bool(((placeholders == image_id).sum(dim=1) == tokens.shape[1]).all())
            and (grids is None or grids.shape == (count, 3))
        )
        if not is_fit:
            raise ValueError("no frames of this model")
        self._tokens = list(tokens.to(network.device))
        self._placeholders = list(placeholders)
        self._grids = [] if grids is None else list(grids)
        self._form, self._shape = form.tokens, form.shape

    def blanked(self) -> "FrameEncoder":
        """Return an encoder of as many grey frames of the same size; only one is encoded."""
        count, blank = len(self._tokens), self._alike()
        assert self._shape is not None, "frames came before"
        blank.push(grey(self._shape))
        blank.flush()
        blank._tokens *= count
        blank._placeholders *= count
        blank._grids *= count
        blank._choose_by = self
        return blank

    @classmethod
    def joined(cls, parts: Sequence[tuple["FrameEncoder", Sequence[int]]]) -> "FrameEncoder":
        """Return an encoder of frames that others encoded.

        Args:
            parts: encoders of one clip with the same settings, and the numbers of the frames that
                are taken of each.

        """
        whole = parts[0][0]._alike()
        for one, shown in parts:
            assert not one._waiting, "flush first"
            whole._tokens += [one._tokens[index] for index in shown]
            whole._placeholders += [one._placeholders[index] for index in shown]
            whole._grids += [one._grids[index] for index in shown if one._grids]
            whole._form, whole._shape = one._form, one._shape
        return whole

    def _alike(self) -> "FrameEncoder":
        """Return an encoder with the same settings, without frames."""
        return FrameEncoder(
            self._loaded,
            self._image_kwargs,
            processor_kwargs=self._processor_kwargs,
            compress=self._compress,
        )

    def push(self, pixels: NDArray[np.uint8]) -> None:
        """Add a frame, (height, width, 3); all frames of a clip have one shape."""
        height, width, colours = pixels.shape
        self._shape = (height, width, colours)
        self._waiting.append(pixels)
        if len(self._waiting) == FRAMES_AT_ONCE:
            self._encode()

    def flush(self) -> None:
        """Encode the frames still waiting; there are no more."""
        if self._waiting:
            self._encode()

    def tokens_of(self, prefix_text: str, shown: Sequence[int]) -> int:
        """Return the number of tokens that a prefix would have; see `place`."""
        return len(self.ids(prefix_text, shown))

    def ids(self, prefix_text: str, shown: Sequence[int]) -> Tensor:
        """Return the ids of a prefix, (T,); see `place`."""
        ids = torch.cat(self._pieces(prefix_text, shown))
        return ids if self._compress == 1 else ids[self._stays(ids, shown)]

    def counts(self, shown: Sequence[int]) -> list[int]:
        """Return how many visual tokens of each frame are shown; see `place`."""
        if self._compress == 1:
            return [len(self._tokens[index]) for index in shown]
        return self._kept(shown).sum(dim=1).tolist()

    def places(self, shown: Sequence[int]) -> Tensor:
        """Return the tower's output for frames, (F, P, D), if it was kept."""
        assert self._keep_places, "ask for it first"
        return torch.stack([self._places[index] for index in shown])

    def place(self, prefix_text: str, shown: Sequence[int]) -> Pictures:
        """Put frames into the prefix of a clip.

        Args:
            prefix_text: holds one placeholder a frame shown.
            shown: the numbers of those frames, in the order they were pushed.

        """
        network = self._loaded.network
        ids = torch.cat(self._pieces(prefix_text, shown)).to(network.device)  # (T,)
        tokens = torch.cat([self._tokens[index] for index in shown])  # (N, D)
        grids = torch.stack([self._grids[index] for index in shown]) if self._grids else None
        positions = positions_of(network, ids[None], grids)
        every = Pictures(ids[None], tokens, self._form, positions)
        if self._compress == 1:
            return every
        kept = self._kept(shown).flatten().to(tokens.device)
        return every.only(self._stays(ids, shown), kept)

    def _kept(self, shown: Sequence[int]) -> Tensor:
        """Return which visual tokens of frames are shown, (F, N/F); grey ones as the others."""
        source, key = self._choose_by, tuple(shown)
        if key not in source._chosen:
            frames = [source._tokens[index] for index in shown]
            source._chosen[key] = kept_tokens(frames, self._compress)
        return source._chosen[key]

    def _stays(self, ids: Tensor, shown: Sequence[int]) -> Tensor:
        """Return which of the ids (T,) of a prefix stay: all but the tokens that are not kept."""
        stays = ids != self._loaded.network.config.image_token_id
        stays[~stays] = self._kept(shown).flatten().to(stays.device)
        return stays

    def _pieces(self, prefix_text: str, shown: Sequence[int]) -> list[Tensor]:
        """Return the ids of the text between the frames, and the placeholders of each frame."""
        assert not self._waiting, "flush first"
        tokenizer, mark = self._loaded.tokenizer, self._loaded.image_mark
        first, *texts = prefix_text.split(mark)
        pieces = [ids_of(tokenizer, first)]
        for index, text in zip(shown, texts, strict=True):
            pieces += [self._placeholders[index], ids_of(tokenizer, text)]
        return pieces

    @torch.inference_mode()
    def _encode(self) -> None:
        """Encode the waiting frames at once; the processor returns their placeholders in the text.

        Frames of one shape get the same number of placeholders, so they can be separated.
        """
        frames, self._waiting = self._waiting, []
        loaded, network = self._loaded, self._loaded.network
        inputs = preprocess(
            loaded.processor,
            frames,
            images_kwargs={**self._image_kwargs, **computed_on(network.device, loaded.processor)},
            **self._processor_kwargs,
        )
        pixels = {
            name: value.to(network.device)
            for name, value in inputs.items()
            if name not in NOT_PICTURES
        }
        encoded = network.get_image_features(**pixels)
        if self._keep_places:
            self._places += encoded.last_hidden_state.unbind(0)
        tokens, self._form = visual_tokens(encoded)  # (N, (1 + L) D)
        assert len(tokens) % len(frames) == 0, "as many visual tokens for every frame"
        self._tokens += tokens.chunk(len(frames))
        placeholders: Tensor = inputs["input_ids"][0]  # (T,)
        assert len(placeholders) % len(frames) == 0, "as many placeholders for every frame"
        self._placeholders += placeholders.chunk(len(frames))
        self._grids += inputs.get(GRIDS, placeholders.new_empty(0, 3)).unbind(0)
