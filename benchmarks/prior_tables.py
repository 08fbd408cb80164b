"""Trains a small network on synthetic tables alone, to answer about real ones from their labelled rows.

    python benchmarks/prior_tables.py --minutes 66 --out runs/prior

The idea is that of prior-fitted networks (Mueller et al., ICLR 2022; Hollmann et al., TabPFN, ICLR 2023): a network
that has met many tables which random functions made answers about a new table from its labelled rows. Tables have 3 to
16 columns and 30 to 220 labelled rows. prior_tables_measured.py asks it about real tables, which it never saw.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from prior_network import PriorNetwork, evidence


def tables(batch: int, n: int, size: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Synthetic tables: x [batch, n, size] with NaN and codes, kinds [batch, size], y [batch, n] of 0.0 and 1.0.

    Random layers with noise at every node make numbers; some nodes become columns, so columns are causes and effects of
    one another. The label is another node, or a rule over the columns: a sum of lines, steps, bends and effects of
    categories, at times with products and small trees.
    """

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=rng)

    def scaled(z: Tensor) -> Tensor:
        return (z - z.mean(1, keepdim=True)) / z.std(1, keepdim=True).clamp_min(1e-3)

    width = 24
    h = normal(batch, n, width)
    loading = normal(batch, 3, width) * (uniform(batch, 1, 1) < 0.6)
    h = scaled(h + uniform(batch, 1, width) * 1.5 * torch.einsum("bnk,bkw->bnw", normal(batch, n, 3), loading))
    nodes = [h]
    for _ in range(2):
        keep = uniform(batch, width, width) < 10 ** (-0.3 - 1.0 * uniform(batch, 1, 1))
        weight = normal(batch, width, width) * keep / keep.sum(1, keepdim=True).clamp_min(1).sqrt()
        z = torch.einsum("bnw,bwv->bnv", h, weight) * 10 ** (0.4 * normal(batch, 1, width).clamp(-1.5, 1.5))
        z = z + normal(batch, 1, width)
        which = torch.randint(0, 6, (batch, 1, width), generator=rng)
        acts = (z, z.tanh(), z.relu(), (1.5 * z).sin(), (z > 0).float(), z.abs())
        z = torch.stack(acts).gather(0, which.expand(-1, n, -1)[None])[0]
        h = scaled(z + 10 ** (-1.2 + 1.2 * uniform(batch, 1, width)) * normal(batch, n, width))
        nodes.append(h)
    every = torch.cat(nodes, 2)
    order = uniform(batch, 1, every.shape[2]).argsort(2)
    x = every.gather(2, order[:, :, :size].expand(-1, n, -1))
    node = every.gather(2, order[:, :, size : size + 1].expand(-1, n, -1))[..., 0]
    # what columns are like: skewed, with a heap at one value, rounded, or categories
    shape = uniform(batch, 1, size)
    x = torch.where(shape < 0.2, (uniform(batch, 1, size) * 1.5 * x).exp(), x)
    x = torch.where((shape > 0.2) & (shape < 0.3), (x - uniform(batch, 1, size) * 1.5).relu(), x)
    x = torch.where((shape > 0.3) & (shape < 0.45), (x * (1 + 4 * uniform(batch, 1, size))).round(), x)
    kinds = uniform(batch, size) < uniform(batch, 1) * (uniform(batch, 1) < 0.75)
    most = 12
    cuts = normal(batch, most - 1, size) * (0.6 + 0.6 * uniform(batch, 1, size))
    used = torch.arange(most - 1)[None, :, None] < (10 ** (1.05 * uniform(batch, 1, size))).long()
    cuts = cuts.masked_fill(~used, torch.inf)
    codes = (scaled(x)[:, :, None] > cuts[:, None]).sum(2)
    places = uniform(batch, most, size).argsort(1)
    category = kinds[:, None].expand(-1, n, -1)
    codes = torch.where(category, places.gather(1, codes), 0)
    x = torch.where(category, codes.float(), x)
    # the label
    z = scaled(torch.where(category, 0.0, x))
    curve = torch.randint(0, 5, (batch, 1, size), generator=rng)
    at = normal(batch, 1, size)
    curves = torch.stack(
        (z.clamp(-3, 3), (z > at).float() * 2, (z - at).abs().clamp(max=3), (2 * z + at).sin(), z.clamp(-3, 3))
    )
    parts = curves.gather(0, curve.expand(-1, n, -1)[None])[0]
    parts = torch.where(category, normal(batch, most, size).gather(1, codes), parts)
    weight = normal(batch, 1, size) * (uniform(batch, 1, size) < 0.15 + 0.85 * uniform(batch, 1, 1))
    line = (parts * weight).sum(2)
    pairs = torch.zeros(batch, n)
    for _ in range(2):
        one, two = (torch.randint(0, size, (batch, 1, 1), generator=rng).expand(-1, n, 1) for _ in range(2))
        pairs = pairs + normal(batch, 1) * (parts.gather(2, one) * parts.gather(2, two))[..., 0]
    trees = torch.zeros(batch, n)
    for _ in range(6):
        one, two = (torch.randint(0, size, (batch, 1, 1), generator=rng).expand(-1, n, 1) for _ in range(2))
        a, b = parts.gather(2, one)[..., 0], parts.gather(2, two)[..., 0]
        trees = trees + normal(batch, 1) * (
            (a > 0.7 * normal(batch, 1)) & ((b > 0.7 * normal(batch, 1)) | (uniform(batch, 1) < 0.5))
        )
    which = uniform(batch, 1)
    mixed = (
        scaled(line)
        + scaled(pairs) * 1.2 * uniform(batch, 1) * (uniform(batch, 1) < 0.5)
        + scaled(trees) * uniform(batch, 1) * (uniform(batch, 1) < 0.5)
    )
    score = scaled(torch.where(which < 0.35, node, torch.where(which < 0.85, mixed, trees)))
    score = score + 10 ** (-1.2 + 1.3 * uniform(batch, 1)) * normal(batch, n)
    rate = 0.5 - 0.44 * uniform(batch, 1) ** 1.5
    rate = torch.where(uniform(batch, 1) < 0.5, rate, 1 - rate)
    y = (score.argsort(1).argsort(1).float() / n < rate).float()
    gone = (uniform(batch, 1, size) < 0.1) & (uniform(batch, n, size) < 0.3 * uniform(batch, 1, size))
    return x.masked_fill(gone, torch.nan), kinds, y


