"""`headstart verify` finds every single changed byte in prepared data, a model and a proof, and none where none is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import numpy as np
import pytest

from headstart.cli import run
from headstart.core import files
from headstart.data.prepare import prepare

many = pytest.mark.parametrize("changes", [20, pytest.param(100, marks=pytest.mark.slow)])
KINDS = ("prepared", "model", "gain")


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One of each kind, tiny."""
    place = tmp_path_factory.mktemp("sealed")
    pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    prepare((pixels, np.arange(60) % 2), place / "prepared")
    data, model, gain = (str(place / name) for name in KINDS)
    plan = ["--quiet", "plan.batch=16"]
    train = ["pretrain", data, "--backbone", "mlp", "--objective", "autoencoder", "--steps", "4", "--out", model]
    prove = ["gain", data, "--from", model, "--labels", "10", "--seeds", "2", "--tuning", "probe", "--out", gain]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        assert run([*train, "backbone.widths=[16, 8]", *plan]) == 0
        assert run([*prove, "--quiet"]) == 0
    return {name: place / name for name in KINDS}


def changed_byte(folder: Path, random: Random) -> tuple[Path, Callable[[], object]]:
    """Flip one bit of one byte of one listed file; what to call to put it back."""
    there = [folder / name for name in sorted(files._there(folder)) if (folder / name).stat().st_size]
    path = random.choice([*there, folder / files.MANIFEST])
    content, about = path.read_bytes(), path.stat()
    place = random.randrange(len(content))
    made = bytearray(content)
    made[place] ^= 1 << random.randrange(8)
    path.write_bytes(made)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))  # dates give nothing away
    return path, lambda: path.write_bytes(content)


def found(folder: Path, changes: int, capsys: pytest.CaptureFixture[str]) -> int:
    """Of so many changes, how many are found, with the exit code of a checksum and one line."""
    random, count = Random(folder.name), 0
    for _ in range(changes):
        _, restore = changed_byte(folder, random)
        capsys.readouterr()
        code = run(["verify", str(folder)])
        said = capsys.readouterr().err
        count += code == 74 and said.startswith("error[HS-I310]") and said.count("\n") == 1
        restore()
    return count


@many
@pytest.mark.parametrize("kind", KINDS)
def test_every_changed_byte_is_found_and_a_whole_directory_passes(
    kind: str, changes: int, directories: Mapping[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / kind
    shutil.copytree(directories[kind], copy)
    assert run(["verify", str(copy)]) == 0
    assert found(copy, changes, capsys) == changes
    assert run(["verify", str(copy)]) == 0


@many
def test_without_digests_not_one_change_is_found(
    changes: int, directories: Mapping[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    copy = tmp_path / "prepared"
    shutil.copytree(directories["prepared"], copy)
    monkeypatch.setattr(files, "changed_files", lambda folder: (len(files._there(folder)), []))
    assert found(copy, changes, capsys) == 0
