"""Series on the command line from ranking to export: the time column is passed on, and what is told works."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from headstart.cli import run
from tests.helpers.waves import table

ASK = "--time date --target a --task forecast --quiet"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(table(400))
    return tmp_path


def call(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    code = run(shlex.split(line))
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


def test_the_command_that_rank_tells_makes_the_model_that_it_means(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = call(f"rank t.csv {ASK} --minutes 0.1 --out r task.horizon=6 modality.window=24", capsys)
    line = next(one for one in out.splitlines() if one.startswith("headstart finetune"))
    assert "--time date" in line
    assert "--task forecast" in line
    assert "task.horizon=6" in line
    assert "modality.window=24" in line
    call(f"{line.removeprefix('headstart ').replace('DIR', 'm')} --quiet", capsys)
    assert json.loads((place / "m" / "series.json").read_text())["fixed"]["horizon"] == 6
    assert json.loads((place / "m" / "series.json").read_text())["fixed"]["window"] == 24


def test_a_forecast_is_evaluated_predicted_and_exported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(f"finetune t.csv {ASK} --from scratch --out m task.horizon=6 modality.window=24", capsys)
    assert "mse" in call("evaluate m t.csv --time date --quiet", capsys)
    call("predict m t.csv --time date --out next.csv --quiet", capsys)
    assert len((place / "next.csv").read_text().splitlines()) == 1 + 6
    call("export m --format pt2 --out e --quiet", capsys)
    assert json.loads((place / "e" / "export.json").read_text())["takes"] == ["x"]


def test_gain_compares_on_the_same_windows(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("pretrain t.csv --time date --target a --modality series --objective pca --out p --quiet"
         " modality.horizon=6 modality.window=24 backbone.width=8", capsys)  # fmt: skip
    out = call(f"gain t.csv --from p {ASK} --labels 100 --seeds 2 --out g task.horizon=6", capsys)
    assert "ridge regression on the window" in out


def test_arms_of_gain_are_scored_in_the_units_of_the_task_whatever_a_start_learned(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The start has learned one series of a hundred times the size: every arm is scored as with a start of its own."""
    rows = (place / "t.csv").read_text().splitlines()
    large = [f"{one},{100 * float(two)}" for one, two, _ in (row.split(",") for row in rows[1:])]
    (place / "large.csv").write_text("\n".join(["date,z", *large]) + "\n")
    scores = {}
    for name in ("t", "large"):
        column = {"t": "a", "large": "z"}[name]
        call(f"pretrain {name}.csv --time date --target {column} --modality series --objective pca --out p-{name}"
             " --quiet modality.horizon=6 modality.window=24 backbone.width=8", capsys)  # fmt: skip
        call(f"gain t.csv --from p-{name} {ASK} --labels 100 --seeds 2 --out g-{name} task.horizon=6", capsys)
        found = json.loads((place / f"g-{name}" / "gain.json").read_text())
        scores[name] = {cell["start"]: cell["score"] for cell in found["cells"]}
    assert scores["t"] == pytest.approx(scores["large"])


def test_evaluate_reads_series_by_name_and_in_the_scales_of_the_model(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same values with the columns in another order have the same scores."""
    rows = [row.split(",") for row in (place / "t.csv").read_text().splitlines()]
    scaled = [[one, two, three if three == "b" else str(50 * float(three))] for one, two, three in rows]
    (place / "t.csv").write_text("\n".join(",".join(row) for row in scaled) + "\n")
    (place / "turned.csv").write_text("\n".join(",".join([row[0], row[2], row[1]]) for row in scaled) + "\n")
    line = "finetune t.csv --time date --task forecast --quiet --from scratch --out m task.horizon=6 modality.window=24"
    call(line, capsys)
    one, other = (
        json.loads(call(f"evaluate m {name} --time date --split test --quiet --json", capsys).splitlines()[-1])[
            "scores"
        ]["mse"]
        for name in ("t.csv", "turned.csv")
    )
    assert one == pytest.approx(other)
