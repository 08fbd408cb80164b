"""Row D2: crop, flip, jitter, gray and blur alone, batched, against torchvision v2 a picture and kornia a batch."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from headstart.core.random import keys
from headstart.data.augments.image import Image as Augment
from headstart.data.store import Store
from pairing import Lap, Stopwatch, Way, alternate, arguments, report
from pictures import stored, synthetic

CROP, JITTER, GRAY, BLUR = 0.2, (0.4, 0.4, 0.4), 0.2, 0.5


class Ours:
    """headstart's Image augment on batches from the store."""

    def __init__(self, store: Store, batch: int, count: int) -> None:
        self._augment = Augment(
            store.modality, crop=CROP, flip=True, shift=0, jitter=JITTER, gray=GRAY, blur=BLUR
        ).train()  # fmt: skip
        self._rows = torch.from_numpy(store.take(store.rows("train"))["x"])
        self._batch, self._count = batch, count
        self._epoch = 0

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        self._epoch += 1
        for start in range(0, self._count, self._batch):
            index = torch.arange(start, min(start + self._batch, self._count))
            self._augment({"x": self._rows[start : start + self._batch], "key": keys(0, self._epoch, index)})
        return watch.lap(self._count)


class Torchvision:
    """transforms.v2 on one tensor at a time in a DataLoader."""

    def __init__(self, rows: Tensor, batch: int, count: int, workers: int) -> None:
        from torchvision.transforms import v2

        side = rows.shape[-1]
        change = v2.Compose(
            [
                v2.RandomResizedCrop(side, scale=(CROP, 1.0), antialias=True),
                v2.RandomHorizontalFlip(),
                v2.ColorJitter(*JITTER),
                v2.RandomGrayscale(GRAY),
                v2.RandomApply([v2.GaussianBlur(_kernel(side), (0.1, 2.0))], BLUR),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.25] * 3),
            ]
        )

        class Changed(Dataset[Tensor]):
            def __len__(self) -> int:
                return count

            def __getitem__(self, index: int) -> Tensor:
                return change(rows[index])

        self._loader, self._count = DataLoader(Changed(), batch, num_workers=workers), count

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        for _ in self._loader:
            pass
        return watch.lap(self._count)


class Kornia:
    """kornia's AugmentationSequential on float batches."""

    def __init__(self, rows: Tensor, batch: int, count: int) -> None:
        from kornia import augmentation

        side = rows.shape[-1]
        self._change = augmentation.AugmentationSequential(
            augmentation.RandomResizedCrop((side, side), scale=(CROP, 1.0)),
            augmentation.RandomHorizontalFlip(),
            augmentation.ColorJitter(*JITTER),
            augmentation.RandomGrayscale(p=GRAY),
            augmentation.RandomGaussianBlur((_kernel(side), _kernel(side)), (0.1, 2.0), p=BLUR),
            augmentation.Normalize(torch.full((3,), 0.5), torch.full((3,), 0.25)),
        )
        self._rows, self._batch, self._count = rows, batch, count

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        for start in range(0, self._count, self._batch):
            self._change(self._rows[start : start + self._batch].float() / 255)
        return watch.lap(self._count)


def _kernel(side: int) -> int:
    """A tenth of the side, odd, as in SimCLR's code."""
    return max(3, side // 10 | 1)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=1_024)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    images, _ = synthetic(given.rows, given.side, 3)
    store = stored(images)
    rows = torch.from_numpy(store.take(store.rows("train"))["x"])
    count = len(rows)
    ours = Ours(store, given.batch, count)
    ways = [Way(name="headstart", lap=ours.lap, ours=True)]
    for workers in (0, 2):
        peer = Torchvision(rows, given.batch, count, workers)
        ways.append(Way(name=f"torchvision v2, {workers} workers", lap=peer.lap))
    ways.append(Way(name="kornia, batched", lap=Kornia(rows, given.batch, count).lap))
    title = f"D2 augmentation, 3 x {given.side} x {given.side}"
    report([alternate(title, 3.0, ways, rounds=given.rounds)], as_json=given.json)


if __name__ == "__main__":
    main()
