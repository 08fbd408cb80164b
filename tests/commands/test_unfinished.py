"""A directory that is not finished says what it is and how to go on, whatever verb it is given to, as model or data."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.cli import run
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim
from tests.helpers.programs import ROOT

TUNED = str(ROOT / "tests" / "golden" / "format-1" / "tuned")
LINES = (
    "show PLACE", "show PLACE --batch", "verify PLACE", "rerun PLACE --out NEW", "report PLACE", "report PLACE PLACE",
    "predict PLACE rows.csv", "evaluate PLACE digits", "embed PLACE rows.csv --out new.npy",
    "generate PLACE --out new.png", "export PLACE --format pt2 --out NEW", "convert PLACE --out NEW",
    "finetune digits --from PLACE --out NEW", "gain digits --from PLACE --out NEW", "rank digits PLACE --out NEW",
    "auto digits --model PLACE --out NEW", "prepare PLACE --out NEW", "pretrain PLACE --out NEW",
    "finetune PLACE --out NEW", "auto PLACE --out NEW", "gain PLACE --from MODEL --out NEW", "predict MODEL PLACE",
    "evaluate MODEL PLACE", "embed MODEL PLACE --out new.npy",
)  # fmt: skip


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run that was killed at once."""
    with claim(tmp_path / "run", Recipe(verb="pretrain")):
        return tmp_path / "run"


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    """What a killed preparation or export was making."""
    place = tmp_path / "data.partial-here-1"
    place.mkdir()
    (place / "x.bin").write_bytes(b"0")
    (place / "config.json").write_text('{"model_type": "bert"}')
    return place


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("kind", "told"),
    [("begun", "an unfinished run of pretrain. fix: run the same pretrain command again"),
                       ("partial", "when it was killed. fix: run the command again: it removes this and makes data")],
    ids=["begun", "partial"],
)  # fmt: skip
def test_every_verb_names_it(
    line: str, kind: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place, named = request.getfixturevalue(kind), {"MODEL": TUNED, "NEW": str(tmp_path / "new")}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("text\na\n")
    before = sorted(str(one) for one in tmp_path.rglob("*"))
    assert run([named.get(word, word) for word in line.replace("PLACE", str(place)).split()]) == 2
    err = capsys.readouterr().err
    assert "HS-U524" in err
    assert told in err
    if line.split()[0] not in ("rank", "auto"):  # which open models once they have begun
        assert sorted(str(one) for one in tmp_path.rglob("*")) == before


def test_a_folder_of_a_user_is_not_taken_for_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipe.toml").write_text("cake = 'flour'")
    (tmp_path / "rows.csv").write_text("text,label\n" + "".join(f"word number {n},{n % 2}\n" for n in range(40)))
    assert run(["prepare", str(tmp_path / "rows.csv"), "--dry-run"]) == 0
    assert run(["prepare", str(tmp_path), "--dry-run"]) in (0, 65)
    assert "HS-U524" not in capsys.readouterr().err
