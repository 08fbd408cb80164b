"""Trackers: each passes steps and values on to its library, and says how to install it where it is missing."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from headstart.core import catalog
from headstart.core.errors import UsageError

LIBRARY = {
    "tensorboard": "torch.utils.tensorboard",
    "mlflow": "mlflow.tracking",
    "wandb": "wandb",
    "trackio": "trackio",
}


class Recorder:
    """Stands for any library object: remembers every call, and every call gives the recorder itself."""

    experiment_id = "7"
    run_id = "run"

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.info = self

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **settings: Any) -> Recorder:
            self.calls.append((name, arguments, settings))
            return self

        return call

    def named(self, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(arguments, settings) for called, arguments, settings in self.calls if called == name]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Every tracking library, replaced by one recorder."""
    recorder = Recorder()
    for name, entry in (("torch.utils.tensorboard", "SummaryWriter"), ("mlflow.tracking", "MlflowClient")):
        module = types.ModuleType(name)
        vars(module)[entry] = vars(recorder).setdefault(entry, recorder.__getattr__(entry))
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "mlflow", types.ModuleType("mlflow"))
    for name in ("wandb", "trackio"):
        module = types.ModuleType(name)
        vars(module)["init"] = recorder.__getattr__("init")
        monkeypatch.setitem(sys.modules, name, module)
    return recorder


@pytest.fixture
def values() -> dict[str, float]:
    return {"loss": 0.5, "accuracy": 0.9}


def test_tensorboard_gets_one_scalar_a_curve(library: Recorder, values: dict[str, float], tmp_path: Path) -> None:
    tracker = catalog.load("trackers", "tensorboard")(tmp_path, name="one")
    tracker.log(3, values)
    tracker.close()
    assert library.named("SummaryWriter") == [((str(tmp_path / "headstart" / "one"),), {})]
    assert library.named("add_scalar") == [(("loss", 0.5, 3), {}), (("accuracy", 0.9, 3), {})]
    assert library.named("close") == [((), {})]


def test_mlflow_gets_one_metric_a_curve(library: Recorder, values: dict[str, float], tmp_path: Path) -> None:
    tracker = catalog.load("trackers", "mlflow")(tmp_path / "new", name="one")
    tracker.log(3, values)
    tracker.close()
    assert library.named("create_run") == [(("7",), {"run_name": "one"})]
    assert library.named("log_metric") == [(("run", "loss", 0.5), {"step": 3}), (("run", "accuracy", 0.9), {"step": 3})]
    assert library.named("set_terminated") == [(("run",), {})]


@pytest.mark.parametrize("kind", ["wandb", "trackio"])
def test_runs_get_all_values_of_a_step(library: Recorder, values: dict[str, float], tmp_path: Path, kind: str) -> None:
    tracker = catalog.load("trackers", kind)(tmp_path, project="mine", name="one")
    tracker.log(3, values)
    tracker.close()
    ((_, settings),) = library.named("init")
    assert (settings["project"], settings["name"]) == ("mine", "one")
    assert library.named("log") == [((values,), {"step": 3})]
    assert library.named("finish") == [((), {})]


@pytest.mark.parametrize("kind", sorted(LIBRARY))
def test_a_missing_library_is_named_with_its_cure(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, LIBRARY[kind], None)
    with pytest.raises(UsageError, match=rf"{kind} is not installed.*headstart\[tracking\]"):
        catalog.load("trackers", kind)(tmp_path)


def test_every_tracker_is_tested_here() -> None:
    assert catalog.kinds("trackers") == sorted(LIBRARY)
