"""Trees read as masks of leaves answer as a walk down from their roots does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.core.contracts.grown import TreeArrays
from headstart.models.nn import leaf_masks
from headstart.models.nn.trees import Trees

CELLS, CATEGORIES = 7, 3


def drawn(trees: int, leaves: int, outputs: int, seed: int) -> TreeArrays:
    """Random trees: a random leaf becomes a decision until there are enough; one tree is a single leaf."""
    rng = np.random.default_rng(seed)
    nodes = 2 * leaves - 1
    left = np.tile(np.arange(nodes, dtype=np.int16), (trees, 1))
    right, by_bits = left.copy(), np.zeros((trees, nodes), bool)
    feature = np.zeros((trees, nodes), np.int32)
    deepest = 0
    for tree in range(trees):
        ends, count, depth = [0], 1, {0: 0}
        for _ in range(0 if tree == 0 else int(rng.integers(1, leaves))):
            node = ends.pop(int(rng.integers(len(ends))))
            left[tree, node], right[tree, node] = count, count + 1
            depth |= {count: depth[node] + 1, count + 1: depth[node] + 1}
            ends += [count, count + 1]
            count += 2
            feature[tree, node] = rng.integers(CELLS)
            by_bits[tree, node] = feature[tree, node] < CATEGORIES
        deepest = max(deepest, *depth.values())
    return TreeArrays(
        output=rng.integers(0, outputs, trees), feature=feature, left=left, right=right, by_bits=by_bits,
        threshold=rng.normal(size=(trees, nodes)).astype(np.float32), missing_left=rng.random((trees, nodes)) < 0.5,
        value=rng.normal(size=(trees, nodes)).astype(np.float32), levels=deepest,
        bits=rng.integers(-(1 << 63), 1 << 63, (trees, nodes, 4), dtype=np.int64, endpoint=False),
        offset=rng.normal(size=outputs).astype(np.float32),
    )  # fmt: skip


def loaded(arrays: TreeArrays, outputs: int, trees: int, leaves: int) -> Trees:
    made = Trees(outputs, trees, leaves, 64, categories=True)
    made.load_arrays(arrays)
    return made


def rows(count: int, *, gaps: bool) -> torch.Tensor:
    rng = np.random.default_rng(5)
    cells = rng.normal(size=(count, CELLS))
    cells[:, :CATEGORIES] = rng.integers(0, 256, (count, CATEGORIES))
    if gaps:
        cells[rng.random(cells.shape) < 0.2] = np.nan
    return torch.from_numpy(cells.astype(np.float32))


@pytest.mark.parametrize("leaves", [2, 31, 62])
@pytest.mark.parametrize("gaps", [False, True])
def test_equal_to_a_walk(leaves: int, gaps: bool) -> None:
    made = loaded(drawn(40, leaves, 3, leaves), 3, 40, leaves)
    cells = rows(1_000, gaps=gaps)
    assert torch.equal(made(cells), made._sums(cells))
    assert made.masks is not None
    assert made.masks.are_whole
    made.masks = None  # cells that are limits themselves, or lie beyond all of them
    limits = torch.cat([made.threshold[:, 0], torch.tensor([float("inf"), -float("inf"), 0.0])])
    cells = limits[torch.randint(len(limits), cells.shape, generator=torch.Generator().manual_seed(0))]
    assert torch.equal(made(cells), made._sums(cells))


def test_masks_are_made_once_many_rows_were_asked() -> None:
    made, cells = loaded(drawn(40, 31, 3, 0), 3, 40, 31), rows(400, gaps=False)
    for whole in (False, False, True):
        assert torch.equal(made(cells), made._sums(cells))
        assert (made.masks is not None) == whole


def test_trees_whose_masks_would_be_too_large_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaf_masks, "MOST_BYTES", 100_000)
    made, cells = loaded(drawn(40, 31, 3, 0), 3, 40, 31), rows(1_000, gaps=True)
    assert torch.equal(made(cells), made._sums(cells))
    assert made.masks is not None
    assert not made.masks.are_whole


def test_trees_of_more_leaves_are_walked() -> None:
    made = loaded(drawn(5, 80, 1, 0), 1, 5, 80)
    cells = rows(1_000, gaps=True)
    assert torch.equal(made(cells), made._sums(cells))
    assert made.masks is None


def test_trees_that_are_loaded_later_answer() -> None:
    one, other = drawn(10, 8, 1, 1), drawn(10, 8, 1, 2)
    made, cells = loaded(one, 1, 10, 8), rows(1_000, gaps=False)
    before = made(cells)
    made.load_arrays(replace(other, offset=one.offset))
    assert not torch.equal(made(cells), before)
    made.load_state_dict(loaded(one, 1, 10, 8).state_dict())
    assert torch.equal(made(cells), before)


def test_a_node_below_two_others_is_odd() -> None:
    made = loaded(drawn(10, 8, 1, 1), 1, 10, 8)
    assert made.odd(CELLS) == ""
    node = int(torch.nonzero(made.left[3] != torch.arange(15))[0])
    made.right[3, node] = made.left[3, node]
    assert made.odd(CELLS) == "a node below two others"
