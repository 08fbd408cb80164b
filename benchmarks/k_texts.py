"""Row K for text: short texts prepared and gathered, against Hugging Face datasets with the same tokenizer.

    python benchmarks/k_texts.py                          # 100,000 texts, about 4 minutes on one core
    python benchmarks/k_texts.py --rows 1000000           # about 20 minutes; --quick: one

Needs datasets and transformers. Texts of 5 to 40 made-up words drawn by Zipf's law, with labels, in a CSV file.
Prepare, each in a fresh process, at a tenth of the rows and at all of them, so that the growth of memory shows. Ours:
checks, exact duplicates, split, checksums, a tokenizer that learns from the texts, ids; with --near drop also a search
for near duplicates, which datasets has no way of doing. Theirs: `Dataset.from_csv`, `map` with the tokenizer that ours
has learned (learning costs them nothing here), `save_to_disk`.
Gather, in one process: a shuffled pass in batches of 64, padded to the longest. Ours: `feed` and `collate`. Theirs:
`with_format("torch")` with a padding collator, by slices and by a DataLoader.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import datasets
import numpy as np
import torch
from transformers import AutoTokenizer, DataCollatorWithPadding

from corpus import write_table
from fresh import Cost, measured
from headstart.data.line import permutation
from headstart.data.prepare import prepare
from headstart.data.store import Store
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report

VOCAB, LENGTH = 16_000, 64


def prepared_by_headstart(source: Path, out: Path, near: Literal["drop", "keep"]) -> None:
    """Decode, check, hash, deduplicate, split, learn a tokenizer, encode, sum up."""
    settings = {"vocab": VOCAB, "length": LENGTH}
    prepare(source, out, split="train=1.0", near=near, settings=settings)


def prepared_by_datasets(source: Path, out: Path, tokenizer: Path) -> None:
    """Read the table and map the tokenizer over it: no checks, no duplicates found, no checksums, nothing learned."""
    datasets.disable_progress_bars()
    known = AutoTokenizer.from_pretrained(str(tokenizer))
    rows = datasets.Dataset.from_csv(str(source), cache_dir=str(out / "cache"))
    assert isinstance(rows, datasets.Dataset)
    ids = rows.map(lambda batch: known(batch["text"], truncation=True, max_length=LENGTH), batched=True)
    ids.save_to_disk(str(out / "store"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What both made of the same table, and what it cost them."""

    rows: int
    ours: Path
    theirs: Path
    tokenizer: Path
    costs: dict[str, Cost]


def preparing(rows: int, near: Literal["drop", "keep"]) -> Prepared:
    """Both ways over so many texts, ours first, because theirs take its tokenizer."""
    place = Path(tempfile.mkdtemp())
    source, ours, theirs, tokenizer = (place / name for name in ("texts.csv", "ours", "theirs", "tokenizer"))
    write_table(rows, source)
    costs = {"headstart": measured(prepared_by_headstart, source, ours, near)}
    tokenizer.mkdir()
    Store.open(ours).modality.save(tokenizer)
    costs["datasets"] = measured(prepared_by_datasets, source, theirs, tokenizer)
    return Prepared(rows, ours, theirs, tokenizer, costs)


def gathering(made: Prepared, batch: int, peers_rows: int, rounds: int) -> Result:
    """Shuffled batches by every way. Peers take fewer rows, as they are slow; rates count a second."""
    from torch.utils.data import DataLoader, Subset

    store = Store.open(made.ours)
    modality, count, epoch = store.modality, store.splits["train"], 0
    kept = datasets.load_from_disk(str(made.theirs / "store"))
    rows: Any = kept.select_columns(["input_ids", "attention_mask"]).with_format("torch")
    padded = DataCollatorWithPadding(AutoTokenizer.from_pretrained(str(made.tokenizer)))
    few = min(peers_rows, len(rows))

    def ours() -> Lap:
        nonlocal epoch
        epoch += 1
        order, watch = permutation(0, epoch, count), Stopwatch()
        watch.start()
        for start in range(0, count, batch):
            modality.collate(store.feed(order[start : start + batch]))
        return watch.lap(count)

    def by_slices() -> Lap:
        chosen, watch = np.random.default_rng(epoch).permutation(len(rows))[:few], Stopwatch()
        watch.start()
        for start in range(0, few, batch):
            padded(rows[chosen[start : start + batch].tolist()])  # pyright: ignore[reportArgumentType]
        return watch.lap(few)

    def by_item() -> Lap:
        chosen, watch = np.random.default_rng(epoch).permutation(len(rows))[:few].tolist(), Stopwatch()
        watch.start()
        for _ in DataLoader(Subset(rows, chosen), batch, collate_fn=padded):
            pass
        return watch.lap(few)

    ways = [
        Way(name="headstart store", lap=ours, ours=True),
        Way(name="datasets, rows[batch]", lap=by_slices),
        Way(name="datasets + DataLoader", lap=by_item),
    ]
    return alternate(f"K gather, {count:,} texts in batches of {batch}", 5.0, ways, rounds=rounds)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--peers-rows", type=int, default=5_000)
    parser.add_argument("--near", choices=("drop", "keep"), default="keep", help="near duplicates in ours")
    parser.add_argument("--quick", action="store_true", help="2,000 texts: does everything run?")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    rows, rounds = (2_000, 1) if given.quick else (given.rows, given.rounds)
    sizes = [preparing(count, given.near) for count in (rows // 10, rows)]
    result = gathering(sizes[-1], given.batch, given.peers_rows, rounds)
    if given.json:
        costs = {made.rows: {name: asdict(cost) for name, cost in made.costs.items()} for made in sizes}
        print(json.dumps({"prepare": costs, "gather": result.as_dict()}, indent=1))
        return
    for made in sizes:
        for name, cost in made.costs.items():
            rates = f"{made.rows / cost.wall:,.0f} rows/s, {made.rows / cost.processor:,.0f} by processor"
            print(f"{made.rows:,} rows prepared by {name}: {rates}, memory grew by {cost.mebibytes:,.0f} MiB at most")
    report([result], as_json=False)


if __name__ == "__main__":
    main()
