"""Public checkpoints that read sequences, from `finetune` to `export`, as people use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from tests.helpers import sequence_checkpoints as reading

pytestmark = pytest.mark.filterwarnings("ignore")


def sequences(path: Path, letters: str, motif: str, rows: int = 60) -> Path:
    """Random sequences of two classes, one of which has a motif."""
    generator, lines = np.random.default_rng(0), ["sequence,label"]
    for number in range(rows):
        text = "".join(generator.choice([*letters], 40))
        lines.append(f"{text[:10]}{motif}{text[16:]},yes" if number % 2 else f"{text},no")
    path.write_text("\n".join(lines), "utf-8")
    return path


def world(kind: str, folder: Path) -> tuple[Path, str]:
    """Data with two classes, and the checkpoint that reads them."""
    (folder / "model").mkdir()
    start = f"hf:{folder / 'model'}"
    made = reading.EVERY[kind](folder / "model")
    letters, motif = ("ACGT", "TATAAT") if made.alphabet == "dna" else ("ACDEFGHIKLMNPQRSTVWY", "WWHHCC")
    return sequences(folder / "data.csv", letters, motif), start


def answered(model: Any, data: Path) -> list[dict[str, Any]]:
    return model.predict([line.split(",")[0] for line in data.read_text("utf-8").splitlines()[1:4]])


@pytest.mark.parametrize("kind", ["esm"])
def test_a_tuned_public_network_answers_alike_when_it_is_exported(kind: str, tmp_path: Path) -> None:
    data, start = world(kind, tmp_path)
    hs.finetune(data, start=start, out=tmp_path / "run", tuning="probe")
    model = hs.load(tmp_path / "run")
    assert all(answer["label"] in model.task.answer.names for answer in answered(model, data))
    hs.export(tmp_path / "run", format="pt2", out=tmp_path / "pt2")
    assert any((tmp_path / "pt2").iterdir())
    facts = json.loads((tmp_path / "run" / "headstart.json").read_text("utf-8"))
    assert facts["lineage"][0]["name"] == start
