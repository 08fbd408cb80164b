"""Artifacts name no folder of a machine, no user and no host."""

from __future__ import annotations

import platform
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.cli import run
from headstart.core.places import near, shown

USER, HOST = "quetzalcoatl", "popocatepetl"
MARKS = (USER.encode(), HOST.encode())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a marked user on a marked machine, with pictures in it and a place to work in."""
    place = tmp_path / "home" / USER
    for label in "ab":
        folder = place / "photos" / label
        folder.mkdir(parents=True)
        for i in range(24):
            pixels = np.random.default_rng(i).integers(0, 120, (8, 8), np.uint8) + 120 * (label == "b")
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{label}{i}.png")
    (place / "photos" / "a" / "broken.png").write_bytes(b"no picture")
    (place / "work").mkdir()
    monkeypatch.chdir(place / "work")
    monkeypatch.setattr(platform, "node", lambda: HOST)
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("USER", USER)
    return place


def marked(folder: Path) -> list[str]:
    """The files that hold one of the marks, in their bytes or in their names."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = [path.relative_to(folder).as_posix() for path in files if HOST in path.name]
    return named + [
        path.relative_to(folder).as_posix() for path in files if any(mark in path.read_bytes() for mark in MARKS)
    ]


def test_names_of_places(home: Path) -> None:
    work = home / "work"
    assert near(str(work / "runs" / "a")) == str(Path("runs") / "a")
    assert near(str(home / "photos")) == str(home / "photos")
    assert shown(str(home / "photos")) == "photos"
    assert shown(f"fresh:{home / 'model'}") == "fresh:model"
    assert shown(f"../../{USER}/photos") == "photos"
    for name in ("../photos", "runs/a", "hf:org/name", "digits", "s3://bucket/key"):
        assert near(name) == shown(name) == name


def ran(*words: str) -> None:
    assert run([*words, "--quiet"]) == 0, words


def test_models_and_data_name_no_place(home: Path) -> None:
    out, photos = home / "work", str(home / "photos")
    ran("prepare", photos, "--out", f"{out}/data", "--skip-bad", "--max-bad", ".5")
    (home / "photos" / "a" / "broken.png").unlink()
    ran("finetune", photos, "--from", "scratch", "--backbone", "linear", "--out", f"{out}/tuned")
    assert marked(out) == []


@pytest.mark.slow
def test_no_verb_writes_a_place(home: Path) -> None:
    (home / "photos" / "a" / "broken.png").unlink()
    out, photos = str(home / "work"), str(home / "photos")
    ran("prepare", photos, "--out", f"{out}/data", "--near", "keep")
    ran("pretrain", photos, "--out", f"{home}/base", "--backbone", "vit", "--objective", "masked", "--steps", "2")
    base = f"{home}/base"
    teacher = ("--objective", "distil", f"objective.teacher={base}")
    ran("pretrain", photos, "--out", f"{out}/student", *teacher, "--steps", "2")
    ran("finetune", photos, "--from", base, "--tuning", "lora", "--steps", "2", "--out", f"{out}/tuned")
    ran("finetune", photos, "--from", base, "--tuning", "probe", "--out", f"{out}/probed")
    ran("evaluate", f"{out}/tuned", f"{out}/data", "--out", f"{out}/scores")
    ran("predict", f"{out}/tuned", photos, "--out", f"{out}/answers.jsonl")
    ran("predict", f"{out}/tuned", f"{photos}/a/a1.png", "--out", f"{out}/answers.csv")
    ran("embed", f"{out}/tuned", photos, "--out", f"{out}/vectors.parquet")
    ran("embed", base, photos, "--query", f"{photos}/a/a1.png", "--out", f"{out}/near.jsonl")
    ran("gain", photos, "--from", base, "--labels", "10", "--seeds", "2", "--tuning", "probe", "--out", f"{out}/gain")
    ran("rank", photos, base, "--minutes", ".1", "--out", f"{out}/rank")
    ran("auto", photos, "--model", base, "--minutes", ".2", "--out", f"{out}/auto")
    ran("report", f"{out}/tuned", f"{out}/probed", "--out", f"{out}/compared")
    for form in ("transformers", "pt2"):
        ran("export", f"{out}/tuned", "--format", form, "--out", f"{out}/as-{form}")
    ran("rerun", f"{out}/probed", "--out", f"{out}/again", f"data.source={photos}", f"start={base}")
    assert marked(home / "work") + marked(home / "base") == []
    ran("finetune", photos, "--from", base, "--tuning", "probe", "--keep-paths", "--out", f"{out}/kept")
    assert "kept/recipe.toml" in marked(home / "work")


def test_rerun_says_what_is_not_here(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "photos" / "a" / "broken.png").unlink()
    photos = str(home / "photos")
    ran("finetune", photos, "--from", "scratch", "--backbone", "linear", "--out", "tuned")
    assert run(["rerun", "tuned"]) == 2
    assert "headstart rerun tuned data.source=PATH" in capsys.readouterr().err
    ran("rerun", "tuned", f"data.source={photos}")
    (home / "photos").rename(home / "work" / "photos")
    ran("rerun", "tuned", "--out", "third")
