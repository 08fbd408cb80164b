"""Verbs run in this process on tiny budgets, with one cache and one pretrained model for all tests of the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.cli import run
from tests.helpers.advice import misleading

TINY = ["--steps", "20", "backbone.widths=[32, 16]", "plan.batch=64"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line of stdout."""
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands") / "cache"


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(cache))


@pytest.fixture
def headstart(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run a command line, quietly."""

    def told(*words: str | Path) -> Told:
        capsys.readouterr()
        code = run([str(word) for word in words])
        said = capsys.readouterr()
        assert misleading(str(said.err), str(words[0])) == []
        return Told(code, str(said.out), str(said.err))

    return told


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A tiny autoencoder on digits."""
    path = tmp_path_factory.mktemp("models") / "pretrained"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        words = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", "--out", str(path)]
        assert run([*words, *TINY, "--quiet"]) == 0
    return path


@pytest.fixture(scope="session")
def tuned(model: Path, cache: Path) -> Path:
    """A probe of that model on 60 labels."""
    path = model.with_name("tuned")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        assert run(["finetune", "digits", "--from", str(model), "--labels", "60", "--out", str(path), "--quiet"]) == 0
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 12 PNG files of 10 x 10 in two classes, grün and "b c"."""
    folder = tmp_path_factory.mktemp("photos") / "a b"
    generator = np.random.default_rng(0)
    for i in range(12):
        place = folder / ("grün" if i % 2 else "b c")
        place.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 120, (10, 10)) + 130 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{i}.png")
    return folder
