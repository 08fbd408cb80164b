"""generate for models of pictures: sheets of new pictures, of reconstructions and of ways; and the report with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.cli import run

Headstart = Callable[..., Any]


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A tiny variational autoencoder of digits."""
    path = tmp_path_factory.mktemp("painters") / "painter"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        words = ["pretrain", "digits", "--objective", "vae", "--steps", "60", "backbone.widths=[32, 16]", "--quiet"]
        assert run([*words, "--device", "cpu", "--out", str(path)]) == 0
    return path


def seen(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.copy()


def test_a_sheet_of_new_pictures_is_large_enough_to_see(headstart: Headstart, painter: Path, tmp_path: Path) -> None:
    told = headstart("generate", painter, "--n", "10", "--seed", "2", "--out", tmp_path / "a" / "new.png", "--json")
    assert told.code == 0
    assert told.json["command"] == "generate"
    assert told.json["pictures"] == 10
    assert told.json["enlarged"] == 9
    assert seen(tmp_path / "a" / "new.png").size == (4 * (72 + 2) + 2, 3 * (72 + 2) + 2)
    again = tmp_path / "again.png"
    assert headstart("generate", painter, "--n", "10", "--seed", "2", "--out", again).code == 0
    assert again.read_bytes() == (tmp_path / "a" / "new.png").read_bytes()
    assert headstart("generate", painter, "--out", again, "--json").json["pictures"] == 64


def test_pictures_are_painted_again_and_the_way_between_them(
    headstart: Headstart, painter: Path, photos: Path, tmp_path: Path
) -> None:
    files = sorted(photos.rglob("*.png"))[:3]
    out = tmp_path / "s.png"
    like = [word for file in files for word in ("--like", file)]
    told = headstart("generate", painter, *like, "--out", out, "--json")
    assert told.code == 0
    assert told.json["pictures"] == 6
    assert seen(out).size == (4 * 74 + 2, 2 * 74 + 2)
    assert headstart("generate", painter, "--like", "digits", "--n", "7", "--out", out, "--json").json["pictures"] == 14
    between = [word for file in files for word in ("--between", file)]
    told = headstart("generate", painter, *between, "--n", "5", "--out", out, "--json")
    assert told.json["pictures"] == 2 * (5 + 2)
    sheet = np.asarray(seen(out))
    assert sheet.shape == (2 * 74 + 2, 7 * 74 + 2)
    assert np.array_equal(sheet[2:74, 6 * 74 + 2 : 7 * 74], sheet[76:148, 2:74])  # one ends where the next begins


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(["--out", "t.txt"], 2, "FILE.png"), (["--out", "t.gif"], 2, "HS-U570"),
     (["--out", "t.png", "--prompt", "a cat"], 2, "--like FILE"), (["--out", "t.png", "--top-k", "3"], 2, "HS-U552"),
     (["--out", "t.png", "--n", "0"], 2, "--n"), (["--out", "t.png", "--between", "digits", "--n", "1"], 2, "--n"),
     (["--out", "t.png", "--like", "digits", "--between", "digits"], 2, "one of them"),
     (["--out", "t.png", "--like", "nowhere.png"], 2, "nowhere.png")],
    ids=["texts", "kind", "prompt", "tokens", "none", "step", "both", "missing"],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    headstart: Headstart, painter: Path, words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    words = [str(tmp_path / word) if word.startswith("t.") else word for word in words]
    told = headstart("generate", painter, *words)
    assert told.code == code
    assert said in told.err
    assert told.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_model_that_cannot_draw_says_what_can(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    told = headstart("generate", model, "--out", tmp_path / "t.png")
    assert told.code == 78
    assert "HS-C149" in told.err
    assert "--objective aae, ali or vae" in told.err
    assert headstart("generate", model, "--like", "digits", "--n", "4", "--out", tmp_path / "t.png").code == 0


def test_the_report_shows_reconstructions_and_new_pictures(painter: Path) -> None:
    page = (painter / "report.html").read_text("utf-8")
    assert "Held-out rows" in page
    assert "reconstruction" in page
    assert "Drawn anew" in page
