"""Rows V: sequences. Reading FASTA against Biopython, training the `encoder` against a Trainer on the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import headstart as hs
from headstart.assemble import Parts
from headstart.core.contracts.budget import Budget
from headstart.data.preparing.decoding import encoded
from headstart.data.reading.fasta_records import records
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments
from tuning_laps import Ours, Plain, run, trainer_lap

LETTERS, BATCH = "ACDEFGHIKLMNPQRSTVWY", 64


def fasta(path: Path, rows: int, longest: int) -> Path:
    """Random proteins whose class stands in the header; one class has a motif."""
    draws = np.random.default_rng(0)
    with path.open("w") as file:
        for number in range(rows):
            text = "".join(draws.choice([*LETTERS], int(draws.integers(longest // 2, longest))))
            motif = "WWHHCC" if number % 2 else ""
            file.write(f">p{number} TARGET={('no', 'yes')[number % 2]}\n{motif}{text[len(motif) :]}\n")
    return path


def parse_ours(path: Path, rows: int) -> Lap:
    watch = Stopwatch()
    watch.start()
    assert sum(len(one.letters) > 0 for one in records(path, Budget())) == rows
    return watch.lap(rows)


def parse_theirs(path: Path, rows: int) -> Lap:
    from Bio import SeqIO  # pyright: ignore[reportMissingImports]

    watch = Stopwatch()
    watch.start()
    assert sum(len(one.seq) > 0 for one in SeqIO.parse(path, "fasta")) == rows
    return watch.lap(rows)


def ids_ours(path: Path, rows: int, store: Store) -> Lap:
    """As `predict` reads a file: records, checked and cleaned, to padded ids."""
    watch, modality = Stopwatch(), store.modality
    examples = ({"input": one.letters, "origin": one.id} for one in records(path, Budget()))
    watch.start()
    for portion in encoded(modality, examples, Budget(), identified=False):
        held = MemoryRows(modality, [one.columns for one in portion if one.columns is not None])
        modality.collate(held.feed(np.arange(len(portion))))
    return watch.lap(rows)


def ids_theirs(path: Path, rows: int, tokenizer: Any, length: int) -> Lap:
    from Bio import SeqIO  # pyright: ignore[reportMissingImports]

    watch, texts = Stopwatch(), list[str]()
    watch.start()
    for one in SeqIO.parse(path, "fasta"):
        texts.append(str(one.seq))
        if len(texts) == BATCH:
            tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
            texts.clear()
    return watch.lap(rows)


def esm_tokenizer(folder: Path) -> Any:
    from transformers import EsmTokenizer

    marks = ["<cls>", "<pad>", "<eos>", "<unk>"]
    (folder / "vocab.txt").write_text("\n".join([*marks, *LETTERS, *"XBUZO.-", "<mask>"]))
    return EsmTokenizer(str(folder / "vocab.txt"))


def theirs(parts: Parts, rows: list[dict[str, Any]], pad: int, steps: int) -> Lap:
    def collate(some: list[dict[str, Any]]) -> dict[str, Tensor]:
        x = nn.utils.rnn.pad_sequence([row["x"] for row in some], batch_first=True, padding_value=pad)
        lengths = torch.tensor([len(row["x"]) for row in some])
        keep = torch.arange(x.shape[1]) < lengths[:, None]
        return {"x": x, "keep": keep, "labels": torch.tensor([row["labels"] for row in some])}

    backbone = parts.trainee.backbone
    sample = backbone.summary(backbone(parts.batches.sample(2)))
    return trainer_lap(Plain(backbone, sample.shape[1]), rows, collate, steps, BATCH)


def held(store: Store) -> tuple[list[dict[str, Any]], int]:
    """Ids of every train row with its label, as a data set of the hub holds them, and what fills rows up."""
    rows = store.rows("train")
    batch = store.modality.collate(store.feed(rows))
    labels = [int(label == "yes") for label in store.labels_of(rows)]
    lengths = batch["keep"].sum(1).tolist()
    pairs = zip(batch["x"], lengths, labels, strict=True)
    pad = int(batch["x"][~batch["keep"]][0]) if (~batch["keep"]).any() else 0
    return [{"x": x[:length], "labels": label} for x, length, label in pairs], pad


def results(given: Any, folder: Path) -> list[Result]:
    path = fasta(folder / "proteins.fasta", given.rows, 200)
    store = hs.prepare(path, out=folder / "data", near="keep", split="train=1.0")
    tokenizer, length, steps = esm_tokenizer(folder), store.modality.spec.sizes["length"], given.steps
    parsing = [
        Way(name="headstart", lap=lambda: parse_ours(path, given.rows), ours=True),
        Way(name="Biopython", lap=lambda: parse_theirs(path, given.rows)),
    ]
    reading = [
        Way(name="headstart", lap=lambda: ids_ours(path, given.rows, store), ours=True),
        Way(name="Biopython, EsmTokenizer", lap=lambda: ids_theirs(path, given.rows, tokenizer, length)),
    ]
    rows, pad = held(store)
    ours = Ours(store, {"start": "scratch", "backbone.kind": "encoder", "task.sparse": False}, steps, BATCH)
    training = [
        Way(name="headstart", lap=ours.lap, ours=True),
        Way(name="Trainer", lap=lambda: theirs(ours.parts(), rows, pad, steps)),
    ]
    return [
        alternate(f"V1 reading {given.rows:,} FASTA records", 1.0, parsing, rounds=given.rounds),
        alternate("V2 FASTA to padded ids", 1.0, reading, rounds=given.rounds),
        alternate("V3 training encoder, rows", 1.0, training, rounds=given.rounds),
    ]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--steps", type=int, default=6)
    run(parser, results)


if __name__ == "__main__":
    main()
