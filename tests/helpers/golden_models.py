"""Makes the golden models of the present format: `python -m tests.helpers.golden_models tests/golden/format-1`.

Run it once for every format that is released, never again: later versions must open what earlier ones made.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

NAMES = ("pixels", "tuned", "topics")
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
    return {
        "pictures": pictures.tolist(),
        "texts": texts,
        "pixels": loaded["pixels"].embed(list(pictures)).tolist(),
        "tuned": loaded["tuned"].predict(list(pictures)),
        "topics": loaded["topics"].embed(texts).tolist(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
