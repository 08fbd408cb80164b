"""A map says which part tells the answer, where one was planted; and a network without knowledge gets no good map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.inference.explaining.explanation import Explanation
from tests.inference.explaining import planted

_ASKED = 4  # rows that are explained
_SHARE = 0.8  # of the mass of the strongest tenth lies on what was planted


def on_plant(one: Explanation, plant: np.ndarray) -> float:
    """The share of the mass of the strongest tenth of parts that lies on planted ones [P]."""
    weights = np.maximum(one.weights, 0)
    top = np.argsort(-weights, kind="stable")[: max(1, round(len(weights) / 10))]
    return float((weights[top] * plant[top]).sum() / max(weights[top].sum(), 1e-12))


def test_the_patches_of_a_planted_mark_are_found(tmp_path: Path) -> None:
    made, labels, places = planted.pictures()
    model = planted.learned(tmp_path, pd.DataFrame({"picture": made, "label": labels}), backbone="cnn", epochs=12)
    found = model.explain(made[:_ASKED])
    shares = []
    for one, (top, left) in zip(found, places, strict=False):
        boxes = [where.box for where in one.parts.where]
        shares.append(
            on_plant(one, np.array([b[2] > left and b[0] < left + 4 and b[3] > top and b[1] < top + 4 for b in boxes]))
        )
    assert [one.verdict for one in found] == ["GOOD"] * _ASKED
    assert np.mean(shares) >= _SHARE, shares


@pytest.mark.parametrize("backbone", ["linear", "encoder"])
def test_the_planted_word_is_found(tmp_path: Path, backbone: str) -> None:
    made, labels, places = planted.texts()
    small = {} if backbone == "linear" else {"backbone.width": 32, "backbone.depth": 1, "plan.lr": 1e-2}
    frame = pd.DataFrame({"text": made, "label": labels})
    model = planted.learned(tmp_path, frame, backbone=backbone, epochs=12, settings=small)
    assert model.scores["accuracy"] > 0.9
    found = model.explain(made[:_ASKED])
    assert [one.parts.names[int(one.weights.argmax())] for one in found] == [
        text.split()[place] for text, place in zip(made[:_ASKED], places, strict=False)
    ]
    assert {one.verdict for one in found} == {"GOOD"}


@pytest.mark.parametrize("backbone", ["linear", "boosting"])
def test_the_column_that_tells_is_found(tmp_path: Path, backbone: str) -> None:
    frame = planted.table()
    model = planted.learned(tmp_path, frame, backbone=backbone, target="label")
    found = model.explain(frame[frame["told"].abs() > 1].head(_ASKED))
    assert [one.parts.names[int(one.weights.argmax())] for one in found] == ["told"] * _ASKED
    assert "NOT FAITHFUL" not in {one.verdict for one in found}


def test_the_letters_of_a_motif_are_found(tmp_path: Path) -> None:
    frame = planted.sequences()
    model = planted.learned(tmp_path, frame, target="label", input="sequence", modality="sequence", backbone="linear")
    found = model.explain(frame[frame["label"] == "yes"].head(_ASKED))
    plant = np.zeros(40, bool)
    plant[12:18] = True
    assert np.mean([on_plant(one, plant) for one in found]) >= _SHARE


def test_weights_of_a_linear_model_are_its_shapley_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 6)), columns=list("abcdef"))
    frame["y"] = 3 * frame["a"] - 2 * frame["b"] + frame["c"]
    model = planted.learned(tmp_path, frame, backbone="linear", target="y")
    (one,) = model.explain(frame.head(1), method="shapley")
    train = frame.iloc[:160]  # means of train rows differ little from those of all
    slopes = np.array([3, -2, 1, 0, 0, 0])
    wanted = slopes * (frame.iloc[0, :6].to_numpy(float) - train.iloc[:, :6].mean().to_numpy())
    assert np.allclose(one.weights, wanted, atol=0.3)
    assert one.checks.sum_error is not None
    assert one.checks.sum_error < 1e-4


def test_networks_with_random_weights_get_no_faithful_map(tmp_path: Path) -> None:
    made, labels, _ = planted.texts()
    model: Any = planted.learned(
        tmp_path, pd.DataFrame({"text": made, "label": labels}), backbone="encoder", tuning="full", steps=2,
        settings={"plan.lr": 1e-12, "backbone.width": 32, "backbone.depth": 1},
    )  # fmt: skip
    found = [one.verdict for one in model.explain(made[:20], method="occlusion")]
    assert found.count("NOT FAITHFUL") >= 19


def test_why_this_and_not_that(tmp_path: Path) -> None:
    made, labels, _ = planted.texts()
    model = planted.learned(tmp_path, pd.DataFrame({"text": made, "label": labels}), backbone="linear")
    (one,), (other,) = (
        model.explain(made[:1], about=a, against=b, method="shapley")
        for a, b in (("animal", "stone"), ("stone", "animal"))
    )
    assert one.about == "animal and not stone"
    assert np.allclose(one.weights, -other.weights)
    with pytest.raises(hs.HeadstartError, match="did you mean 'animal'"):
        model.explain(made[:1], about="animl")
