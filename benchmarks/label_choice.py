"""Which rows to label next? Rows that `next` chooses against rows by chance, from the same labels, on real sets.

    python benchmarks/label_choice.py --data PATH --weights DIR --out runs/choice            # all sets
    python benchmarks/label_choice.py --data PATH --weights DIR --out runs/choice ag_news    # one

DIR is a MiniLM (all-MiniLM-L6-v2) as transformers saves it. A start of headstart's own (dictionary, topics, components)
or MiniLM makes the features, once; they stay in --out. Then for every seed: some labels by chance, more by each way of
choosing, a probe after each round, scored on test rows that nobody chose by. Needs pandas.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs

POOL, TEST = 4_000, 2_000
Loaded = tuple[Any, list[Any]]


def idx(folder: Path) -> Loaded:
    def read(name: str, skip: int) -> np.ndarray:
        return np.frombuffer(gzip.open(folder / name).read(), np.uint8, offset=skip)

    pictures = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[: POOL + TEST]
    return pictures, read("train-labels-idx1-ubyte.gz", 8)[: POOL + TEST].tolist()


def ag_news(folder: Path) -> Loaded:
    table = _frame(folder / "train.csv.gz")
    return (table.title + ". " + table.description).tolist(), table.label.tolist()


def sst2(folder: Path) -> Loaded:
    table = _frame(folder / "train.tsv.gz", sep="\t", header=None, quoting=3)
    return table[0].tolist(), table[1].tolist()


def dbpedia(folder: Path) -> Loaded:
    table = _frame(folder / "dbpedia_14k.csv.gz")
    return table.text.tolist(), table.label.tolist()


def clinc150(folder: Path) -> Loaded:
    with gzip.open(folder / "data_full.json.gz", "rt") as file:
        rows = json.load(file)["train"]
    return [text for text, _ in rows], [intent for _, intent in rows]


def fsdd(folder: Path) -> Loaded:
    table, sounds = _frame(folder / "metadata.csv"), folder.parent.parent / "sounds"
    return folder, table.label.tolist()


def adult(folder: Path) -> Loaded:
    table = _frame(folder / "adult-train.csv.gz", header=None, skipinitialspace=True, na_values="?")
    return table.drop(columns=14).rename(columns=str), table[14].tolist()


def bank(folder: Path) -> Loaded:
    table = _frame(folder / "bank-full.csv.gz")
    return table.drop(columns="y"), table.y.tolist()


def promoters(folder: Path) -> Loaded:
    rows, labels = [], []
    for name, label in (("Mouse_tata", "promoter"), ("Mouse_nonprom", "other")):
        with gzip.open(folder / f"{name}.fasta.gz", "rt") as file:
            found = [line.strip() for line in file if not line.startswith(">")]
        rows, labels = rows + found, labels + [label] * len(found)
    return rows, labels


def housing(folder: Path) -> Loaded:
    table = _frame(folder / "housing.csv.gz")
    return table.drop(columns="median_house_value"), table.median_house_value.tolist()


def _frame(path: Path, **options: Any) -> Any:
    import pandas

    return pandas.read_csv(path, **options)
