"""Dictionaries of patches: clusters of small pieces of pictures, and which of them stand out in a region."""

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from headstart.core.random import uniform

_CHUNK = 16_384  # points compared with all centres at once: 100 MB for 1 600 centres
_PIECE = 8 << 20  # bytes of answers at once on a host: what a cache holds; 64 pictures at once took 1.8 times as long


class PatchWords(nn.Module):
    """How much every word stands out among the others, averaged over pool x pool regions.

    x [B, C, H, W] -> [B, pool * pool, K]. Each patch gets mean 0 and deviation 1 (`contrast` is added to its variance),
    word k answers a_k = w_k . patch + b_k, and max(0, a_k - mean a - sparsity * std a) stays, over the K words of a
    place. With sparsity 0 this is the triangle of Coates, Lee and Ng (AISTATS 2011, section 3.2.3). Regions are those
    of adaptive average pooling; where only the first `columns` [B] of a row are there, they divide these, so that
    padding is in none of them.

    mean a and std a come from the first two moments of the words, [P + 1] and [P + 1, P + 1], instead of from the K
    answers of every place: 0.65 ms instead of 2.3 ms a picture of 28 x 28 with 400 words of 36 values.
    """

    regions: Tensor
    down: Tensor

    def __init__(
        self, shape: tuple[int, int, int], words: int, kernel: int, *, contrast: float, sparsity: float, pool: int
    ) -> None:
        super().__init__()
        channels, height, width = shape
        self.size = (height, width)
        self.kernel, self.contrast, self.sparsity = kernel, contrast, sparsity
        self.weight = nn.Parameter(torch.randn(words, channels, kernel, kernel) * (channels * kernel**2) ** -0.5)
        self.bias = nn.Parameter(torch.zeros(words))
        self.pool, self.places = pool, (height - kernel + 1, width - kernel + 1)
        down, across = (_averages(side, pool) for side in self.places)
        self.register_buffer("regions", torch.kron(down, across), persistent=False)  # [pool * pool, h * w]
        self.register_buffer("down", down, persistent=False)  # [pool, h]

    def forward(self, x: Tensor, columns: Tensor | None = None) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):  # the moments need float32
            weight = torch.cat([self.weight.flatten(1), self.bias[:, None]], 1)  # [K, P + 1]
            centred = weight - weight.mean(0)  # so that the answers of a place have mean 0
            moments = centred.T @ centred / (len(weight) - 1)  # [P + 1, P + 1]
            if torch.is_grad_enabled() or x.device.type != "cpu" or torch.compiler.is_exporting():
                return self._pooled(self._answers(x, centred, moments), columns)
            rows = max(1, _PIECE // (4 * self.regions.shape[1] * len(weight)))
            there = [None] * len(x) if columns is None else columns.split(rows)
            pieces = zip(x.split(rows), there, strict=False)
            return torch.cat([self._pooled(self._answers(piece, centred, moments), own) for piece, own in pieces])

    def _answers(self, x: Tensor, centred: Tensor, moments: Tensor) -> Tensor:
        """How much every word stands out at every place, [B, C, H, W] -> [B, h*w, K]."""
        patches = even_contrast(F.unfold(x.float(), self.kernel).transpose(1, 2), self.contrast)  # [B, h*w, P]
        b, n, p = patches.shape
        flat = patches.reshape(b * n, p)
        seen = torch.addmm(moments[:p, p], flat, moments[:p, :p])  # [B*h*w, P]
        variance = (seen * flat).sum(1) + flat @ moments[p, :p] + moments[p, p]  # of the K answers, [B*h*w]
        level = self.sparsity * variance.clamp_min(1e-12).sqrt()
        answers = torch.addmm(centred[:, p], flat, centred[:, :p].T)  # [B*h*w, K]
        return (answers - level[:, None]).relu_().view(b, n, -1)

    def _pooled(self, answers: Tensor, columns: Tensor | None) -> Tensor:
        """Their mean in every region, [B, h*w, K] -> [B, pool * pool, K]."""
        if columns is None:
            return self.regions @ answers
        across = averages_of((columns - self.kernel + 1).clamp_min(1), self.places[1], self.pool)  # [B, pool, w]
        bands = across[:, None] @ answers.unflatten(1, self.places)  # [B, h, pool, K]
        return torch.einsum("ph,bhqk->bpqk", self.down, bands).flatten(1, 2)


def averages_of(counts: Tensor, places: int, parts: int) -> Tensor:
    """`_averages` of the first places of a line, so many of each row: counts [B] -> [B, parts, places]."""
    place, part = torch.arange(places, device=counts.device), torch.arange(parts, device=counts.device)[:, None]
    count = counts[:, None, None]
    inside = (place >= part * count // parts) & (place < -(-(part + 1) * count // parts))  # [B, parts, places]
    return inside / inside.sum(2, keepdim=True)


def _averages(places: int, parts: int) -> Tensor:
    """The matrix [parts, places] of adaptive average pooling along one side."""
    matrix = torch.zeros(parts, places)
    for i in range(parts):
        start, end = i * places // parts, -(-(i + 1) * places // parts)
        matrix[i, start:end] = 1 / (end - start)
    return matrix


def random_patches(x: Tensor, key: Tensor, size: int, count: int, stream: int, columns: Tensor | None = None) -> Tensor:
    """`count` patches of every picture, where its key says, within the first `columns` [B] of each if not all are
    there. x [B, C, H, W] -> [B, count, C * size * size]."""
    b, _, h, w = x.shape
    place = uniform(key, 2 * count, stream)  # [B, 2 * count]
    top = (place[:, :count] * (h - size + 1)).long()
    across = w - size + 1 if columns is None else (columns[:, None] - size + 1).clamp_min(1)
    left = (place[:, count:] * across).long()
    windows = x.unfold(2, size, 1).unfold(3, size, 1).permute(0, 2, 3, 1, 4, 5)  # [B, h', w', C, size, size], a view
    return windows[torch.arange(b, device=x.device)[:, None], top, left].flatten(2)


def mirrored(x: Tensor, columns: Tensor | None) -> Tensor:
    """Pictures [B, C, H, W] with left and right exchanged, padding behind the first `columns` [B] where it was."""
    if columns is None:
        return x.flip(3)
    place = torch.arange(x.shape[3], device=x.device)
    last = columns[:, None] - 1
    place = torch.where(place <= last, last - place, place)  # [B, W]
    return x.gather(3, place[:, None, None].expand_as(x))


def even_contrast(patches: Tensor, contrast: float) -> Tensor:
    """Every patch to mean 0 and standard deviation 1, with `contrast` added to its variance. [n, P] -> [n, P]."""
    mean = patches.mean(-1, keepdim=True)
    return (patches - mean) / (patches.var(-1, keepdim=True, unbiased=False) + contrast).sqrt()


def zca(points: Tensor, regular: float) -> tuple[Tensor, Tensor]:
    """The symmetric map [P, P] and the mean [P] that whiten points [n, P] (Bell and Sejnowski 1997).

    `regular` is added to the variance of every direction: without it directions of mere noise would count as much.
    """
    mean = points.mean(0)
    centred = points - mean
    variance, directions = torch.linalg.eigh((centred.T @ centred / len(points)).double())
    whitening = directions * (variance.clamp_min(0) + regular).rsqrt() @ directions.T
    return whitening.to(points.dtype), mean


def nearest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The direction that explains every point best, and how far along it the point lies. [n, P], [K, P] -> [n], [n].

    `centres` have length 1, so along² is the part of the squared length that is explained.
    """
    along, which = (points @ centres.T).max(1)  # [n, K] -> [n]
    return which, along


def spherical_k_means(points: Tensor, count: int, rounds: int) -> Tensor:
    """Directions [count, P] of length 1 for points [n, P] that come in random order (Coates and Ng 2012, section 2).

    A point pulls its direction as strongly as it lies along it, so that faint patches hardly count. A direction without
    points starts again from another point.
    """
    centres = F.normalize(points[:count], dim=1)
    for number in range(1, rounds + 1):
        sums, sizes = torch.zeros_like(centres), points.new_zeros(count)
        for part in points.split(_CHUNK):
            which, along = nearest(part, centres)
            sums.index_add_(0, which, part * along[:, None])
            sizes += torch.bincount(which, minlength=count)
        empty = (sizes == 0).nonzero()[:, 0]
        sums[empty] = points[(number * count + empty) % len(points)]
        centres = F.normalize(sums, dim=1)
    return centres


def pictured(weights: Tensor) -> list[Image.Image]:
    """Weights [K, C, H, W] as pictures: 0 is grey, the largest of each is black or white. Of 2, or more than 3 channels
    the mean is drawn."""
    shown = weights.detach().float().cpu()
    shown = shown if shown.shape[1] in (1, 3) else shown.mean(1, keepdim=True)
    largest = shown.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)
    pixels = ((shown / largest + 1) * 127.5).round().byte().numpy()  # [K, 1 or 3, H, W]
    return [Image.fromarray(one[0] if len(one) == 1 else one.transpose(1, 2, 0)) for one in pixels]
