"""Groups of a column: rates and their intervals, gaps that are there, and none where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.cli import run
from headstart.core.errors import UsageError
from headstart.evaluation import fairness
from headstart.evaluation.evaluate import Evaluation
from tests.helpers.table_rows import table_rows


def test_what_is_asked_is_a_column_or_a_column_with_bands() -> None:
    assert fairness.parsed("sex") == ("sex", [])
    assert fairness.parsed("age:60,25") == ("age", [25.0, 60.0])
    assert fairness.parsed("ratio a:b") == ("ratio a:b", [])


def test_groups_are_names_or_bands_of_numbers() -> None:
    assert fairness.groups(["a", " b", None, ""]) == ["a", "b", "(missing)", "(missing)"]
    assert fairness.groups([1, 2, 1]) == ["1", "2", "1"]
    assert fairness.groups(["24", "25", "61", None], [25, 60]) == ["up to 25", "up to 25", "above 60", "(missing)"]
    bands = fairness.groups(list(range(100)))
    assert sorted({bands.count(one) for one in bands}) == [25]
    with pytest.raises(UsageError, match="HS-U783"):
        fairness.groups(["Oslo", "3"], [2])


def drawn(seed: int, bias: float) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Three groups, and answers that are given to the second more rarely."""
    draw = np.random.default_rng(seed)
    who = draw.choice(3, 600, p=[0.5, 0.3, 0.2])
    truth = draw.random(600) < 0.6
    said = np.where(draw.random(600) < 0.8, truth, ~truth) & ~((who == 1) & (draw.random(600) < bias))
    return {name: np.flatnonzero(who == place) for place, name in enumerate("abc")}, truth, said


def test_a_gap_that_is_there_is_named_and_luck_is_not() -> None:
    found = fairness._gaps(*drawn(0, 0.4), "group", "yes")
    assert found[0].startswith("group b is answered yes")
    assert "less often than a" in found[0]
    assert all(" b " in one for one in found)
    wrong = sum("none of" not in fairness._gaps(*drawn(seed, 0.0), "group", "yes")[0] for seed in range(200))
    assert wrong <= 17  # of 200 tables of luck, 10 are allowed for; more than 17 have a chance of 1 %


def test_groups_of_a_column_that_the_model_does_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    for name, seed in (("old", 0), ("new", 1)):
        rows, known = table_rows(400, seed=seed)
        sex = np.random.default_rng(seed).choice(["f", "m"], 400)
        labels = np.where(np.array(known) & ((sex == "m") | (np.arange(400) % 3 > 0)), "yes", "no")
        pd.DataFrame(rows).assign(sex=sex, who=labels).to_csv(tmp_path / f"{name}.csv", index=False)
    model = hs.finetune(tmp_path / "old.csv", target="who", modality="table", start="scratch", out=tmp_path / "model",
                        settings={"modality.kinds": "sex:drop"})  # fmt: skip
    assert "sex" not in model.modality.columns
    found: Evaluation = hs.evaluate(model, tmp_path / "new.csv", by="sex", out=tmp_path / "scores")
    assert found.by is not None
    lines = {line["group"]: line for line in found.by.lines}
    frame = pd.read_csv(tmp_path / "new.csv")
    answers = pd.Series([one["label"] for one in model.predict(tmp_path / "new.csv")])
    for sex, of in frame.groupby("sex"):
        line = lines[str(sex)]
        assert line["rows"] == len(of)
        assert line["base_rate"] == pytest.approx((of["who"] == "yes").mean())
        assert line["selection_rate"] == pytest.approx((answers[of.index] == "yes").mean())
        assert line["tpr"] == pytest.approx((answers[of.index][of["who"] == "yes"] == "yes").mean())
        assert line["tpr_low"] < line["tpr"] <= line["tpr_high"]
        assert 0.5 < line["auc_low"] <= line["auc"] <= line["auc_high"] <= 1
    assert lines["f"]["base_rate"] < lines["m"]["base_rate"]
    assert "By sex" in (tmp_path / "scores" / "report.html").read_text()
    words = ["evaluate", str(tmp_path / "model"), str(tmp_path / "new.csv"), "--by", "age:50", "--json"]
    assert run(words) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [line["group"] for line in said["by"]["lines"]].count("up to 50") == 1
    data = hs.prepare(tmp_path / "new.csv", target="who", modality="table", out=tmp_path / "data")
    with pytest.raises(UsageError, match="HS-U782"):
        hs.evaluate(model, data, by="sex")
