"""Data and starts that are damaged or replaced before a run goes on, in its middle, or in the middle of a proof."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import ContractError, HeadstartError, StorageError
from headstart.core.rundir import read_facts
from headstart.data.cache import open_data
from headstart.evaluation import gain as proofs
from headstart.training.run.run import Run

STEPS = {"plan.steps": 8, "plan.save": 2}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = hs.prepare("digits", out=tmp_path / "data")
    return Path(store.directory)


@pytest.fixture
def start(tmp_path: Path, data: Path) -> Path:
    hs.pretrain(data, out=tmp_path / "start", backbone="linear", objective="pca")
    return tmp_path / "start"


def flip(path: Path) -> None:
    """One bit of the middle byte of a file, in its place."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], at: int = 4) -> None:
    """Do something when a run comes to this step."""
    true = Run.save

    def save(self: Run) -> None:
        if self.progress.step == at:
            act()
        true(self)

    monkeypatch.setattr(Run, "save", save)


@pytest.mark.parametrize("name", ["*.bin", "rows.parquet"])
def test_damaged_data_are_not_opened(data: Path, name: str, tmp_path: Path) -> None:
    file = next(data.glob(name))
    flip(file)
    with pytest.raises(StorageError, match=file.name):
        hs.pretrain(data, out=tmp_path / "run", backbone="mlp", objective="autoencoder", settings=STEPS)


@pytest.mark.parametrize("name", ["model.safetensors", "headstart.json"])
def test_a_damaged_start_is_not_opened(start: Path, data: Path, name: str, tmp_path: Path) -> None:
    text = (start / name).read_bytes()
    (start / name).write_bytes(text.replace(b"0", b"1") if name.endswith("json") else text[:-1] + b"\1")
    with pytest.raises(HeadstartError):
        hs.finetune(data, start=start, out=tmp_path / "run", labels=40)


def test_data_replaced_in_the_middle_of_a_run(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replaced() -> None:
        hs.prepare("digits", out=data, split="train=.5,test=.5", overwrite=True)

    in_the_middle(monkeypatch, replaced)
    with pytest.raises(ContractError, match="replaced while it was in use"):
        hs.pretrain(data, out=tmp_path / "run", backbone="mlp", objective="autoencoder", settings=STEPS)


def test_data_damaged_in_the_middle_of_a_run(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = next(data.glob("*.bin"))
    in_the_middle(monkeypatch, lambda: flip(file))
    with pytest.raises(StorageError, match=file.name):
        hs.pretrain(data, out=tmp_path / "run", backbone="mlp", objective="autoencoder", settings=STEPS)


def test_a_run_that_is_cut_off_leaves_the_finished_one_that_it_would_replace(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, words = tmp_path / "run", {"backbone": "mlp", "objective": "autoencoder", "settings": STEPS}
    hs.pretrain(data, out=out, **words)
    weights = read_facts(out / "headstart.json")["weights"]
    other = {**words, "settings": {**STEPS, "plan.steps": 9}, "overwrite": True}
    with monkeypatch.context() as patched:
        in_the_middle(patched, lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hs.pretrain(data, out=out, **other)
    assert read_facts(out / "headstart.json")["weights"] == weights
    assert hs.verify(out).files > 5
    hs.pretrain(data, out=out, **other)
    assert read_facts(out / "headstart.json")["weights"] != weights
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "run"]
    assert ".new" not in (out / "README.md").read_text() + (out / "recipe.toml").read_text()


@pytest.mark.parametrize("what", ["start", "data"])
def test_one_proof_is_about_one_start_and_one_data_set(
    what: str, start: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, trained = proofs._train, list[str]()

    def train(*words: object) -> proofs.Cell:
        cell = true(*words)  # type: ignore[arg-type]
        trained.append(cell.arm)
        if len(trained) == 2 and what == "start":
            settings = {"backbone.width": 5}
            hs.pretrain(data, out=start, backbone="linear", objective="pca", settings=settings, overwrite=True)
        if len(trained) == 2 and what == "data":
            flip(next(data.glob("*.bin")))
        return cell

    monkeypatch.setattr(proofs, "_train", train)
    with pytest.raises(HeadstartError) as caught:
        hs.gain(data, start=start, labels=[20], seeds=2, out=tmp_path / "proof")
    assert caught.value.exit_code == (78 if what == "start" else 74)
    assert len(trained) == 2
    assert len(list((tmp_path / "proof" / "cells").glob("*.json"))) == 1


def test_the_bundled_digits_are_made_again_where_others_lie_in_their_place(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    made = open_data("digits")
    true = made.hash
    flip(next(made.directory.glob("*.bin")))
    assert open_data("digits").hash == true
    shutil.rmtree(made.directory)
    hs.prepare(
        (np.random.default_rng(0).integers(0, 255, 1280, np.uint8).reshape(20, 8, 8), ["0", "1"] * 10),
        out=made.directory,
        near="keep",
    )
    assert open_data("digits").hash == true
