"""UMAP is there for those who install it, and asked for by name where it is not."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from headstart.core.errors import ContractError
from headstart.training.clustering.methods import Umap


def blobs(count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    return 8.0 * np.eye(6)[labels] + generator.normal(size=(count, 6)), labels


def test_what_is_not_installed_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ContractError, match=r"HS-C921.*pip install \"headstart\[umap\]\""):
        Umap(blobs(60)[0], 0, 5)


def test_parted_rows_and_new_ones_get_their_clusters() -> None:
    pytest.importorskip("umap", reason="umap-learn is an extra")
    points, labels = blobs(300)
    found = Umap(points[:240], 0, 5).cut(3)
    said = found.numbers(points)
    assert len({(int(a), int(b)) for a, b in zip(said, labels, strict=True)}) == 3
