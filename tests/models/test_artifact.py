"""A start goes on with its own head where the objective or task is the same, whatever version saved it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from headstart.core import catalog
from headstart.core.errors import DataError, StorageError
from headstart.models.artifact import Artifact
from tests.helpers.programs import ROOT

CLASSIFY = catalog.check(catalog.load("tasks", "classify"), {"classes": ["a", "b"]}, "task")
CONTRASTIVE = catalog.check(catalog.load("objectives", "contrastive"), {"projector": (16, 8)}, "objective")


@pytest.mark.parametrize(
    ("section", "saved", "asked", "known"),
    [
        ("task", CLASSIFY, CLASSIFY, True),
        ("task", {"classes": ["a", "b"]}, CLASSIFY, True),  # saved before the other settings were there
        ("task", {"classes": ["a", "c"]}, CLASSIFY, False),
        ("task", {**CLASSIFY, "hidden": 8}, CLASSIFY, False),
        (
            "objective",
            {**CONTRASTIVE, "projector": list(CONTRASTIVE["projector"])},
            CONTRASTIVE,
            True,
        ),  # as JSON has it
        ("objective", {**CONTRASTIVE, "projector": [8, 8]}, CONTRASTIVE, False),
    ],
)
def test_a_head_is_known_by_its_kind_and_settings(
    section: str, saved: dict[str, Any], asked: dict[str, Any], known: bool
) -> None:
    kind = {"task": "classify", "objective": "contrastive"}[section]
    artifact = Artifact(Path("model"), {section: {"kind": kind, **saved}}, {}, None)
    assert artifact.knows(section, {"kind": kind, **asked}, nn.Identity()) is known
    assert not artifact.knows(section, {"kind": "regress", **asked}, nn.Identity())
    assert not artifact.knows("task" if section == "objective" else "objective", {"kind": kind}, nn.Identity())


def test_a_flipped_byte_is_noticed_when_a_model_is_opened(tmp_path: Path) -> None:
    place = shutil.copytree(ROOT / "tests" / "golden" / "format-1" / "tuned", tmp_path / "model")
    assert Artifact.open(place).sealed is not None
    content = bytearray((place / "head.safetensors").read_bytes())
    content[-1] ^= 1
    (place / "head.safetensors").write_bytes(content)
    with pytest.raises(StorageError, match=r"head\.safetensors: a file is not as it was written"):
        Artifact.open(place)


def test_files_beside_the_weights_ask_for_no_code(tmp_path: Path) -> None:
    place = shutil.copytree(ROOT / "tests" / "golden" / "format-1" / "tuned", tmp_path / "model")
    opened = Artifact.open(place)
    opened.modality()
    (place / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": "evil.Tokenizer"}}')
    with pytest.raises(DataError, match="HS-D363"):
        opened.modality()


@pytest.mark.parametrize("size", [0, -1, 1 << 24, 1.5, "8"])
def test_sizes_that_no_model_has_are_refused(size: object, tmp_path: Path) -> None:
    place = shutil.copytree(ROOT / "tests" / "golden" / "format-1" / "tuned", tmp_path / "model")
    (place / "manifest.json").unlink()
    config = json.loads((place / "config.json").read_text("utf-8"))
    Artifact.open(place)
    name = next(iter(config["headstart"]["facts"]))
    config["headstart"]["facts"][name] = size
    (place / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="HS-D355"):
        Artifact.open(place)
