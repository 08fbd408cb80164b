"""--dry-run of every verb that reads data: how they are read, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headstart.commands import names
from headstart.commands.common import verbs
from tests.helpers.made import table

Headstart = Callable[..., Any]
ROWS = [
    [n, f"the {word} is broken today", team] for n, (word, team) in enumerate([("disk", "hw"), ("wifi", "net")] * 4)
]
READING = [name for name in names() if {"data", "inputs"} & set(verbs.load(name).takes) and name != "rollout"]
# rollout reads what a model that acts has seen demonstrated: tests/evaluation/test_rollouts.py
OF_MODELS = ("evaluate", "explain", "predict", "embed")


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return table(tmp_path / "tickets.csv", ["id", "ticket", "team"], ROWS)


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("verb", [name for name in READING if name not in OF_MODELS])
def test_every_verb_says_how_it_would_read_a_table(
    headstart: Headstart, verb: str, tickets: Path, empty_cache: Path
) -> None:
    told = headstart(verb, tickets, "--target", "team", "--dry-run", "--json")
    assert (told.code, told.json["command"], told.json["out"]) == (0, verb, None)
    assert told.json["used"][-1].startswith("column team as label")
    assert told.json["unused"] == ["column id"]
    assert not empty_cache.exists() or not list(empty_cache.iterdir())


@pytest.mark.parametrize("verb", [name for name in READING if name not in OF_MODELS])
def test_the_digits_are_read_alike_by_every_verb(headstart: Headstart, verb: str, empty_cache: Path) -> None:
    told = headstart(verb, "digits", "--dry-run")
    assert told.out == "took array as image, the array beside array as label\n"


def test_a_model_reads_what_it_learned_from(headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path) -> None:
    for verb in OF_MODELS:
        told = headstart(verb, tuned, photos, "--dry-run")
        assert told.out.startswith("took 12 data files as image")
    one = next(photos.rglob("*.png"))
    assert "as image" in headstart("predict", tuned, one, "--dry-run", "--out", tmp_path / "a.csv").out
    assert not (tmp_path / "a.csv").exists()


def test_a_start_and_parts_are_read_too(headstart: Headstart, model: Path, photos: Path) -> None:
    told = headstart("finetune", "--train", photos, "--test", photos, "--from", model, "--dry-run")
    assert (told.code, told.out) == (0, told.out)
    assert "2 class folders" in told.out
    assert headstart("finetune", photos, "--from", "auto", "--dry-run").code == 0


def test_prepared_data_are_told_with_their_counts(headstart: Headstart, tmp_path: Path) -> None:
    assert headstart("prepare", "digits", "--out", tmp_path / "d", "--quiet").code == 0
    told = headstart("gain", tmp_path / "d", "--dry-run")
    assert told.out.startswith("took 1,797 prepared rows of kind image (1,445 train, 158 valid, 194 test), array as")
    refused = headstart("gain", tmp_path / "d", "--target", "x", "--dry-run")
    assert (refused.code, "HS-U305" in refused.err) == (2, True)


def test_what_cannot_be_read_is_refused_as_by_the_verb(headstart: Headstart, tickets: Path) -> None:
    told = headstart("auto", tickets, "--target", "teem", "--dry-run")
    assert (told.code, "did you mean 'team'" in told.err) == (65, True)
    assert headstart("pretrain", "nothing-here", "--dry-run").code == 2


def test_without_a_dry_run_the_place_of_the_result_is_needed(headstart: Headstart, tickets: Path) -> None:
    told = headstart("pretrain", tickets)
    assert (told.code, "--out" in told.err) == (2, True)
