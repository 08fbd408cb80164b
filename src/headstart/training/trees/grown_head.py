"""Trees grown from labels, a linear model beside them, and the share of each that held-out rows speak for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Batch, Plain, Step, Task
from headstart.core.contracts.grown import Grown
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.errors import RecipeError
from headstart.training.linear.drawn_rows import Draw, Drawn
from headstart.training.linear.solve import stratified_folds
from headstart.training.trees.growing import Form, Rows, arrays_of, best_rounds, gains_of, grow

Fit = Callable[[LinearProbe, Plain, np.ndarray, int], LinearFit]

SHARES = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)
"""Of the trees in the answer; the linear model has the rest."""

MORE = 1.1
WEIGHED = 20_000  # held-out rows, at most, on which the share of the trees is chosen
JUDGED = 10_000  # rows whose loss is told, at most, evenly drawn
MOST_PAIRED = 1 << 21  # cells of all rows beyond which no pairs are tried: 84 further ones a row take too long
FOLDS, ROWS_FOR_FOLDS, CELLS_FOR_FOLDS = 5, 4_000, 1_000_000  # with more rows or cells a fifth is held out once


@dataclass(frozen=True, slots=True)
class _Held:
    """Answers of both models to rows that neither learned from, and how many rounds of trees were best.

    gains  how much the divisions by each cell have lowered the loss
    """

    parts: tuple[np.ndarray, np.ndarray]
    asked: np.ndarray
    trees: np.ndarray
    linear: np.ndarray
    rows: Rows
    rounds: tuple[int, ...]
    gains: np.ndarray


def grown_head(grown: Grown, task: Task, batches: Iterable[Batch], fit: Fit, *, seed: int) -> Step:
    """Grow trees and fit a linear model, each on all rows, and put both into network and head.

    How many trees, and how much each model counts, is chosen on held-out rows among these; the loss is that of the
    head. RecipeError for a task whose decisions trees cannot learn.
    """
    probe = task.linear_probe()
    form: Form | None = probe.form
    if form is None:
        fix = "use another backbone"
        raise RecipeError(731, "trees do not learn this task", found=type(task).__name__.lower(), fix=fix)
    rows, plain = _seen(grown, task, probe, batches, seed)
    outputs = 2 if form == "classes" and grown.outputs == 1 else grown.outputs
    held = [_tried(form, rows, plain, grown, probe, fit, parts, seed) for parts in _splits(form, rows, seed)]
    rows, held = _paired(form, rows, grown, held, seed)
    share, losses = _chosen(form, held)
    linear = fit(probe, plain.x, rows.targets[plain.rows], seed) if share < 1 else None
    rounds = _rounds(held, grown.trees) if share > 0 else None
    forest = grow(form, rows, grown, seed=seed, rounds=rounds or [0] * grown.outputs)
    grown.load_trees(arrays_of(forest, grown))
    probe.load(_joined(share, linear, grown.outputs, plain.x.shape[1], outputs))
    some = np.linspace(0, len(plain.rows) - 1, min(len(plain.rows), JUDGED)).astype(int)
    sums = forest.outputs(rows.cells[plain.rows[some]], grown.outputs).astype(np.float32)
    logs = {"share_of_trees": share, "rounds": float(np.mean(rounds or 0)), **losses}
    return Step(
        _loss(task, sums, plain.x[some], rows.targets[plain.rows[some]]),
        {name: torch.tensor(value) for name, value in logs.items()},
    )


def _seen(grown: Grown, task: Task, probe: LinearProbe, batches: Iterable[Batch], seed: int) -> tuple[Rows, Drawn]:
    """All rows as trees see them, and those that the linear model sees."""
    cells, targets, drawn = list[Tensor](), list[Tensor](), Draw(np.random.default_rng(seed))
    for batch in batches:
        ready = task.augment(batch)
        cells.append(grown.cells(ready).float().cpu())
        targets.append(batch["y"].cpu())
        drawn.add(ready["x"].float().cpu().numpy())
    y = torch.cat(targets).numpy()
    return Rows(torch.cat(cells).numpy(), y, probe.weights(y)), drawn.done()


def _splits(form: Form, rows: Rows, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows to check on; of many rows a fifth is checked once, of few each row once."""
    count = len(rows.targets)
    classes = rows.targets if form == "classes" else np.zeros(count, np.int64)
    fold_of = stratified_folds(classes, FOLDS, np.random.default_rng(seed))
    many = count > ROWS_FOR_FOLDS or rows.cells.size > CELLS_FOR_FOLDS
    folds = np.unique(fold_of[fold_of >= 0])[: 1 if many else FOLDS]
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in folds]


