"""The baseline of segmentation: a linear model that sees the colours of a pixel and of what lies around it."""

from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.solve import fit_classes

_SIGMAS = (1.0, 3.0, 8.0)  # pixels: noise away, an edge, a neighbourhood
_PIXELS = 50_000
_PICTURES = 500  # sampled pixels come from no more pictures: blurring them is what takes time


class PixelBaseline(Baseline):
    """A linear model on the colours around a pixel; blind: the most frequent class everywhere."""

    name: ClassVar[str] = "a linear model on the colours around a pixel"
    task: Any  # Segment, which names this class

    def predict(self, asked: Columns, rows: int) -> Predictions:
        count, x = len(self.task.classes), asked["x"]
        fit = fit_pixels(self.learned["x"], self._classes(), count, self.seed)
        maps = ((surroundings(one) @ fit.weight + fit.bias).T.reshape(count, *x.shape[2:]) for one in x)
        sizes = self._sizes(asked, rows)
        return Predictions([self.task.decode(one, size) for one, size in zip(maps, sizes, strict=True)], fit.chosen)

    def blind(self, asked: Columns, rows: int) -> Predictions:
        known, count, (height, width) = self._classes(), len(self.task.classes), asked["x"].shape[2:]
        most = np.bincount(known[known >= 0].ravel(), minlength=count).argmax()
        maps = np.broadcast_to(np.eye(count, dtype=np.float32)[most][:, None, None], (count, height, width))
        return Predictions([self.task.decode(maps, size) for size in self._sizes(asked, rows)], {})

    def _classes(self) -> np.ndarray:
        """Class of every pixel of the learned pictures, below 0 where nobody judged."""
        mask = self.targets["mask"]
        return (mask > 0).astype(np.int16) - 100 * (mask < 0) if self.task.objects else mask

    def _sizes(self, asked: Columns, rows: int) -> list[list[int]]:
        """Height and width of the original of every asked picture."""
        return asked["size"].tolist() if "size" in asked else [list(asked["x"].shape[2:])] * rows


def surroundings(picture: np.ndarray) -> np.ndarray:
    """What is seen of every pixel of uint8 [C, H, W]: its colours, and blurred ones, float32 [H * W, 4 * C]."""
    from scipy.ndimage import gaussian_filter

    x = picture.astype(np.float32) / 255
    seen = [x, *(gaussian_filter(x, (0, sigma, sigma)) for sigma in _SIGMAS)]
    return np.concatenate(seen).reshape(-1, x.shape[1] * x.shape[2]).T


def fit_pixels(pictures: np.ndarray, classes: np.ndarray, count: int, seed: int) -> LinearFit:
    """Logistic regression on some pixels of pictures uint8 [n, C, H, W]; classes [n, H, W], below 0 where unknown."""
    generator = np.random.default_rng(seed)
    rows = np.sort(generator.permutation(len(pictures))[:_PICTURES])
    share = -(-_PIXELS // len(rows))
    seen, wanted = list[np.ndarray](), list[np.ndarray]()
    for row in rows:
        known = np.flatnonzero(classes[row].ravel() >= 0)
        some = known[generator.permutation(len(known))[:share]]
        seen.append(surroundings(pictures[row])[some])
        wanted.append(classes[row].ravel()[some])
    return fit_classes(np.concatenate(seen), np.concatenate(wanted), count, solver="logistic", seed=seed)
