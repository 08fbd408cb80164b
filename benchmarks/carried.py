"""Is a model of one data set worth carrying to another? Linear models, components, k-means, topics, by `gain`.

    python benchmarks/carried.py linear svm pca kmeans lsa --data PATH --out runs/carried --labels 20,100 --seeds 5
    python benchmarks/carried.py linear --permuted --only "E. coli" --data PATH --out runs/carried

A pair is a source, at most 4,000 rows of one real set, and a target, another set with at most 1,200 train rows, of
which the labels are drawn, and at most 600 test rows. The arms are those of `gain` that are solved in closed form: a
carried model, the same without it (for linear models the same network from scratch, for features the same tuning of
fresh weights), the same features learned from the target's own train rows ("own"), and the simple model; networks that
learn by steps are left out. The sentence is that of `gain` over these arms. Needs pandas.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.assemble import open_store
from headstart.core.recipe import Recipe, override
from headstart.evaluation.gain import conclude, planned_cells, train_cells

Rows = tuple[Any, list[Any]]  # what a row is, and its label
SOURCE, TRAIN, TEST = 4_000, 1_200, 600


def digits(name: str) -> Callable[[Path], Rows]:
    def read(data: Path) -> Rows:
        with gzip.open(data / name / "train-images-idx3-ubyte.gz") as file:
            x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
        with gzip.open(data / name / "train-labels-idx1-ubyte.gz") as file:
            return x, np.frombuffer(file.read(), np.uint8, offset=8).tolist()

    return read


def zipped(name: str, side: int) -> Callable[[Path], Rows]:
    """Pictures of a zip with a folder a class, or with a table of labels."""

    def read(data: Path) -> Rows:
        from PIL import Image

        place = next((data / name).glob("*.zip"))
        told = data / name / "labels.csv"
        rows = csv.DictReader(told.read_text().splitlines()) if told.exists() else None
        known = None if rows is None else {Path(row["file"]).name: row["label"] for row in rows}
        x, y = [], list[Any]()
        with zipfile.ZipFile(place) as archive:
            for one in sorted(archive.namelist()):
                if one.lower().endswith((".jpg", ".jpeg", ".png")) and (known is None or Path(one).name in known):
                    with archive.open(one) as file:
                        x.append(np.asarray(Image.open(file).convert("RGB").resize((side, side))).transpose(2, 0, 1))
                    y.append(Path(one).parent.name if known is None else known[Path(one).name])
        return np.stack(x), y

    return read


def sentences(name: str) -> Callable[[Path], Rows]:
    def read(data: Path) -> Rows:
        if name == "pros_cons":
            rows = []
            for label, file in (("pro", "IntegratedPros.txt.gz"), ("con", "IntegratedCons.txt.gz")):
                text = gzip.decompress((data / "sent_pros_cons" / file).read_bytes()).decode("latin-1")
                rows += [(re.sub("</?(Pros|Cons)>", "", line).strip(), label) for line in text.splitlines()]
            rows = [row for row in rows if row[0]]
            return [text for text, _ in rows], [label for _, label in rows]
        if name == "sst2":
            lines = gzip.decompress((data / "sent_sst2" / "train.tsv.gz").read_bytes()).decode().splitlines()
            return [one.rsplit("\t", 1)[0] for one in lines], ["no" if one[-1] == "0" else "yes" for one in lines]
        folder, file = {"ag_news": ("cls_ag_news", "train"), "dbpedia": ("cls_dbpedia14", "dbpedia_14k")}[name]
        frame = pd.read_csv(data / folder / f"{file}.csv.gz")
        texts = frame["text"] if "text" in frame else frame.title + "\n" + frame.description
        return texts.tolist(), [f"class {label}" for label in frame.label]

    return read


def promoters(positive: str, negative: str) -> Callable[[Path], Rows]:
    def read(data: Path) -> Rows:
        x, y = list[str](), list[Any]()
        for name, label in ((positive, "promoter"), (negative, "other")):
            text = gzip.decompress((data / "bio_dna_promoters" / f"{name}.fasta.gz").read_bytes()).decode()
            found = ["".join(one.split("\n")[1:]).strip() for one in text.split(">")[1:]]
            x, y = x + found, y + [label] * len(found)
        return x, y

    return read


def people(sex: str) -> Callable[[Path], Rows]:
    def read(data: Path) -> Rows:
        frame = pd.read_csv(data / "tab_adult" / "adult-train.csv.gz", header=None, skipinitialspace=True)
        frame = frame.dropna()
        frame.columns = [f"column {number}" for number in range(15)]
        frame = frame[frame["column 9"] == sex]
        return frame.iloc[:, :14].reset_index(drop=True), frame["column 14"].tolist()

    return read


def houses(place: str) -> Callable[[Path], Rows]:
    def read(data: Path) -> Rows:
        frame = pd.read_csv(data / "tab_california_housing" / "housing.csv.gz").dropna()
        frame = frame[frame.ocean_proximity == place].drop(columns="ocean_proximity").reset_index(drop=True)
        return frame.drop(columns="median_house_value"), frame.median_house_value.tolist()

    return read


@dataclass(frozen=True)
class Pair:
    """What is carried: from which rows to which, as which kind of data."""

    name: str
    source: Callable[[Path], Rows]
    target: Callable[[Path], Rows]
    form: str
    settings: Mapping[str, Any] = field(default_factory=dict)


SEQUENCE, TEXT, TABLE, IMAGE = "sequence", "text", "table", "image"
ECOLI, BACILLUS = promoters("Ecoli_prom", "Ecoli_non_prom"), promoters("Bacillus_prom", "Bacillus_non_prom")
PLANT, MOUSE = promoters("Arabidopsis_tata", "Arabidopsis_non_prom"), promoters("Mouse_tata", "Mouse_nonprom")
NUMBERS = {"task.kind": "regress"}
SUPPORT = {"tuning.kind": "probe", "tuning.solver": "svm"}
PAIRS: Mapping[str, list[Pair]] = {
    "linear": [
        Pair("pros and cons -> SST-2", sentences("pros_cons"), sentences("sst2"), TEXT),
        Pair("SST-2 -> pros and cons", sentences("sst2"), sentences("pros_cons"), TEXT),
        Pair("AG News -> DBpedia", sentences("ag_news"), sentences("dbpedia"), TEXT),
        Pair("promoters of E. coli -> B. subtilis", ECOLI, BACILLUS, SEQUENCE),
        Pair("promoters of Arabidopsis -> mouse", PLANT, MOUSE, SEQUENCE),
        Pair("income of men -> of women", people("Male"), people("Female"), TABLE),
        Pair("MNIST -> Fashion-MNIST", digits("mnist"), digits("fashion_mnist"), IMAGE),
        Pair("prices of inland houses -> at the ocean", houses("INLAND"), houses("NEAR OCEAN"), TABLE, NUMBERS),
        Pair("prices at the bay -> at the ocean", houses("NEAR BAY"), houses("NEAR OCEAN"), TABLE, NUMBERS),
    ],
    "svm": [
        Pair("promoters of E. coli -> B. subtilis", ECOLI, BACILLUS, SEQUENCE, SUPPORT),
        Pair("promoters of Arabidopsis -> mouse", PLANT, MOUSE, SEQUENCE, SUPPORT),
        Pair("pros and cons -> SST-2", sentences("pros_cons"), sentences("sst2"), TEXT, SUPPORT),
        Pair("SST-2 -> pros and cons", sentences("sst2"), sentences("pros_cons"), TEXT, SUPPORT),
    ],
    "pca": [
        Pair("MNIST -> Fashion-MNIST", digits("mnist"), digits("fashion_mnist"), IMAGE),
        Pair("Fashion-MNIST -> MNIST", digits("fashion_mnist"), digits("mnist"), IMAGE),
        Pair("CIFAR-10 -> hand signs", zipped("cifar10_jpeg", 32), zipped("sign_digits", 32), IMAGE),
    ],
    "kmeans": [
        Pair("MNIST -> Fashion-MNIST", digits("mnist"), digits("fashion_mnist"), IMAGE),
        Pair("Fashion-MNIST -> MNIST", digits("fashion_mnist"), digits("mnist"), IMAGE),
        Pair("CIFAR-10 -> hand signs", zipped("cifar10_jpeg", 32), zipped("sign_digits", 32), IMAGE),
    ],
    "lsa": [
        Pair("AG News -> DBpedia", sentences("ag_news"), sentences("dbpedia"), TEXT),
        Pair("pros and cons -> SST-2", sentences("pros_cons"), sentences("sst2"), TEXT),
        Pair("SST-2 -> pros and cons", sentences("sst2"), sentences("pros_cons"), TEXT),
    ],
}


def part(rows: Rows, places: np.ndarray, form: str, labels: list[Any] | None = None) -> Any:
    """Some rows as `prepare` takes them: a table with the label in its last column, or a pair of arrays."""
    x, y = rows
    y = [(labels or y)[place] for place in places]
    if form == IMAGE:
        return np.asarray(x)[places], np.array(y)
    if form == TABLE:
        return x.iloc[places].reset_index(drop=True).assign(label=y)
    return pd.DataFrame({"text" if form == TEXT else "sequence": [x[place] for place in places], "label": y})


def prepared(pair: Pair, data: Path, place: Path, *, permuted: bool) -> tuple[Any, Any]:
    """The source and the target, prepared; of a source whose labels are permuted the rows are the same."""
    rng = np.random.default_rng(0)
    rows, asked = pair.source(data), pair.target(data)
    drawn, labels = rng.permutation(len(rows[1])), None
    if permuted:
        labels = [rows[1][one] for one in np.random.default_rng(1).permutation(len(rows[1]))]
    other = rng.permutation(len(asked[1]))
    cut = min(TRAIN, len(other) // 2)
    parts = {"train": part(asked, other[:cut], pair.form), "test": part(asked, other[cut : cut + TEST], pair.form)}
    said = {"modality": pair.form, **({} if pair.form == IMAGE else {"target": "label"})}
    source = hs.prepare(
        part(rows, drawn[:SOURCE], pair.form, labels), out=place / f"source{' permuted' * permuted}", **said
    )
    # a table is read as the model reads its own
    return source, parts if pair.form == TABLE else hs.prepare(parts, out=place / "target", **said)


def carried(kind: str, pair: Pair, data: Path, out: Path, given: argparse.Namespace, *, permuted: bool = False) -> str:
    """The line of a table: what the arms scored with the first number of labels, and the sentence over all."""
    place = out / kind / re.sub(r"\W+", "_", pair.name)
    source, target = prepared(pair, data, place, permuted=permuted)
    more, quiet = dict(pair.settings), {"quiet": True}
    start, against = place / f"start{'-permuted' * permuted}", []
    linear = kind in ("linear", "svm")
    if linear:
        hs.finetune(source, out=start, start="scratch", backbone="linear", settings=more, **quiet)
    else:
        hs.pretrain(source, out=start, objective=kind, **quiet)
    if not linear and pair.form == IMAGE:  # texts of one's own are cut in another way than the start reads them
        hs.pretrain(target, out=place / "own", objective=kind, **quiet)
        against = [str(place / "own")]
    said = {"tuning.kind": "probe", **more, "start": str(start), "gain.against": against}
    said |= {"data.target": "label"} if pair.form == TABLE else {}
    recipe, store = open_store(override(Recipe(verb="gain"), said), target)
    budgets = [int(one) for one in given.labels.split(",")]
    kept = ("pretrained", "scratch" if linear else "fresh", "against own", "baseline", "constant")
    planned = [one for one in planned_cells(recipe, store, labels=budgets, seeds=given.seeds) if one[0].name in kept]
    cells = list(train_cells(planned, store, folder=place / f"gain{'-permuted' * permuted}"))
    proof = conclude(recipe, store, cells)
    lines = []
    for budget in proof.budgets:
        own, scale = budget.evidence.score, 100 if proof.metric.fraction else 1
        gains = "; ".join(
            f"{scale * gain.value:+.3g} [{scale * gain.low:.3g}, {scale * gain.high:.3g}] over {one.arm}"
            for one in budget.evidence.rivals for gain in [one.gain]
        )  # fmt: skip
        shown = f"{own.value:.3f} [{own.low:.3f}, {own.high:.3f}]" if proof.metric.fraction else f"{own.value:.4g}"
        name = f"{pair.name}{', permuted' * permuted}"
        lines.append(f"| {kind} | {name} | {budget.labels} | {shown} | {gains} | {budget.verdict.verdict} |")
    return "\n".join([*lines, f"  {proof.verdict.sentence}", *(f"  warning: {one}" for one in proof.warnings)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="+", choices=list(PAIRS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", default="20,100")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    parser.add_argument("--permuted", action="store_true", help="linear models of sources whose labels were shuffled")
    given = parser.parse_args()
    for kind in given.kinds:
        for pair in PAIRS[kind]:
            if given.only in pair.name:
                print(carried(kind, pair, given.data, given.out, given, permuted=given.permuted), flush=True)


if __name__ == "__main__":
    main()
