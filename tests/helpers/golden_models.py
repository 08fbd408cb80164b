"""Makes the golden models of the present format: `python -m tests.helpers.golden_models tests/golden/format-1`.

Run it once for every format that is released, never again: later versions must open what earlier ones made. Those of
`masked` and `distil` in format 1 are of version 0.1.0, in which each of the two was one class with all settings.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor

PICTURES, TEXTS = ("pixels", "masked_pictures", "distil"), ("topics", "masked_texts")
NAMES = ("tuned", *PICTURES, *TEXTS)
TINY = "backbone.width=8 backbone.depth=1 backbone.heads=2"
LEFT_OUT = ("report.html", "report.json", "history.jsonl", ".lock")  # three quarters of the bytes, and no model


def main(out: Path) -> None:
    """Train the models in a temporary directory, with names that say nothing of this machine."""
    from headstart.cli import run
    from tests.helpers.sentences import sentences

    out.mkdir(parents=True)
    out = out.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEADSTART_CACHE"] = f"{folder}/cache"
        os.chdir(folder)
        texts, topics = sentences(80)
        with Path("topics.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "topic"), *zip(texts, topics, strict=True)])
        for line in (
            "pretrain digits --backbone mlp --objective autoencoder --steps 300 backbone.widths=[12] --out pixels",
            "finetune digits --from pixels --labels 200 --out tuned",
            "prepare topics.csv --out table modality.vocab=300 modality.length=24",
            "pretrain table --backbone bag --objective lsa backbone.width=4 --out topics",
            f"pretrain digits --backbone vit --objective masked --steps 200 {TINY} objective.decoder_width=8 "
            "objective.decoder_depth=1 objective.decoder_heads=2 --out masked_pictures",
            f"pretrain table --backbone encoder --objective masked --steps 200 {TINY} objective.spans=word "
            "--out masked_texts",
            "pretrain digits --backbone cnn --objective distil --steps 100 backbone.channels=[4,8] backbone.residual=0 "
            "objective.projector=[16,8] --out distil",
        ):
            assert run([*line.split(), "--quiet"]) == 0, line
        for name in NAMES:
            _thin(Path(name))
            shutil.copytree(name, out / name)
        (out / "expected.json").write_text(json.dumps(_expected(texts[:3]), indent=1) + "\n", "utf-8")


def _thin(model: Path) -> None:
    from headstart.models import artifact

    for name in LEFT_OUT:
        (model / name).unlink(missing_ok=True)
    hashes = (model / "seen.bin").read_bytes()
    (model / "seen.bin").write_bytes(hashes[: 8 * 100])  # of 1,445 rows; as many as show the format
    artifact.seal(model)


def _expected(texts: list[str]) -> dict[str, object]:
    from sklearn.datasets import load_digits

    from headstart.inference.predictor import Predictor

    pictures = load_digits().images[:3].astype("uint8") * 15
    loaded = {name: Predictor.load(name) for name in NAMES}
    inputs = {name: texts if name in TEXTS else list(pictures) for name in NAMES}
    return {
        "pictures": pictures.tolist(),
        "texts": texts,
        "tuned": loaded["tuned"].predict(list(pictures)),
        **{name: loaded[name].embed(inputs[name]).tolist() for name in (*PICTURES, *TEXTS)},
        "losses": {name: _loss(loaded[name], inputs[name]) for name in ("masked_pictures", "masked_texts", "distil")},
    }


def _loss(predictor: Predictor, inputs: list[Any]) -> float:
    """Of the objective on three rows with their first keys."""
    import torch

    trainee = predictor.trainee
    with torch.no_grad():
        return float(trainee.objective.eval()(trainee.backbone.eval(), predictor.some(inputs, 3)).loss)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
