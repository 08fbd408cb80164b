"""Public checkpoints that hear and that read sequences, from `rank` to `export`, as people use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import ContractError
from tests.helpers import sequence_checkpoints as reading
from tests.helpers import sound_checkpoints as hearing

SEQUENCES = ("esm", "dnabert")
SOUNDS = ("wav2vec2", "whisper", hearing.AST)
pytestmark = pytest.mark.filterwarnings("ignore")


def sounds(folder: Path, each: int = 20) -> Path:
    """Tones of two pitches as WAV files in class folders."""
    import soundfile

    generator = np.random.default_rng(0)
    for label, pitch in (("high", 900), ("low", 200)):
        (folder / label).mkdir(parents=True)
        for number in range(each):
            time = np.arange(int(generator.integers(2_000, 4_000))) / 8_000
            tone = 0.3 * np.sin(2 * np.pi * pitch * time) + generator.normal(0, 0.02, len(time))
            soundfile.write(folder / label / f"{number}.wav", tone, 8_000)
    return folder


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
    if kind in SOUNDS:
        hearing.hearer(kind, folder / "model")
        return sounds(folder / "data"), start
    made = reading.EVERY[kind](folder / "model")
    letters, motif = ("ACGT", "TATAAT") if made.alphabet == "dna" else ("ACDEFGHIKLMNPQRSTVWY", "WWHHCC")
    return sequences(folder / "data.csv", letters, motif), start


def answered(model: Any, data: Path) -> list[dict[str, Any]]:
    some = sorted(str(one) for one in data.rglob("*.wav"))[:3] if data.is_dir() else ["ACGTACGTACGTACGTACGTACGTACGT"]
    return model.predict(some)


@pytest.mark.parametrize(
    "kind", ["esm", *(pytest.param(one, marks=pytest.mark.slow) for one in ("dnabert", "whisper", hearing.AST))]
)
def test_a_tuned_public_network_answers_alike_when_it_is_exported(kind: str, tmp_path: Path) -> None:
    data, start = world(kind, tmp_path)
    hs.finetune(data, start=start, out=tmp_path / "run", tuning="probe")
    model = hs.load(tmp_path / "run")
    assert all(answer["label"] in model.task.answer.names for answer in answered(model, data))
    hs.export(tmp_path / "run", format="pt2", out=tmp_path / "pt2")
    assert any((tmp_path / "pt2").iterdir())
    facts = json.loads((tmp_path / "run" / "headstart.json").read_text("utf-8"))
    assert facts["lineage"][0]["name"] == start
    if kind in SOUNDS:
        with pytest.raises(ContractError, match=r"HS-C520"):
            hs.export(tmp_path / "run", format="transformers", out=tmp_path / "theirs")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*SEQUENCES, "wav2vec2", "whisper", hearing.AST])
def test_rank_tries_it_and_gain_judges_it(kind: str, tmp_path: Path) -> None:
    data, start = world(kind, tmp_path)
    ranked = hs.rank(data, [start], minutes=1, out=tmp_path / "rank")
    assert start in json.dumps(ranked.ranking, default=str)
    assert ranked.best is not None
    proof = hs.gain(data, start=start, labels=[20], seeds=2, out=tmp_path / "gain")
    assert proof.verdict in ("worth it", "not worth it", "cannot tell yet")
    assert (tmp_path / "gain" / "report.html").is_file()
