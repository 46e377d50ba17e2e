"""EfficientNet-Lite0 (arXiv 1905.11946; TensorFlow's TPU repository), with timm's names of tensors.

Letters in shapes: B batch, C channels, h and w places of a map.
"""

from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3
"""Of TensorFlow's batch norms."""
STEM, HEAD = 32, 1280
"""Channels of the first and of the last map."""
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel size, stride of the first block, expansion, channels."""


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads: an uneven rest goes to the right and below."""

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        padding = (kernel - 1) // 2 if stride == 1 else 0
        super().__init__(channels, out, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, out, h/stride, w/stride), rounded up."""
        if self.stride[0] > 1:
            (above, below), (left, right) = (self._rest(side) for side in maps.shape[-2:])
            maps = functional.pad(maps, (left, right, above, below))
        return super().forward(maps)

    def _rest(self, side: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        return missing // 2, missing - missing // 2


class Norm(nn.BatchNorm2d):
    """A batch norm, and ReLU6 behind it."""

    def __init__(self, channels: int, *, acts: bool = True) -> None:
        super().__init__(channels, eps=EPSILON)
        self.acts = acts

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, C, h, w)."""
        normed = super().forward(maps)
        return functional.relu6(normed) if self.acts else normed


class Separable(nn.Module):
    """A depthwise convolution, then one over channels."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.is_residual = stride == 1 and channels == out
        self.conv_dw = SameConv(channels, channels, kernel, stride, groups=channels)
        self.bn1 = Norm(channels)
        self.conv_pw = SameConv(channels, out, 1)
        self.bn2 = Norm(out, acts=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, out, h/stride, w/stride)."""
        seen: Tensor = self.bn2(self.conv_pw(self.bn1(self.conv_dw(maps))))
        return seen + maps if self.is_residual else seen


class Inverted(nn.Module):
    """The same within more channels (arXiv 1801.04381)."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        self.is_residual = stride == 1 and channels == out
        inner = channels * expansion
        self.conv_pw = SameConv(channels, inner, 1)
        self.bn1 = Norm(inner)
        self.conv_dw = SameConv(inner, inner, kernel, stride, groups=inner)
        self.bn2 = Norm(inner)
        self.conv_pwl = SameConv(inner, out, 1)
        self.bn3 = Norm(out, acts=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Take (B, C, h, w) to (B, out, h/stride, w/stride)."""
        inner = self.bn2(self.conv_dw(self.bn1(self.conv_pw(maps))))
        seen: Tensor = self.bn3(self.conv_pwl(inner))
        return seen + maps if self.is_residual else seen


class EfficientNetLite0(nn.Module):
    """The classifier, whose head may be applied at every place of its last map."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv_stem = SameConv(3, STEM, 3, 2)
        self.bn1 = Norm(STEM)
        channels, stages = STEM, []
        for blocks, kernel, stride, expansion, out in STAGES:
            stage = nn.Sequential()
            for number in range(blocks):
                step = stride if number == 0 else 1
                stage.append(
                    Separable(channels, out, kernel, step)
                    if expansion == 1
                    else Inverted(channels, out, kernel, step, expansion)
                )
                channels = out
            stages.append(stage)
        self.blocks = nn.Sequential(*stages)
        self.conv_head = SameConv(channels, HEAD, 1)
        self.bn2 = Norm(HEAD)
        self.classifier = nn.Linear(HEAD, classes)

    def forward_features(self, pixels: Tensor) -> Tensor:
        """Take (B, 3, H, W) to (B, 1280, H/32, W/32)."""
        features: Tensor = self.bn2(self.conv_head(self.blocks(self.bn1(self.conv_stem(pixels)))))
        return features