def draw(step: int, seed: int, rng: torch.Generator, budget: int = 14_000) -> tuple[Tensor, Tensor, Tensor, int]:
    dice = np.random.default_rng([seed, step])
    known = int(2 ** dice.uniform(math.log2(30), math.log2(220)))
    size = int(dice.integers(3, 17))
    batch = int(np.clip(budget // ((known + 48) * (size + 1)), 4, 32))
    x, kinds, y = tables(batch, known + 48, size, rng)
    fine = (y[:, :known].mean(1) * (1 - y[:, :known].mean(1))) > 0
    return x[fine], kinds[fine], y[fine], known


def train(minutes: float, out: Path, seed: int = 0) -> None:
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(seed)
    model, begin, step, seen, counted, spent = PriorNetwork(), time.time(), 0, [], 0, 0.0
    print(sum(p.numel() for p in model.parameters()), "weights", flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), 1.5e-3, weight_decay=0.01)
    while spent < 1:
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * min(1.0, (step + 1) / 200) * (0.5 * (1 + math.cos(math.pi * spent)) + 0.01)
        with torch.no_grad():
            x, kinds, y, known = draw(step, seed, rng)
            simple = evidence(x, kinds, y[:, :known])[1][:, known:]
        logits = model(x, kinds, y[:, :known])
        loss = nn.functional.binary_cross_entropy_with_logits(logits, y[:, known:])
        areas = [auc(one, y[:, known:]) for one in (logits.detach(), simple[..., 6], simple[..., 9])]
        seen.append((loss.item(), *areas))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, counted = step + 1, counted + len(x)
        spent = (time.time() - begin) / (60 * minutes)
        if step % 100 == 0:
            values = np.nanmean(np.array(seen[-100:]), 0)
            line = {"step": step, "tables": counted, "minutes": round((time.time() - begin) / 60, 1)}
            names = ("loss", "auc", "auc_ridge", "auc_additive")
            print(json.dumps(line | dict(zip(names, values.round(4).tolist(), strict=True))), flush=True)
            save(model, out)
    save(model, out)
    print("end", step, counted)


def save(model: PriorNetwork, out: Path) -> None:
    """Weights in half precision, 1 MB."""
    tensors = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, out / "prior_network.safetensors", {"format": "pt", "made by": "benchmarks/prior_tables.py"})


def loaded(file: Path) -> PriorNetwork:
    model = PriorNetwork()
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(file).items()})
    return model.eval()


def answer(model: PriorNetwork, cells: Tensor, kinds: Tensor, y: Tensor) -> np.ndarray:
    """The probability of label 1 for the rows of cells [n, C] behind those with labels y [m]."""
    known, said = cells[: len(y)], list[Tensor]()
    with torch.no_grad():
        for part in cells[len(y) :].split(500):
            said.append(model(torch.cat([known, part])[None], kinds[None], y[None])[0])
    return torch.cat(said).sigmoid().numpy()


def auc(answers: Tensor, y: Tensor) -> float:
    order = answers.argsort(1).argsort(1).float() + 1
    ones = y.sum(1)
    zeros = y.shape[1] - ones
    values = ((order * y).sum(1) - ones * (ones + 1) / 2) / (ones * zeros)
    return float(values[(ones > 0) & (zeros > 0)].mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--out", type=Path, default=Path("runs/prior"))
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    train(a.minutes, a.out, a.seed)
