"""Is `gain` fooled? Starts that cannot have learned anything of use, and starts that surely have, on images and texts.

python benchmarks/gain_controls.py --data PATH --starts 5      # PATH holds fashion_mnist and sent_sst2

Without a true gain: dictionaries of noise, networks after one step, dictionaries of other pictures, topics of random
words. With one: networks that learned the task's own labels. Prints the share of "worth it" of each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs

LABELS = [20, 50]
QUIET: dict[str, Any] = {"quiet": True, "overwrite": True}


def noise(out: Path, seed: int) -> Any:
    """A dictionary of 600 pictures of noise."""
    pictures = np.random.default_rng(seed).integers(0, 256, (600, 8, 8), dtype=np.uint8)
    return hs.pretrain(pictures, out=out, backbone="dictionary", seed=seed, **QUIET)


def one_step(out: Path, seed: int) -> Any:
    """A convolutional network after one step of contrastive learning on the digits."""
    return hs.pretrain("digits", out=out, backbone="cnn", objective="contrastive", steps=1, seed=seed, **QUIET)


def others(data: Path) -> Callable[[Path, int], Any]:
    """Dictionaries of clothes brought to 8 x 8."""
    with gzip.open(data / "fashion_mnist" / "t10k-images-idx3-ubyte.gz") as file:
        clothes = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    small = clothes[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean((2, 4)).astype(np.uint8)

    def made(out: Path, seed: int) -> Any:
        rows = np.random.default_rng(seed).permutation(len(small))[:600]
        return hs.pretrain(small[rows], out=out, backbone="dictionary", seed=seed, **QUIET)

    return made


def words(out: Path, seed: int) -> Any:
    """Topics of texts of random words."""
    generator = np.random.default_rng(seed)
    known = ["".join(generator.choice(list("abcdefghijklmnop"), 5)) for _ in range(800)]
    texts = [" ".join(generator.choice(known, 12)) for _ in range(800)]
    return hs.pretrain(texts, out=out, objective="lsa", backbone="bag", seed=seed, **QUIET)


def planted(out: Path, seed: int) -> Any:
    """A network that learned the digits' own labels, on the train rows."""
    settings = {"backbone.widths": [256, 64], "augment.shift": 0}
    return hs.pretrain(
        "digits", out=out, backbone="mlp", objective="supervised", epochs=60, seed=seed, settings=settings, **QUIET
    )


def opinions(data: Path, folder: Path) -> Path:
    """2,000 sentences of SST-2 with its test part."""
    rows = []
    for part, most in (("train", 2_000), ("test", 600)):
        with gzip.open(data / "sent_sst2" / f"{part}.tsv.gz", "rt", encoding="utf-8") as file:
            lines = [line.rstrip("\n").rsplit("\t", 1) for line in file][:most]
        rows += [{"text": text, "label": label, "split": part} for text, label in lines]
    place = folder / "opinions.jsonl"
    place.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--starts", type=int, default=5, help="of each kind")
    parser.add_argument("--seeds", type=int, default=3, help="draws of labels of each proof")
    parser.add_argument("--only", help="one kind of start")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds: dict[str, tuple[Callable[[Path, int], Any], Any]] = {
            "noise": (noise, "digits"), "one step": (one_step, "digits"),
            "other pictures": (others(given.data), "digits"),
            "random words": (words, opinions(given.data, folder)), "planted": (planted, "digits"),
        }  # fmt: skip
        for kind, (start, data) in kinds.items():
            if given.only not in (None, kind):
                continue
            found: Counter[str] = Counter()
            for seed in range(given.starts):
                model = start(folder / "start", seed)
                proof = hs.gain(data, start=model, out=folder / "proof", labels=LABELS, seeds=given.seeds, **QUIET)
                found[proof.verdict] += 1
                print(f"  {kind} {seed}: {proof.sentence}", flush=True)
            print(f"{kind}: {dict(found)}", flush=True)


if __name__ == "__main__":
    main()
