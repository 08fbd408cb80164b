"""Chronos-Bolt: the numbers of its own library, any horizon, bands that hold, and words where a config is odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.errors import ContractError, DataError
from headstart.models.public.hub import open_checkpoint
from headstart.training.tasks.forecast.forecast import NETWORK
from tests.helpers import chronos_checkpoints as chronos

ABOVE = 0.6


def series(length: int = 900, seed: int = 0) -> np.ndarray:
    """Noise that rises by one deviation in 40 steps, so that what comes lies above the mean of a window."""
    noise = np.random.default_rng(seed).standard_normal(length)
    return noise + np.arange(length) / 40


def write_table(place: Path, values: np.ndarray) -> str:
    rows = "\n".join(f"{step},{value:.5f}" for step, value in enumerate(values))
    place.write_text(f"time,load\n{rows}\n", "utf-8")
    return str(place)


def tuned(tmp_path: Path, start: Path, out: str, settings: dict[str, Any] | None = None, **more: Any) -> Any:
    table = write_table(tmp_path / "t.csv", series())
    return hs.finetune(table, out=tmp_path / out, start=f"hf:{start}", task="forecast", time="time", target="load",
                       settings={"modality.window": 40, "task.horizon": 4, **(settings or {})}, **more)  # fmt: skip


def windows(rows: int = 3, length: int = 50) -> torch.Tensor:
    generator = np.random.default_rng(1)
    return torch.from_numpy(generator.standard_normal((rows, length)).cumsum(1) * 100 + 5).float()


@pytest.mark.filterwarnings("ignore:We recommend keeping prediction length")
@pytest.mark.parametrize("steps", [3, 8, 20])
@pytest.mark.parametrize("length", [50, 64, 90, 3])
def test_quantiles_are_those_of_its_own_library(tmp_path: Path, steps: int, length: int) -> None:
    library = pytest.importorskip("chronos", reason="chronos-forecasting is not installed")
    from chronos.chronos_bolt import ChronosBoltModelForForecasting  # pyright: ignore[reportMissingImports]
    from transformers import T5Config

    torch.manual_seed(0)
    settings = T5Config(**{name: value for name, value in chronos.config().items() if name != "architectures"})
    ChronosBoltModelForForecasting(settings).save_pretrained(tmp_path)
    theirs = library.BaseChronosPipeline.from_pretrained(str(tmp_path)).predict(windows(length=length), steps)
    ours = open_checkpoint(f"hf:{tmp_path}").backbone().eval()
    assert ours.ahead is not None
    with torch.no_grad():
        found = ours.ahead({"x": windows(length=length)[:, None, None]}, steps, chronos.LEVELS)
    assert found.shape == (3, len(chronos.LEVELS), steps)
    torch.testing.assert_close(found, theirs, rtol=1e-4, atol=1e-2)


def test_a_model_directory_opens_with_its_own_library(tmp_path: Path) -> None:
    library = pytest.importorskip("chronos", reason="chronos-forecasting is not installed")
    chronos.write(tmp_path / "c")
    tuned(tmp_path, tmp_path / "c", "m")
    theirs = library.BaseChronosPipeline.from_pretrained(str(tmp_path / "m")).predict(windows(), 8)
    first = library.BaseChronosPipeline.from_pretrained(str(tmp_path / "c")).predict(windows(), 8)
    torch.testing.assert_close(theirs, first)


def test_a_forecast_goes_along_with_level_and_unit_of_a_series(tmp_path: Path) -> None:
    net = chronos.write(tmp_path)
    with torch.no_grad():
        one, other = net(windows(), 20), net(windows() * 7 - 1000, 20)
    torch.testing.assert_close(other, one * 7 - 1000, rtol=1e-3, atol=0.5)


def test_levels_between_those_it_says_are_interpolated(tmp_path: Path) -> None:
    chronos.write(tmp_path)
    backbone = open_checkpoint(f"hf:{tmp_path}").backbone().eval()
    assert backbone.ahead is not None
    with torch.no_grad():
        low, middle, high, beyond, last = backbone.ahead(
            {"x": windows()[:, None, None]}, 5, (0.2, 0.25, 0.3, 0.95, 0.9)
        ).unbind(1)
    torch.testing.assert_close(middle, (low + high) / 2)
    torch.testing.assert_close(beyond, last)


def test_what_it_says_about_itself(tmp_path: Path) -> None:
    chronos.write(tmp_path)
    checkpoint = open_checkpoint(f"hf:{tmp_path}")
    assert checkpoint.config["modality"]["kind"] == checkpoint.facts["data"]["modality"] == "series"
    assert checkpoint.any_form
    vectors = hs.embed(f"hf:{tmp_path}", [series(300), series(40)])
    assert np.asarray(vectors).shape == (2, 2 * chronos.SETTINGS["d_model"])


def test_the_network_answers_where_it_is_best_and_its_bands_hold(tmp_path: Path) -> None:
    chronos.write_constant(tmp_path / "c", ABOVE, 0.5)  # its own quantiles are too narrow
    run = tuned(tmp_path, tmp_path / "c", "m")
    assert run.scores["mse"] < run.scores["window_mean_mse"]
    model = hs.load(tmp_path / "m")
    assert model.task.who == NETWORK
    assert 0.84 < run.scores["coverage"] < 0.96
    again = hs.load(tmp_path / "m").predict(str(tmp_path / "t.csv"))
    said = model.predict(str(tmp_path / "t.csv"))
    assert again == said
    last = series()[-40:]
    assert said[0]["forecast"] == pytest.approx(last.mean() + ABOVE * last.std(), abs=1e-3)
    assert said[0]["low"] < said[0]["forecast"] < said[0]["high"]


def test_any_answer_can_be_asked_for_and_another_network_has_none(tmp_path: Path) -> None:
    chronos.write_constant(tmp_path / "c", 5.0, 1.0)
    best = tuned(tmp_path, tmp_path / "c", "auto").scores["mse"]
    assert hs.load(tmp_path / "auto").task.who != NETWORK
    assert tuned(tmp_path, tmp_path / "c", "m", {"task.answers": "network"}).scores["mse"] > 3 * best
    asked = {"modality.window": 40, "task.horizon": 4, "task.answers": "network"}
    with pytest.raises(ContractError, match="HS-C852"):
        hs.finetune(str(tmp_path / "t.csv"), out=tmp_path / "n", start="scratch", task="forecast", time="time",
                    target="load", settings=asked)  # fmt: skip


def test_what_cannot_be_exported_is_told(tmp_path: Path) -> None:
    chronos.write(tmp_path / "c")
    tuned(tmp_path, tmp_path / "c", "m")
    with pytest.raises(ContractError, match="HS-C856"):
        hs.export(tmp_path / "m", format="transformers", out=tmp_path / "e")


def test_full_tuning_begins_with_what_the_network_says(tmp_path: Path) -> None:
    chronos.write_constant(tmp_path / "c", ABOVE, 0.5)
    steps = {"plan.epochs": 1, "plan.lr": 1e-9, "task.answers": "model"}
    run = tuned(tmp_path, tmp_path / "c", "m", steps, tuning="full")
    said = hs.load(tmp_path / "m").predict(str(tmp_path / "t.csv"))
    last = series()[-40:]
    assert said[0]["forecast"] == pytest.approx(last.mean() + ABOVE * last.std(), abs=0.01)
    assert run.scores["mse"] < run.scores["window_mean_mse"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"architectures": ["T5ForConditionalGeneration"]}, "850"),
        ({"architectures": ["Chronos2Model"]}, "850"),
        ({"chronos_config": 3}, "851"),
        ({"chronos_config": {**chronos.FORM, "context_length": 1 << 40}}, "851"),
        ({"chronos_config": {**chronos.FORM, "quantiles": []}}, "851"),
        ({"chronos_config": {**chronos.FORM, "quantiles": [0.9, 0.1]}}, "851"),
        ({"chronos_config": {**chronos.FORM, "quantiles": [0.5, 2.0]}}, "851"),
        ({"chronos_config": {**chronos.FORM, "use_reg_token": "yes"}}, "851"),
        ({"d_model": 24}, "365"),
        ({"num_layers": 3}, "365"),
        ({"d_ff": 1 << 22}, "378"),
    ],
)
def test_an_odd_config_is_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    chronos.write(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**chronos.config(), **change}), "utf-8")
    with pytest.raises(DataError, match=f"HS-D{code}"):
        open_checkpoint(f"hf:{tmp_path}").backbone()


def test_missing_weights_are_told(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    chronos.write(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["shared.weight"]
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="HS-D365"):
        open_checkpoint(f"hf:{tmp_path}").backbone()
