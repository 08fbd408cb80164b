"""What ruins a result without an error is said in the last lines, in the report and in the card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import RecipeError

LOOK = "labels look random"


def pictures(labels: np.ndarray, signal: float) -> np.ndarray:
    noise = np.random.default_rng(5).integers(0, 100, (len(labels), 6, 6))
    return (noise + (signal * labels)[:, None, None]).astype(np.uint8)


@pytest.mark.parametrize("signal", [0.0, 100.0])
def test_random_labels_are_told_and_others_are_not(signal: float, tmp_path: Path) -> None:
    labels = np.random.default_rng(3).integers(0, 2, 150)
    given = (pictures(labels, signal), np.array(["a", "b"])[labels])
    model = hs.finetune(given, out=tmp_path / "m", start="scratch", backbone="linear")
    ranked = hs.rank(given, minutes=0.01, out=tmp_path / "r")
    pages = [(tmp_path / "m" / name).read_text() for name in ("report.html", "README.md")]
    for told in (
        "\n".join(model.warnings),
        "\n".join(ranked.warnings),
        (tmp_path / "r" / "report.html").read_text(),
        *pages,
    ):
        assert (LOOK in told) == (signal == 0)


def test_a_score_that_one_answer_to_all_has_is_told(tmp_path: Path) -> None:
    labels = np.arange(150) % 10 == 0
    given = (pictures(labels, 0), np.array(["a", "b"])[labels.astype(int)])
    model = hs.finetune(given, out=tmp_path / "m", start="scratch", backbone="linear")
    assert any("no better than the same answer to every row" in one for one in model.warnings)
    assert "the same answer to every row" in (tmp_path / "m" / "README.md").read_text()


def test_batch_norm_with_batches_of_one_is_refused(tmp_path: Path) -> None:
    once = {"plan.batch": 1, "plan.steps": 1}
    with pytest.raises(RecipeError, match=r"HS-R127.*plan\.batch=8"):
        hs.finetune("digits", out=tmp_path / "m", start="scratch", backbone="resnet", settings=once)
    model = hs.finetune("digits", out=tmp_path / "m", start="scratch", backbone="mlp", settings=once)  # it has none
    assert model.path == tmp_path / "m"
