"""Boosted trees grown by scikit-learn's histograms, as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from headstart.core.contracts.grown import Grown, TreeArrays

Form = Literal["classes", "labels", "values"]
"""What targets are: class numbers [n], independent labels 0 and 1 [n, K], or numbers [n, K]."""

_CODES, _WORD = 256, 64
NEVER = -20.0  # the sum of a class that no row has
PATIENCE = 50  # trees after which no better one is expected: with 20 California housing stops at 493 of 664


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to grow from: cells [n, C], targets, and what each row counts (None: all alike)."""

    cells: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None

    def take(self, rows: np.ndarray) -> Rows:
        return Rows(self.cells[rows], self.targets[rows], None if self.weights is None else self.weights[rows])


@dataclass(frozen=True, slots=True)
class Forest:
    """Boosted models, one for each group of outputs, and how many rounds of trees each has."""

    models: tuple[Any, ...]
    groups: tuple[Sequence[int], ...]
    rounds: tuple[int, ...]
    absent: tuple[int, ...] = ()  # outputs of classes that no row has

    def outputs(self, cells: np.ndarray, count: int) -> np.ndarray:
        """Sums of leaves [n, outputs]."""
        found = np.zeros((len(cells), count), np.float64)
        found[:, list(self.absent)] = NEVER
        for model, group in zip(self.models, self.groups, strict=True):
            if model is not None:
                raw = model._raw_predict(np.asarray(cells, np.float64))
                found[:, list(group)] = raw.reshape(len(cells), -1)
        return found


def grow(form: Form, rows: Rows, about: Grown, *, seed: int, check: Rows | None = None,
         rounds: Sequence[int] = ()) -> Forest:  # fmt: skip
    """Trees until the loss of the `check` rows no longer falls, or so many rounds of each group."""
    models, groups, counts = list[Any](), list[Sequence[int]](), list[int]()
    parts = _parts(form, rows.targets, about.outputs, rows.targets)
    checks = None if check is None else _parts(form, check.targets, about.outputs, rows.targets)
    for number, (group, targets) in enumerate(parts):
        checked = None if checks is None else checks[number][1]
        most = about.trees if check is not None else rounds[number]
        model = _grown(form, rows, targets, about, most, seed, check, checked)
        models.append(model)
        groups.append(group)
        counts.append(0 if model is None else model.n_iter_)
    absent = set(range(about.outputs)) - set(rows.targets.tolist()) if form == "classes" and about.outputs > 1 else ()
    return Forest(tuple(models), tuple(groups), tuple(counts), tuple(absent))


def _parts(
    form: Form, targets: np.ndarray, outputs: int, learned: np.ndarray
) -> list[tuple[Sequence[int], np.ndarray]]:
    """The outputs of each model and what they learn: classes by their place among those that `learned` rows have."""
    if form == "classes":
        present = np.unique(learned)
        group = [0] if outputs == 1 else present[-1:].tolist() if len(present) == 2 else present.tolist()
        return [(group, np.searchsorted(present, targets))]
    return [([number], targets[:, number]) for number in range(targets.shape[1])]


