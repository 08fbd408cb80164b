"""What costs nothing: help without torch, an import without numpy, wings that only look one way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.programs import ROOT, of_children

HANG = 120.0  # seconds on the wall, however busy the machine


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANG).stdout.strip()


@pytest.mark.parametrize(
    "words", [["--help"], ["pretrain", "--help"], ["gain", "--help"], ["list", "tasks"], ["--version"], ["bad"], []]
)
def test_help_and_lists_load_no_heavy_library(words: list[str]) -> None:
    heavy = "('torch', 'numpy', 'pyarrow', 'sklearn', 'PIL', 'scipy', 'pandas')"
    code = (
        f"import sys, io; from headstart.cli import run; sys.stdout = io.StringIO(); run({words})\n"
        f"sys.__stdout__.write(str([m for m in {heavy} if m in sys.modules]))"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("words", [["--help"], ["pretrain", "--help"]])
def test_help_takes_less_than_three_tenths_of_a_second(words: list[str]) -> None:
    code = f"import sys; from headstart.cli import run; sys.exit(run({words}))"
    fastest = 10.0
    for _ in range(12):
        before = of_children()
        python(code)
        fastest = min(fastest, of_children() - before)
        if fastest < 0.3:
            return
    assert fastest < 0.3


def test_importing_headstart_imports_neither_torch_nor_numpy() -> None:
    code = "import sys, headstart; print([m for m in ('torch', 'numpy', 'typer') if m in sys.modules])"
    assert python(code) == "[]"


def test_pretraining_does_not_load_pandas(tmp_path: Path) -> None:
    data, model = str(tmp_path / "data"), str(tmp_path / "model")
    python(
        "import numpy as np, headstart as hs; x = np.random.default_rng(0).integers(0, 255, (40, 8, 8), np.uint8);"
        f"hs.prepare((x, np.arange(40) % 2), out={data!r})"
    )
    run = f"hs.pretrain({data!r}, objective='autoencoder', backbone='mlp', steps=1, out={model!r})"
    assert python(f"import sys, headstart as hs; {run}; print('pandas' in sys.modules)") == "False"


def test_every_public_name_can_be_had() -> None:
    assert python("import headstart as hs; print(all(callable(getattr(hs, name)) for name in hs.__all__))") == "True"


def test_importing_everything_changes_no_state_and_starts_no_work() -> None:
    code = """
import os, logging, pkgutil, importlib, threading, warnings
import torch, numpy, sklearn, PIL
before = (dict(os.environ), logging.root.handlers[:], threading.active_count(), torch.get_num_threads(),
          torch.initial_seed(), list(warnings.filters))
import headstart
for module in pkgutil.walk_packages(headstart.__path__, 'headstart.'):
    importlib.import_module(module.name)
after = (dict(os.environ), logging.root.handlers[:], threading.active_count(), torch.get_num_threads(),
         torch.initial_seed(), list(warnings.filters))
print([i for i in range(6) if before[i] != after[i]])
"""
    assert python(code) == "[]"


def test_wings_look_only_down_and_plugins_not_at_each_other() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("import-linter is not installed")
    told = subprocess.run([tool, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert told.returncode == 0, told.stdout
