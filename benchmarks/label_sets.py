"""Real sets for `label_choice.py`: rows and labels, as their files have them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

POOL, TEST = 4_000, 2_000
Loaded = tuple[Any, Sequence[Any]]


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
    import soundfile

    table, sounds = _frame(folder / "metadata.csv"), zipfile.ZipFile(folder / "recordings.zip")
    return [soundfile.read(io.BytesIO(sounds.read(name)))[0] for name in table.file], table.label.tolist()


def adult(folder: Path) -> Loaded:
    table = _frame(folder / "adult-train.csv.gz", header=None, skipinitialspace=True, na_values="?")
    return table.drop(columns=14).rename(columns=str), table[14].tolist()


def bank(folder: Path) -> Loaded:
    table = _frame(folder / "bank-full.csv.gz")
    return table.drop(columns="y"), table.y.tolist()


def promoters(folder: Path) -> Loaded:
    rows, labels = list[str](), list[str]()
    for name, label in (("Mouse_tata", "promoter"), ("Mouse_nonprom", "other")):
        with gzip.open(folder / f"{name}.fasta.gz", "rt") as file:
            found = [line.strip() for line in file if not line.startswith(">")]
        rows, labels = rows + found, labels + [label] * len(found)
    return rows, labels


def california(folder: Path) -> Loaded:
    table = _frame(folder / "housing.csv.gz")
    return table.drop(columns="median_house_value"), np.log(table.median_house_value).tolist()


def _frame(path: Path, **options: Any) -> Any:
    import pandas

    return pandas.read_csv(path, **options)


SETS: dict[str, tuple[str, Callable[[Path], Loaded], str]] = {  # folder, reader, kind of data
    "ag_news": ("cls_ag_news", ag_news, "text"), "sst2": ("sent_sst2", sst2, "text"),
    "clinc": ("cls_clinc150", clinc150, "text"), "dbpedia": ("cls_dbpedia14", dbpedia, "topics"),
    "mnist": ("mnist", idx, "image"), "fashion": ("fashion_mnist", idx, "image"), "fsdd": ("fsdd", fsdd, "audio"),
    "adult": ("tab_adult", adult, "table"), "bank": ("tab_bank_marketing", bank, "table"),
    "promoters": ("bio_dna_promoters", promoters, "sequence"),
    "california": ("tab_california_housing", california, "table"),
}  # fmt: skip
