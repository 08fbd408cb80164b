"""A directory or a recipe file never makes headstart import code, unless the user says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from headstart.cli import run
from headstart.core import catalog
from headstart.core.errors import RecipeError
from headstart.core.rundir import read_facts

NETWORK = """
from pathlib import Path
from headstart.models.backbones.mlp import Mlp
Path(__file__).with_name("imported").touch()

class Net(Mlp):
    \"\"\"A network from outside.\"\"\"
"""
WORDS = ["--quiet", "--objective", "autoencoder", "--steps", "2", "backbone.widths=[4]"]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of a stranger, with a mark that shows that it was imported."""
    (tmp_path / "strange_net.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "imported"
    sys.modules.pop("strange_net", None)


def forget(mark: Path) -> None:
    sys.modules.pop("strange_net", None)
    mark.unlink()


def test_code_that_a_file_names_is_imported_only_if_the_user_says_so(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "own"
    assert (
        run(["pretrain", "digits", "--backbone", "strange_net:Net", "--out", str(out), *WORDS]) == 0
    )  # said by the user
    forget(module)
    assert any("strange_net:Net" in one for one in read_facts(out / "headstart.json")["warnings"])  # type: ignore[union-attr]
    lines = [
        ["rerun", str(out)],
        ["pretrain", "digits", "--recipe", str(out / "recipe.toml"), "--out", str(tmp_path / "again")],
        ["predict", str(out), "digits"],
        ["embed", str(out), "digits", "--out", str(tmp_path / "v.npy")],
        ["gain", "digits", "--from", str(out), "--labels", "20", "--out", str(tmp_path / "proof")],
        ["finetune", "digits", "--from", str(out), "--out", str(tmp_path / "tuned")],
        ["export", str(out), "--format", "onnx", "--out", str(tmp_path / "exported")],
    ]
    for line in lines:
        assert run([*line, "--quiet"]) == 78, line
        assert "--allow-code" in capsys.readouterr().err
        assert not module.exists(), line
    assert run([*lines[1], "--quiet", "--allow-code"]) == 0
    assert module.exists()
    forget(module)
    with pytest.raises(RecipeError, match="--allow-code"):  # it was allowed for that command alone
        catalog.load_saved("backbones", "strange_net:Net")
