"""Scores of a finished trial come back as they were kept; damaged ones do not come back at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headstart.evaluation.kept_scores import keep, kept


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_scores_come_back(shape: tuple[int, ...], tmp_path: Path) -> None:
    scores = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    keep(tmp_path / "cells" / "a", scores, {"seconds": 1.5})
    found = kept(tmp_path / "cells" / "a")
    assert found is not None
    assert found[0]["seconds"] == 1.5
    assert np.array_equal(found[1], scores)


@pytest.mark.parametrize("name", ["a.f32", "a.json"])
def test_damaged_or_missing_scores_do_not(name: str, tmp_path: Path) -> None:
    keep(tmp_path / "a", np.ones(5, np.float32), {})
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    assert kept(tmp_path / "a") is None
    (tmp_path / name).unlink()
    assert kept(tmp_path / "a") is None
