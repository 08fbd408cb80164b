"""What a model keeps of its clusters: tensors of fixed sizes, by which a new row gets its cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from headstart.training.clustering.found import Found
from headstart.training.clustering.space import AXES

MOST_LANDMARKS = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of rows: their cluster [B], -1 for noise; the share of each cluster [B, K]; how far a row lies from
    its cluster, in what is usual there [B]; and its silhouette [B], 0 for noise."""

    cluster: Tensor
    shares: Tensor
    distance: Tensor
    silhouette: Tensor


class ClusterHead(nn.Module):
    """Vectors [B, F] -> their clusters, at most `most`. Nothing in it is learned by steps; unused places are zero.

    numbers are how many clusters and landmarks there are, and how many of these place a row. `fences` are distances
    beyond which a row is noise.
    """

    def __init__(self, width: int, most: int) -> None:
        super().__init__()
        axes = max(1, min(AXES, width))
        inner = max(axes, most)
        self.most = most
        sizes = {
            "landmarks": (MOST_LANDMARKS, axes),
            "places": (MOST_LANDMARKS, inner), "noisy": (MOST_LANDMARKS,), "breadth": (1,), "centres": (most, inner),
            "shapes": (most, inner, inner), "logs": (most,), "middles": (most, axes), "usual": (most,),
            "fences": (most,), "sizes": (most,), "numbers": (3,),
        }  # fmt: skip
        self.mean, self.axes = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width, axes))
        for name, size in sizes.items():
            self.register_buffer(name, torch.zeros(size))
        self.numbers[0] = self.numbers[2] = 1  # before it is fitted: one cluster of everything
        self.usual.fill_(1)
        self.fences.fill_(float("inf"))
        self._known = (1, 0, 1)  # `numbers` as Python's own, for graphs of fixed form
        self.register_load_state_dict_post_hook(lambda module, keys: self._know())

    landmarks: Tensor
    places: Tensor
    noisy: Tensor
    breadth: Tensor
    centres: Tensor
    shapes: Tensor
    logs: Tensor
    middles: Tensor
    usual: Tensor
    fences: Tensor
    sizes: Tensor
    numbers: Tensor

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return self._known[0]

    @property
    def counted(self) -> list[int]:
        """Rows of each cluster, among those in which clusters were found."""
        return [int(size) for size in self.sizes[: self.count].tolist()]

    def points(self, vectors: Tensor) -> Tensor:
        """Vectors [B, F] in the space in which clusters were looked for, [B, P]."""
        return (vectors.float() - self.mean) @ self.axes

    def forward(self, vectors: Tensor) -> Said:
        return self.said(self.points(vectors))

    def said(self, points: Tensor) -> Said:
        """Of points [B, P]."""
        count, landmarks, near = self._known
        inner = self.centres.shape[1]
        noise = torch.zeros_like(points[:, 0])
        reach = noise
        if landmarks:
            apart, nearest = torch.cdist(points, self.landmarks[:landmarks]).topk(near, largest=False)  # [B, s]
            weights = (-(apart.square() - apart[:, :1].square()) / (2 * self.breadth.square())).softmax(1)
            placed = nn.functional.normalize((weights[..., None] * self.places[nearest]).sum(1), dim=1)  # [B, E]
            noise, reach = (weights * self.noisy[nearest]).sum(1), apart.mean(1)
        else:
            placed = nn.functional.pad(points, (0, inner - points.shape[1]))
        gaps = torch.einsum("bke,kef->bkf", placed[:, None] - self.centres[:count], self.shapes[:count])
        squares = gaps.square().sum(-1)  # [B, K]
        shares = (self.logs[:count] - 0.5 * squares).softmax(1)
        cluster = (self.logs[:count] - 0.5 * squares).argmax(1)
        far = reach if landmarks else squares.gather(1, cluster[:, None])[:, 0].sqrt()
        out = (noise > 0.5) | (far > self.fences[cluster])
        middles = torch.cdist(points, self.middles[:count])  # [B, K]
        own = middles.gather(1, cluster[:, None])[:, 0]
        others = middles.scatter(1, cluster[:, None], float("inf")).amin(1) if count > 1 else own
        silhouette = (others - own) / torch.maximum(others, own).clamp_min(1e-12)
        return Said(torch.where(out, -1, cluster), shares, far / self.usual[cluster], silhouette.masked_fill(out, 0.0))

    @torch.no_grad()
    def keep(self, found: Found, mean: np.ndarray, axes: np.ndarray, points: np.ndarray) -> None:
        """Take over clusters that were found in points [n, P], numbered by their sizes, and what is usual in them."""
        for name, value in {"mean": mean, "axes": axes}.items():
            self._put(name, value)
        self._take(found)
        far, cluster = self._far(points)
        order = np.argsort(-np.bincount(cluster[cluster >= 0], minlength=len(found.centres)), kind="stable")
        self._take(found.ordered(order))
        far, cluster = self._far(points)
        for number in range(len(order)):
            own, inside = far[cluster == number], points[cluster == number]
            if len(own):
                low, middle, high = np.quantile(own, (0.25, 0.5, 0.75))
                self.usual[number] = max(float(middle), 1e-6)
                self.fences[number] = float(high + 3 * (high - low)) if high > low else float("inf")
                self.middles[number] = torch.from_numpy(inside.mean(0))
        said = np.concatenate([self.said(part).cluster.numpy() for part in torch.from_numpy(points).split(4096)])
        self._put("sizes", np.bincount(said[said >= 0], minlength=len(order)))

    def _far(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far points lie from their cluster, and its number, -1 where a landmark says noise; without fences."""
        self.fences.fill_(float("inf"))
        self.usual.fill_(1)
        said = [self.said(part) for part in torch.from_numpy(points).split(4096)]
        return (np.concatenate([one.distance.numpy() for one in said]),
                np.concatenate([one.cluster.numpy() for one in said]))  # fmt: skip

    def _take(self, found: Found) -> None:
        tensors = {"landmarks": found.landmarks, "places": found.places, "noisy": found.noisy,
                   "centres": found.centres, "shapes": found.shapes, "logs": found.logs,
                   "breadth": np.array([found.width]),
                   "numbers": np.array([len(found.centres), len(found.landmarks), found.neighbours])}  # fmt: skip
        for name, value in tensors.items():
            self._put(name, value)
        self._know()

    def _know(self) -> None:
        count, landmarks, near = (int(number) for number in self.numbers)
        self._known = (count, landmarks, near)

    def _put(self, name: str, value: np.ndarray) -> None:
        """A smaller array into the first places of a tensor."""
        tensor = self.state_dict()[name]
        tensor.zero_()
        tensor[tuple(slice(0, side) for side in value.shape)] = torch.from_numpy(np.asarray(value, np.float32))
