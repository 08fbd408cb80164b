"""Object detection from few and from all labelled pictures: map50 and map with intervals, and what it took.

    python benchmarks/detect.py --data PATH/bccd.zip --out runs/detect
    python benchmarks/detect.py --data PATH/bccd.zip --out runs/detect --from runs/pretrained --labels 20 --seeds 3

--data is a set in the layout of Pascal VOC, a folder or a zip. Its official lists are kept: the train and val parts
together are learned from, the test part is scored. `--labels 20,all` says how many pictures are learned from; further
words set fields of the recipe (plan.epochs=50). A model that lies in --out is scored and not trained again. `--draw`
writes a sheet of test pictures with what was said (orange) and what is true (blue).
"""

from __future__ import annotations

import argparse
import json
import time
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from headstart.commands.finetune import finetune
from headstart.core.contracts.access import Access
from headstart.data.prepare import prepare
from headstart.data.reading.file_tree import open_tree
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation, evaluate
from headstart.inference.predictor import Predictor
from headstart.reports.draw.pictures import contact_sheet

NETWORK = {"backbone.kind": "resnet", "backbone.depth": 10, "backbone.width": 32}
SHEET = 12  # pictures on the drawn sheet


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--from", dest="start", default="", help="a pretrained model; default: from scratch")
    options.add_argument("--labels", default="20,all")
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--draw", action="store_true")
    options.add_argument("settings", nargs="*", help="fields of the recipe, e.g. plan.epochs=50")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    said = {name: _value(text) for name, _, text in (one.partition("=") for one in chosen.settings)}
    chosen.out.mkdir(parents=True, exist_ok=True)
    size = {"size": said.pop("modality.size")} if "modality.size" in said else {}
    store = prepare(without_valid(chosen.data, chosen.out / "set.zip"), chosen.out / "data", settings=size)
    print("| start | labels | seed | map50 | map | nearest picture, map50 | minutes | processor |\n" + "|---" * 8 + "|")
    for labels in chosen.labels.split(","):
        for seed in range(chosen.seeds):
            run(store, chosen, None if labels == "all" else int(labels), seed, said)


def run(store: Store, chosen: argparse.Namespace, labels: int | None, seed: int, said: dict[str, Any]) -> None:
    """Train one model, or take the one that is there, and print its line."""
    place = chosen.out / f"{'pretrained' if chosen.start else 'scratch'}-{labels or 'all'}-{seed}"
    network = {} if chosen.start else NETWORK
    wall, processor = time.perf_counter(), time.process_time()
    model = finetune(store.directory, start=chosen.start or "scratch", out=place, labels=labels, seed=seed,
                     settings={**network, **said}, quiet=False)  # fmt: skip
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    found = evaluate(model, store, "test", seed=seed)
    cells = [chosen.start or "scratch", labels or "all", seed, *(_told(found, name) for name in ("map50", "map")),
             f"{found.scores['baseline_map50']:.3f}", f"{wall / 60:.1f}", f"{processor / 60:.1f}"]  # fmt: skip
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    for row in found.per_class:
        print(f"    {row['class']}: {row['boxes']} boxes, ap50 {row['ap50']:.3f}, ap {row['ap']:.3f}", flush=True)
    if chosen.draw:
        draw(model, store, found, place / "boxes.png")


def draw(model: Predictor, store: Store, found: Evaluation, path: Path) -> None:
    """Test pictures, evenly from the best to the worst."""
    modality = model.modality
    places = np.linspace(0, len(found.rows) - 1, SHEET).astype(int)
    pictures = modality.view.render(modality.ready(modality.collate(store.take(found.rows[places])))["x"])
    sides = [(found.answers[place], found.examples[place]) for place in places]
    drawn = [model.task.answer.draw(picture, *side, modality) for picture, side in zip(pictures, sides, strict=True)]
    contact_sheet(drawn, columns=4).save(path)


def without_valid(source: Path, out: Path) -> Path:
    """The same set as a zip in which the val part trains as well."""
    tree = open_tree(source, Access())
    with zipfile.ZipFile(out, "w") as archive:
        for name in tree.names():
            path = PurePosixPath(name)
            if path.parent.name != "Main" or path.stem in ("trainval", "test"):
                archive.writestr(zipfile.ZipInfo(name), tree.blob(name).read())
    return out


def _told(found: Evaluation, name: str) -> str:
    value, low, high = (found.scores[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main()
