"""Row D2: crop, flip, jitter, gray and blur alone, batched, against torchvision v2 a picture and kornia a batch.

Once on pictures, and once on pictures with boxes and a mask that move along.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from headstart.core.contracts import Batch
from headstart.core.random import keys
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.store import Store
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report
from pictures import stored, synthetic

CROP, JITTER, GRAY, BLUR = 0.2, (0.4, 0.4, 0.4), 0.2, 0.5


@dataclass(frozen=True, slots=True)
class Rows:
    """Pictures [n, 3, S, S], and boxes [n, M, 4] and masks [n, S, S] in them where they are moved too."""

    x: Tensor
    boxes: Tensor | None = None
    mask: Tensor | None = None

    @classmethod
    def with_targets(cls, x: Tensor, boxes: int) -> Rows:
        """So many boxes a picture, of a twentieth of the side to half of it, and a mask of 20 classes."""
        n, _, side, _ = x.shape
        generator = torch.Generator().manual_seed(0)
        sides = (0.05 + 0.45 * torch.rand(n, boxes, 2, generator=generator)) * side
        corner = torch.rand(n, boxes, 2, generator=generator) * (side - sides)
        mask = torch.randint(0, 20, (n, side // 8, side // 8), generator=generator)
        return cls(x, torch.cat([corner, corner + sides], 2), mask.repeat_interleave(8, 1).repeat_interleave(8, 2))

    def batch(self, start: int, stop: int) -> Batch:
        """Some rows as the store gives them."""
        found = {"x": self.x[start:stop]}
        if self.boxes is not None and self.mask is not None:
            found |= {"boxes": self.boxes[start:stop], "mask": self.mask[start:stop]}
        return found


class Ours:
    """headstart's Image augment on batches from the store."""

    def __init__(self, store: Store, rows: Rows, batch: int) -> None:
        self._augment = Augment(
            store.modality, crop=CROP, flip=True, shift=0, jitter=JITTER, gray=GRAY, blur=BLUR
        ).train()  # fmt: skip
        self._rows, self._batch, self._count = rows, batch, len(rows.x)
        self._epoch = 0

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        self._epoch += 1
        for start in range(0, self._count, self._batch):
            stop = min(start + self._batch, self._count)
            key = keys(0, self._epoch, torch.arange(start, stop))
            self._augment({**self._rows.batch(start, stop), "key": key})
        return watch.lap(self._count)


class Torchvision:
    """transforms.v2 on one picture at a time in a DataLoader, boxes and masks as tv_tensors."""

    def __init__(self, rows: Rows, batch: int, workers: int) -> None:
        from torchvision import tv_tensors
        from torchvision.transforms import v2

        side, self._count = rows.x.shape[-1], len(rows.x)
        steps = [
            v2.RandomResizedCrop(side, scale=(CROP, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(*JITTER),
            v2.RandomGrayscale(GRAY),
            v2.RandomApply([v2.GaussianBlur(_kernel(side), (0.1, 2.0))], BLUR),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.25] * 3),
        ]
        change = v2.Compose(steps)
        # only what is a tv_tensor.Image is a picture beside boxes and masks
        beside = v2.Compose([*steps[:5], v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
                             steps[6], v2.ClampBoundingBoxes()])  # fmt: skip

        class Changed(Dataset[Tensor | tuple[Tensor, ...]]):
            def __len__(self) -> int:
                return len(rows.x)

            def __getitem__(self, index: int) -> Tensor | tuple[Tensor, ...]:
                if rows.boxes is None or rows.mask is None:
                    return change(rows.x[index])
                boxes = tv_tensors.BoundingBoxes(
                    rows.boxes[index],  # pyright: ignore[reportCallIssue]
                    format=tv_tensors.BoundingBoxFormat.XYXY,
                    canvas_size=(side, side),
                )
                return beside(tv_tensors.Image(rows.x[index]), boxes, tv_tensors.Mask(rows.mask[index]))

        self._loader = DataLoader(Changed(), batch, num_workers=workers)

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        for _ in self._loader:
            pass
        return watch.lap(self._count)


class Kornia:
    """kornia's AugmentationSequential on float batches."""

    def __init__(self, rows: Rows, batch: int) -> None:
        from kornia import augmentation

        side = rows.x.shape[-1]
        self._change = augmentation.AugmentationSequential(
            augmentation.RandomResizedCrop((side, side), scale=(CROP, 1.0)),
            augmentation.RandomHorizontalFlip(),
            augmentation.ColorJitter(*JITTER),
            augmentation.RandomGrayscale(p=GRAY),
            augmentation.RandomGaussianBlur((_kernel(side), _kernel(side)), (0.1, 2.0), p=BLUR),
            augmentation.Normalize(torch.full((3,), 0.5), torch.full((3,), 0.25)),
            data_keys=["input"] if rows.boxes is None else ["input", "bbox_xyxy", "mask"],
        )
        self._rows, self._batch = rows, batch

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        for start in range(0, len(self._rows.x), self._batch):
            x, *targets = self._rows.batch(start, start + self._batch).values()
            # its masks are float [B, 1, H, W]
            self._change(
                x.float() / 255, *(t if t.ndim < 3 or t.shape[-1] == 4 else t[:, None].float() for t in targets)
            )
        return watch.lap(len(self._rows.x))


def _kernel(side: int) -> int:
    """A tenth of the side, odd, as in SimCLR's code."""
    return max(3, side // 10 | 1)


def _compared(title: str, store: Store, rows: Rows, batch: int, rounds: int) -> Result:
    ways = [Way(name="headstart", lap=Ours(store, rows, batch).lap, ours=True)]
    for workers in (0, 2):
        ways.append(Way(name=f"torchvision v2, {workers} workers", lap=Torchvision(rows, batch, workers).lap))
    if importlib.util.find_spec("kornia"):
        ways.append(Way(name="kornia, batched", lap=Kornia(rows, batch).lap))
    return alternate(title, 3.0, ways, rounds=rounds)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=1_024)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--boxes", type=int, default=8, help="boxes of a picture")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    if not importlib.util.find_spec("kornia"):
        print("kornia is not installed and is left out", file=sys.stderr)
    images, _ = synthetic(given.rows, given.side, 3)
    store = stored(images)
    x = torch.from_numpy(store.take(store.rows("train"))["x"])
    title = f"D2 augmentation, 3 x {given.side} x {given.side}"
    alone = _compared(title, store, Rows(x), given.batch, given.rounds)
    moved = Rows.with_targets(x, given.boxes)
    targets = f"{title}, {given.boxes} boxes and a mask"
    report([alone, _compared(targets, store, moved, given.batch, given.rounds)], as_json=given.json)


if __name__ == "__main__":
    main()