def _tried(
    form: Form, rows: Rows, plain: Drawn, grown: Grown, probe: LinearProbe, fit: Fit,
    parts: tuple[np.ndarray, np.ndarray], seed: int,
) -> _Held:  # fmt: skip
    """Both models learned from some rows, asked about the others."""
    learned, asked = (np.flatnonzero(np.isin(plain.rows, part)) for part in parts)
    asked = asked[np.linspace(0, len(asked) - 1, min(len(asked), WEIGHED)).astype(int)]
    linear = fit(probe, plain.x[learned], rows.targets[plain.rows[learned]], seed)
    outputs = plain.x[asked] @ linear.weight + linear.bias
    return _grown(form, rows, grown, parts, plain.rows[asked], outputs, seed)


def _grown(
    form: Form, rows: Rows, grown: Grown, parts: tuple[np.ndarray, np.ndarray], asked: np.ndarray, linear: np.ndarray,
    seed: int,
) -> _Held:  # fmt: skip
    """Trees grown from some rows and asked about others, beside what the linear model says of these."""
    forest = grow(form, rows.take(parts[0]), grown, seed=seed, check=rows.take(parts[1]))
    rounds = tuple(best_rounds(model) for model in forest.models)
    both, gains = rows.take(asked), gains_of(forest, rows.cells.shape[1])
    trees = _logits(forest.outputs(both.cells, grown.outputs), linear.shape[1])
    return _Held(parts, asked, trees, linear, both, rounds, gains)


def _paired(form: Form, rows: Rows, grown: Grown, held: list[_Held], seed: int) -> tuple[Rows, list[_Held]]:
    """The rows with the cells of pairs of numbers behind, if held-out rows are answered better with them."""
    if grown.paired < 2 or not held or rows.cells.size > MOST_PAIRED:
        return rows, held
    gains = np.sum([one.gains for one in held], 0)[grown.categories :]
    telling = grown.categories + np.argsort(-gains, kind="stable")[: grown.paired]
    grown.load_pairs(np.array(list(combinations(telling.tolist(), 2)), np.int64))
    more = replace(rows, cells=grown.more(torch.from_numpy(rows.cells)).numpy())
    found = [_grown(form, more, grown, one.parts, one.asked, one.linear, seed) for one in held]
    better = _chosen(form, found)[1]["held_out_loss"] < _chosen(form, held)[1]["held_out_loss"]
    return (more, found) if better else (rows, held)


def _chosen(form: Form, held: list[_Held]) -> tuple[float, dict[str, float]]:
    """The share of the trees with the least loss on all held rows, and what was found; 0 where there are none."""
    if not held:
        return 0.0, {}
    trees, linear = np.concatenate([one.trees for one in held]), np.concatenate([one.linear for one in held])
    rows = [one.rows for one in held]
    targets = np.concatenate([one.targets for one in rows])
    weights = (
        None if rows[0].weights is None else np.concatenate([one.weights for one in rows if one.weights is not None])
    )
    losses = [loss_of(form, share * trees + (1 - share) * linear, targets, weights) for share in SHARES]
    best = int(np.argmin(losses))
    return SHARES[best], {"held_out_trees": losses[-1], "held_out_linear": losses[0], "held_out_loss": losses[best]}


def loss_of(form: Form, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> float:
    """Mean loss of outputs [n, K]: cross-entropy, that of each label, or the squared error."""
    if form == "classes":
        shifted = outputs - outputs.max(1, keepdims=True)
        each = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(targets)), targets]
    elif form == "labels":
        each = (np.logaddexp(0, outputs) - targets * outputs).mean(1)
    else:
        each = np.square(outputs - targets).mean(1)
    return float(np.average(each, weights=weights))


def _rounds(held: list[_Held], most: int) -> list[int]:
    """Rounds of each group of trees: the mean over folds, and a tenth more, for all rows are more than a fold had."""
    found = np.mean([one.rounds for one in held], 0)
    return np.minimum(np.rint(MORE * found), most).astype(int).tolist()


def _logits(sums: np.ndarray, outputs: int) -> np.ndarray:
    """Sums of leaves -> what the head says: of two classes the second has the sum, the first 0."""
    return sums if sums.shape[1] == outputs else np.concatenate([np.zeros_like(sums), sums], 1)


def _joined(share: float, linear: LinearFit | None, sums: int, width: int, outputs: int) -> LinearFit:
    """One head [sums + width, outputs] for both."""
    weight, bias = np.zeros((sums + width, outputs), np.float32), np.zeros(outputs, np.float32)
    weight[:sums] = share * _logits(np.eye(sums), outputs)[:, :outputs]
    if linear is not None:
        weight[sums:], bias = (1 - share) * linear.weight, (1 - share) * linear.bias
    return LinearFit(weight, bias.astype(np.float32), {})


def _loss(task: Task, sums: np.ndarray, plain: np.ndarray, targets: np.ndarray) -> Tensor:
    device = next(task.parameters()).device
    parts = zip(*(torch.from_numpy(one).split(4096) for one in (sums, plain, targets)), strict=True)
    losses = [task.judge(torch.cat([ahead, x], 1).to(device), y.to(device)).loss * len(x) for ahead, x, y in parts]
    return torch.stack(losses).sum() / len(targets)
