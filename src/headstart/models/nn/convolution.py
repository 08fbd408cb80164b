"""Convolutions that first even out the contrast of every patch they look at."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ContrastConv2d(nn.Conv2d):
    """A convolution of patches that were brought to mean 0 and standard deviation 1, one by one.

    x [B, C, H, W] -> [B, D, h, w] with (p - mean p) / sqrt(var p + contrast) in place of each patch p, mean and
    variance over all its values (Coates, Lee and Ng 2011, section 3.1.1: `contrast` is their 10 on pixels of
    0..255). A filter without its own mean does not see the patch's, so a convolution and a division are exactly this.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int, padding: int, contrast: float) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding)
        self.contrast = contrast

    def forward(self, input: Tensor) -> Tensor:
        return apply_filters(input, self.weight, self.bias, self.stride[0], int(self.padding[0]), self.contrast)


def apply_filters(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, contrast: float) -> Tensor:
    """Filters [D, C, k, k] on contrast-normalised patches of x [B, C, H, W] -> [B, D, h, w]."""
    k = weight.shape[-1]
    level = weight.mean((1, 2, 3), keepdim=True)
    answer = F.conv2d(x, weight - level, stride=stride, padding=padding)  # [B, D, h, w]
    first = F.avg_pool2d(x.mean(1, keepdim=True), k, stride, padding)  # [B, 1, h, w] mean of each patch
    second = F.avg_pool2d(x.square().mean(1, keepdim=True), k, stride, padding)
    deviation = ((second - first.square()).clamp_min(0) + contrast).sqrt()
    answer = answer / deviation
    return answer if bias is None else answer + bias[:, None, None]
