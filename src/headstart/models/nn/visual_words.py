"""A dictionary of patches as a layer: which words stand out in which region of a picture."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.models.nn.clustering import even_contrast

_PIECE = 8 << 20  # bytes of answers at once on a host: what a cache holds; 64 pictures at once took 1.8 times as long


class PatchWords(nn.Module):
    """How much every word stands out among the others, averaged over pool x pool regions.

    x [B, C, H, W] -> [B, pool * pool, K]. Each patch gets mean 0 and deviation 1 (`contrast` is added to its variance),
    word k answers a_k = w_k . patch + b_k, and max(0, a_k - mean a - sparsity * std a) stays, over the K words of a
    place. With sparsity 0 this is the triangle of Coates, Lee and Ng (AISTATS 2011, section 3.2.3). Regions are those
    of adaptive average pooling.

    mean a and std a come from the first two moments of the words, [P + 1] and [P + 1, P + 1], instead of from the K
    answers of every place: 0.65 ms instead of 2.3 ms a picture of 28 x 28 with 400 words of 36 values.
    """

    regions: Tensor

    def __init__(
        self, shape: tuple[int, int, int], words: int, kernel: int, *, contrast: float, sparsity: float, pool: int
    ) -> None:
        super().__init__()
        channels, height, width = shape
        self.size = (height, width)
        self.kernel, self.contrast, self.sparsity = kernel, contrast, sparsity
        self.weight = nn.Parameter(torch.randn(words, channels, kernel, kernel) * (channels * kernel**2) ** -0.5)
        self.bias = nn.Parameter(torch.zeros(words))
        down, across = (_averages(side - kernel + 1, pool) for side in (height, width))
        self.register_buffer("regions", torch.kron(down, across), persistent=False)  # [pool * pool, h * w]

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):  # the moments need float32
            weight = torch.cat([self.weight.flatten(1), self.bias[:, None]], 1)  # [K, P + 1]
            centred = weight - weight.mean(0)  # so that the answers of a place have mean 0
            moments = centred.T @ centred / (len(weight) - 1)  # [P + 1, P + 1]
            if torch.is_grad_enabled() or x.device.type != "cpu" or torch.compiler.is_exporting():
                return self._answers(x, centred, moments)
            rows = max(1, _PIECE // (4 * self.regions.shape[1] * len(weight)))
            return torch.cat([self._answers(piece, centred, moments) for piece in x.split(rows)])

    def _answers(self, x: Tensor, centred: Tensor, moments: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, pool * pool, K]."""
        patches = even_contrast(F.unfold(x.float(), self.kernel).transpose(1, 2), self.contrast)  # [B, h*w, P]
        b, n, p = patches.shape
        flat = patches.reshape(b * n, p)
        seen = torch.addmm(moments[:p, p], flat, moments[:p, :p])  # [B*h*w, P]
        variance = (seen * flat).sum(1) + flat @ moments[p, :p] + moments[p, p]  # of the K answers, [B*h*w]
        level = self.sparsity * variance.clamp_min(1e-12).sqrt()
        answers = torch.addmm(centred[:, p], flat, centred[:, :p].T)  # [B*h*w, K]
        return self.regions @ (answers - level[:, None]).relu_().view(b, n, -1)


def _averages(places: int, parts: int) -> Tensor:
    """The matrix [parts, places] of adaptive average pooling along one side."""
    matrix = torch.zeros(parts, places)
    for i in range(parts):
        start, end = i * places // parts, -(-(i + 1) * places // parts)
        matrix[i, start:end] = 1 / (end - start)
    return matrix
