"""Row K: rows prepared and gathered, against Hugging Face datasets and ImageFolder with a DataLoader.

python benchmarks/k_store.py --data PATH        # pictures, about 10 minutes on one core; texts: k_texts.py
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import datasets
import numpy as np
import torch
from PIL import Image

from fresh import measured
from headstart.data.line import permutation
from headstart.data.prepare import prepare
from headstart.data.store import Store
from pairing import Lap, Stopwatch, Way, alternate, arguments, report
from pictures import load


def write_folder(images: np.ndarray, labels: np.ndarray, folder: Path) -> None:
    """PNG files in one folder a class."""
    for number, (pixels, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number:06}.png")


def prepared_by_headstart(source: Path, out: Path) -> None:
    """Decode, check, hash, deduplicate, split, encode, sum up."""
    prepare(source, out, split="train=1.0", near="keep")


def prepared_by_datasets(source: Path, out: Path) -> None:
    """Decode and write pixels: no checks, no duplicates found, no checksums."""
    datasets.disable_progress_bars()
    rows = datasets.load_dataset("imagefolder", data_dir=str(source), split="train", cache_dir=str(out / "cache"))
    features = datasets.Features(
        {"x": datasets.List(datasets.Value("uint8"), length=784), "label": datasets.Value("int64")}
    )
    rows.map(
        lambda row: {"x": np.asarray(row["image"].convert("L")).ravel(), "label": row["label"]},
        remove_columns=rows.column_names, features=features,
    ).save_to_disk(str(out / "store"))  # fmt: skip


class Gather:
    """A shuffled pass over the rows in batches, by one way of taking them; every way gives uint8 or float pixels."""

    def __init__(self, count: int, batch: int) -> None:
        self._count, self._batch, self._epoch = count, batch, 0

    def lap(self, take: Callable[[np.ndarray], object]) -> Lap:
        self._epoch += 1
        order = permutation(0, self._epoch, self._count)
        watch = Stopwatch()
        watch.start()
        for start in range(0, self._count, self._batch):
            take(order[start : start + self._batch])
        return watch.lap(self._count)


def gathering(source: Path, ours: Path, theirs: Path, count: int, batch: int, peers_rows: int) -> list[Way]:
    """The ways of taking shuffled batches. Peers take fewer rows, as they are slow; rates count a second."""
    from torch.utils.data import DataLoader, Subset
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    store = Store.open(ours)
    collate = store.modality.collate
    rows = datasets.load_from_disk(str(theirs / "store")).with_format("torch")
    change = transforms.Compose([transforms.Grayscale(), transforms.PILToTensor()])
    folder = ImageFolder(str(source), transform=change)
    own, few = Gather(count, batch), Gather(peers_rows, batch)

    def from_folder() -> Lap:
        chosen = torch.randperm(len(folder))[:peers_rows].tolist()
        watch = Stopwatch()
        watch.start()
        for _ in DataLoader(Subset(folder, chosen), batch):
            pass
        return watch.lap(peers_rows)

    def by_item() -> Lap:
        chosen = torch.randperm(len(rows))[:peers_rows].tolist()
        watch = Stopwatch()
        watch.start()
        for _ in DataLoader(Subset(rows, chosen), batch):  # pyright: ignore[reportArgumentType]
            pass
        return watch.lap(peers_rows)

    return [
        Way(name="headstart store", lap=lambda: own.lap(lambda index: collate(store.take(index))), ours=True),
        Way(name="datasets, rows[batch]", lap=lambda: few.lap(lambda index: rows[index.tolist()])),
        Way(name="datasets + DataLoader", lap=by_item),
        Way(name="ImageFolder + DataLoader", lap=from_folder),
    ]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder with the Fashion-MNIST IDX files")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--peers-rows", type=int, default=2_000)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    source = Path(tempfile.mkdtemp())
    write_folder(*load(given.data, given.rows), source)
    ours, theirs = (Path(tempfile.mkdtemp()) / "out" for _ in range(2))
    costs = {
        "headstart": measured(prepared_by_headstart, source, ours),
        "datasets": measured(prepared_by_datasets, source, theirs),
    }
    count = Store.open(ours).splits["train"]
    ways = gathering(source, ours, theirs, count, given.batch, min(given.peers_rows, count))
    result = alternate(f"K gather, {count:,} pictures", 5.0, ways, rounds=given.rounds)
    if given.json:
        print(
            json.dumps(
                {"prepare": {name: asdict(cost) for name, cost in costs.items()}, "gather": result.as_dict()}, indent=1
            )
        )
        return
    for name, cost in costs.items():
        rates = f"{given.rows / cost.wall:,.0f} rows/s, {given.rows / cost.processor:,.0f} by processor"
        print(f"prepare by {name}: {rates}, memory grew by {cost.mebibytes:,.0f} MiB at most")
    report([result], as_json=False)


if __name__ == "__main__":
    main()
