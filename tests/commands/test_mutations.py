"""Scans of all single substitutions, in Python and on the command line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import headstart as hs
from headstart.core.errors import ContractError, UsageError
from tests.helpers.sentences import sentences

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
PARENT = "MQYKLILNGKTLKGETTTEAVDAATAEKVFKQ"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """W at place 5 doubles the value, D there halves it."""
    generator = np.random.default_rng(0)
    put = [generator.choice(list(some), 240) for some in ("LWDA", LETTERS, LETTERS)]
    rows = [f"{PARENT[:4]}{a}{PARENT[5:9]}{b}{PARENT[10:20]}{c}{PARENT[21:]}" for a, b, c in zip(*put, strict=True)]
    values = [{"W": 2.0, "D": 0.5}.get(row[4], 1.0) for row in rows]
    out = tmp_path_factory.mktemp("mutants") / "model"
    frame = pd.DataFrame({"sequence": rows, "fitness": values})
    data = hs.prepare(
        frame, input="sequence", target="fitness", modality="sequence", near="keep", out=out.parent / "data"
    )
    hs.finetune(data, backbone="linear", task="regress", start="scratch", out=out)
    return out


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(0)
    rows = ["".join(generator.choice(list("ACGT"), 12)) + part + "".join(generator.choice(list("ACGT"), 12))
            for part in ("TATAAT", "GCGCGC") * 80]  # fmt: skip
    frame = pd.DataFrame({"sequence": rows, "kind": ["promoter", "other"] * 80})
    out = tmp_path_factory.mktemp("kinds") / "model"
    data = hs.prepare(frame, input="sequence", target="kind", modality="sequence", near="keep", out=out.parent / "data")
    hs.finetune(data, backbone="linear", start="scratch", out=out)
    return out


def test_every_substitution_is_answered_once_with_its_place_and_its_change(model: Path) -> None:
    opened = hs.load(model)
    rows = opened.mutations(PARENT)
    assert len(rows) == len(PARENT) * (len(LETTERS) - 1)
    named = {(row["place"], row["from"], row["to"]): row for row in rows}
    assert len(named) == len(rows)
    assert named[5, "L", "W"]["change"] == pytest.approx(1.0, abs=0.2)
    assert named[5, "L", "D"]["change"] == pytest.approx(-0.5, abs=0.2)
    assert max(rows, key=lambda row: row["change"])["place"] == 5
    (own,) = opened.predict([PARENT])
    changed = opened.predict([PARENT[:4] + "W" + PARENT[5:]])[0]["value"]
    assert named[5, "L", "W"]["score"] == pytest.approx(changed, rel=1e-4)
    assert named[5, "L", "W"]["score"] - named[5, "L", "W"]["change"] == pytest.approx(own["value"], rel=1e-4)
    some = opened.mutations(PARENT, "AW")
    assert {row["to"] for row in some} == {"A", "W"}
    with pytest.raises(UsageError, match="HS-U475"):
        opened.mutations(PARENT, "A1")


def test_a_class_is_followed_by_its_probability(kinds: Path) -> None:
    text = "ACGTACGATCCA" + "TATAAT" + "CCATGACTGACT"
    rows = hs.load(kinds).mutations([text])
    assert {row["label"] for row in rows} == {"promoter"}
    assert len(rows) == 3 * len(text)
    worst = min(rows, key=lambda row: row["change"])
    assert 12 <= worst["place"] <= 19
    assert -1 <= worst["change"] < 0


def test_the_command_writes_rows_a_page_and_a_picture(
    headstart: Callable[..., Any], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(f"sequence\n{PARENT}\n{PARENT[:4]}W{PARENT[5:]}\n")
    table = tmp_path / "scan.csv"
    assert headstart("predict", model, tmp_path / "rows.csv", "--mutations", "all", "--out", table).code == 0
    with table.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 2 * 32 * 19
    assert list(found[0]) == ["origin", "place", "from", "to", "score", "change"]
    page = tmp_path / "scan.html"
    assert headstart("predict", model, tmp_path / "rows.csv", "--mutations", "all", "--out", page).code == 0
    assert "L5W" in page.read_text("utf-8")
    refused = headstart("predict", model, tmp_path / "rows.csv", "--mutations", "all", "--out", tmp_path / "scan.png")
    assert "HS-U476" in refused.err
    (tmp_path / "one.csv").write_text(f"sequence\n{PARENT}\n")
    told = headstart(
        "predict", model, tmp_path / "one.csv", "--mutations", "all", "--out", tmp_path / "scan.png", "--json"
    )
    assert told.json["rows"] == 32 * 19
    with Image.open(tmp_path / "scan.png") as picture:
        assert picture.width > 32 * 10
    assert headstart("predict", model, tmp_path / "one.csv", "--out", tmp_path / "scan.png").code == 2


def test_texts_have_no_mutations(tmp_path: Path) -> None:
    rows, topics = sentences(60)
    frame = pd.DataFrame({"text": rows, "label": [f"topic {topic}" for topic in topics]})
    hs.finetune(frame, input="text", target="label", backbone="linear", start="scratch", out=tmp_path / "m")
    with pytest.raises(ContractError, match="HS-C475"):
        hs.load(tmp_path / "m").mutations("a text")
