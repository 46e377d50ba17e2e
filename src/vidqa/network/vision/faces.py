"""A detector of faces from near and far: MediaPipe's full-range network (arXiv 1907.05047).

Its weights are those of `face_detection_full_range.tflite` (Apache-2.0); batch norms are folded
into the convolutions there. Letters in shapes: B batch, C channels, h and w places of a map.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM = 32
"""Channels of the first map."""
STRIDE = 4
"""Pixels a side of a place that is told apart."""
STAGES = (
    (1, 8, 32), (1, 8, 32), (2, 12, 48), (1, 12, 48), (1, 16, 64),
    (2, 24, 96), (1, 32, 128), (1, 32, 128),
    (2, 36, 144), (1, 48, 192), (1, 64, 256),
    (2, 96, 384), (1, 96, 384), (1, 96, 384), (1, 96, 384),
)  # fmt: skip
"""Stride, inner channels and channels of each block."""
KEPT = (4, 7, 10)
"""The blocks whose maps are looked at once more on the way back up."""
RISES = ((96, (48, 48)), (64, (32, 32)), (48, (24,)))
"""Channels on the way up, and inner channels of the blocks there."""
BOX = 16
"""Numbers of a place: middle and size of its box, then six points of the face."""


class Conv(nn.Conv2d):
    """A convolution with a bias, padded as TensorFlow pads even maps: to the right and below."""

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, *, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups)

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, out, h/stride, w/stride)."""
        missing = self.kernel_size[0] - self.stride[0]
        before = missing // 2
        return super().forward(functional.pad(maps, (before, missing - before) * 2))


class Block(nn.Module):
    """Two depthwise convolutions with few channels between them, beside what came in."""

    def __init__(self, channels: int, inner: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.stride, self.added = stride, out - channels
        self.first = Conv(channels, channels, 3, stride, groups=channels)
        self.down = nn.Conv2d(channels, inner, 1)
        self.second = Conv(inner, inner, 3, groups=inner)
        self.up = nn.Conv2d(inner, out, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, out, h/stride, w/stride)."""
        seen = self.up(self.second(functional.relu(self.down(self.first(maps)))))
        beside = functional.max_pool2d(maps, self.stride) if self.stride > 1 else maps
        return functional.relu(seen + functional.pad(beside, (0, 0, 0, 0, 0, self.added)))


class Rise(nn.Module):
    """A coarse map, doubled, added to a finer one."""

    def __init__(self, coarse: int, fine: int, out: int, inner: Iterable[int]) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, out, 1)
        self.fine = nn.Conv2d(fine, out, 1)
        self.blocks = nn.Sequential(*(Block(out, width, out) for width in inner))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Take (B, C, h/2, w/2) and (B, D, h, w) to (B, out, h, w)."""
        doubled = functional.interpolate(
            functional.relu(self.coarse(coarse)), scale_factor=2.0, mode="bilinear"
        )
        maps: Tensor = self.blocks(functional.relu(self.fine(fine)) + doubled)
        return maps


class FaceDetector(nn.Module):
    """How sure it is of a face at every place, and where that face's edges are."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2)
        channels, fine = STEM, list[int]()
        self.blocks = nn.ModuleList()
        for number, (stride, inner, out) in enumerate(STAGES):
            self.blocks.append(Block(channels, inner, out, stride))
            channels = out
            if number in KEPT:
                fine.append(out)
        self.rises = nn.ModuleList()
        for beside, (width, within) in zip(reversed(fine), RISES, strict=True):
            self.rises.append(Rise(channels, beside, width, within))
            channels = width
        self.score = nn.Conv2d(channels, 1, 1)
        self.box = nn.Conv2d(channels, BOX, 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Look for faces.

        Args:
            pixels: (B, 3, H, W) from -1 to 1, H and W multiples of 32.

        Returns:
            (B, h w), probabilities of a face at each place, row by row, and (B, h w, 4): left, top,
            right and bottom of it as shares of the picture. h is H/4, w is W/4.

        """
        maps, kept = functional.relu(self.stem(pixels)), list[Tensor]()
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if number in KEPT:
                kept.append(maps)
        for rise, fine in zip(self.rises, reversed(kept), strict=True):
            maps = rise(maps, fine)
        scores = self.score(maps).flatten(1).float().sigmoid()
        return scores, _edges(self.box(maps)[:, :4].float(), pixels.shape[-2:])


def _edges(boxes: Tensor, size: torch.Size) -> Tensor:
    """Return edges as shares of the picture of boxes (B, 4, h, w): middle and size in pixels."""
    height, width = size
    ys = (torch.arange(boxes.shape[2], device=boxes.device) + 0.5) / boxes.shape[2]
    xs = (torch.arange(boxes.shape[3], device=boxes.device) + 0.5) / boxes.shape[3]
    middle_x = boxes[:, 0] / width + xs
    middle_y = boxes[:, 1] / height + ys[:, None]
    half_w, half_h = boxes[:, 2] / width / 2, boxes[:, 3] / height / 2
    edges = (middle_x - half_w, middle_y - half_h, middle_x + half_w, middle_y + half_h)
    return torch.stack(edges, dim=-1).flatten(1, 2)