def _grown(
    form: Form, rows: Rows, y: np.ndarray, about: Grown, most: int, seed: int, check: Rows | None,
    checked: np.ndarray | None,
) -> Any:  # fmt: skip
    """A fitted model; None where there is nothing to learn: one class, or no round."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if most < 1 or len(np.unique(y)) < 2:
        return None
    kind = HistGradientBoostingRegressor if form == "values" else HistGradientBoostingClassifier
    stops: dict[str, Any] = {"early_stopping": False}
    given: dict[str, Any] = {}
    if check is not None and checked is not None:
        stops = {"early_stopping": True, "n_iter_no_change": PATIENCE, "tol": 0.0, "scoring": "loss"}
        given = {"X_val": check.cells, "y_val": checked, "sample_weight_val": check.weights}
    model = kind(
        learning_rate=about.rate, max_iter=most, max_leaf_nodes=about.leaves, max_depth=about.depth,
        min_samples_leaf=about.least, max_features=about.looked, random_state=seed, **stops,
    )  # fmt: skip
    if about.categories:
        model.set_params(categorical_features=np.arange(rows.cells.shape[1]) < about.categories)
    return model.fit(_known_cells(rows.cells), y, sample_weight=rows.weights, **given)


def _known_cells(cells: np.ndarray) -> np.ndarray:
    """The cells, with 0 in columns that are missing in all rows: scikit-learn cannot cut such into bins."""
    empty = np.isnan(cells).all(0)
    return np.where(empty, np.float32(0), cells) if empty.any() else cells


def best_rounds(model: Any) -> int:
    """The number of rounds with the least loss on the check rows."""
    return 0 if model is None else int(np.argmax(model.validation_score_))


def gains_of(forest: Forest, cells: int) -> np.ndarray:
    """How much the divisions by each cell have lowered the loss, [cells]."""
    found = np.zeros(cells)
    for tree in (tree for model in forest.models if model is not None for several in model._predictors
                 for tree in several):  # fmt: skip
        inner = tree.nodes[~tree.nodes["is_leaf"].astype(bool)]
        np.add.at(found, inner["feature_idx"], inner["gain"])
    return found


def arrays_of(forest: Forest, about: Grown) -> TreeArrays:
    """All trees of a forest as arrays."""
    nodes = 2 * about.leaves - 1
    offset, made = np.zeros(about.outputs, np.float32), list[dict[str, np.ndarray]]()
    offset[list(forest.absent)] = NEVER
    for model, group in zip(forest.models, forest.groups, strict=True):
        if model is None:
            continue
        offset[list(group)] = np.asarray(model._baseline_prediction).reshape(-1)
        known = _known(model, about.categories)
        for several in model._predictors:
            for output, tree in zip(group, several, strict=True):
                made.append({**_tree(tree, nodes, known), "output": np.array(output, np.int64)})
    if not made:
        return _none(about, nodes, offset)
    whole = {name: np.stack([one[name] for one in made]) for name in made[0]}
    levels = max(int(tree.nodes["depth"].max()) for model in forest.models if model for several in model._predictors
                 for tree in several)  # fmt: skip
    return TreeArrays(offset=offset, levels=levels, **whole)


def _none(about: Grown, nodes: int, offset: np.ndarray) -> TreeArrays:
    shape = (0, nodes)
    return TreeArrays(
        output=np.zeros(0, np.int64), feature=np.zeros(shape, np.int32), threshold=np.zeros(shape, np.float32),
        missing_left=np.zeros(shape, bool), left=np.zeros(shape, np.int16), right=np.zeros(shape, np.int16),
        value=np.zeros(shape, np.float32), by_bits=np.zeros(shape, bool), bits=np.zeros((*shape, 4), np.int64),
        offset=offset, levels=0,
    )  # fmt: skip


def _known(model: Any, categories: int) -> list[np.ndarray]:
    """The codes of each category as the model numbers them: it counts those it has met."""
    if not categories:
        return []
    encoder = model._preprocessor.named_transformers_["encoder"]
    return [np.asarray(one, np.float64) for one in encoder.categories_]


def _tree(tree: Any, nodes: int, known: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """One tree of scikit-learn; thresholds are rounded down, so that no float32 cell changes its side."""
    found = tree.nodes
    count, places = len(found), np.arange(nodes, dtype=np.int16)
    leaf = found["is_leaf"].astype(bool)
    threshold = found["num_threshold"].astype(np.float32)
    above = threshold.astype(np.float64) > found["num_threshold"]
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))

    def whole(values: np.ndarray, kind: Any) -> np.ndarray:
        made = np.zeros(nodes, kind)
        made[:count] = values
        return made

    left, right = places.copy(), places.copy()
    left[:count][~leaf], right[:count][~leaf] = found["left"][~leaf], found["right"][~leaf]
    by_bits = whole(found["is_categorical"].astype(bool) & ~leaf, bool)
    bits = np.zeros((nodes, 4), np.int64)
    for place in np.flatnonzero(by_bits):
        split = found[place]
        ways = tree.raw_left_cat_bitsets[split["bitset_idx"]]
        bits[place] = _bits(ways, known[split["feature_idx"]], bool(split["missing_go_to_left"]))
    return {
        "feature": whole(np.where(leaf, 0, found["feature_idx"]), np.int32), "threshold": whole(threshold, np.float32),
        "missing_left": whole(found["missing_go_to_left"].astype(bool), bool), "left": left, "right": right,
        "value": whole(np.where(leaf, found["value"], 0.0), np.float32), "by_bits": by_bits, "bits": bits,
    }  # fmt: skip


def _bits(ways: np.ndarray, known: np.ndarray, otherwise: bool) -> np.ndarray:
    """Which of our codes go left: 256 bits as four numbers. What the tree never met goes where missing cells go."""
    goes = np.full(_CODES, otherwise)
    for number, code in enumerate(known):
        goes[int(code)] = bool((int(ways[number // 32]) >> (number % 32)) & 1)
    return np.packbits(goes, bitorder="little").view("<i8")
