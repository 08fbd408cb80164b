"""Bits per byte of held-out text against size and training: does a larger language model, trained longer, guess better?

    python benchmarks/bits_per_byte.py --data PREPARED --out runs/bits --steps 300

PREPARED has a test (or valid) part. Prints a Markdown table for docs/results.md: parameters, tokens, minutes of the
machine, bits per byte on that part with a 95 % interval over packed rows; beside them what lzma needs, which has seen
nothing before. A model that lies in --out is not trained again.
"""

from __future__ import annotations

import argparse
import json
import lzma
from pathlib import Path
from typing import Any

import torch

from headstart.commands.pretrain import pretrain
from headstart.data.modalities.text.text import Text
from headstart.data.store import Store
from headstart.evaluation.held_out_loss import judge

SIZES: dict[str, dict[str, Any]] = {
    "decoder 64 x 2": {"backbone.kind": "decoder", "backbone.width": 64, "backbone.depth": 2, "backbone.heads": 1},
    "decoder 128 x 3": {"backbone.kind": "decoder", "backbone.width": 128, "backbone.depth": 3, "backbone.heads": 2},
    "decoder 256 x 4": {"backbone.kind": "decoder", "backbone.width": 256, "backbone.depth": 4, "backbone.heads": 4},
    "lstm 256, 512, 256": {"backbone.kind": "rnn"},
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=300)
    options.add_argument("--sizes", default="", help="names with a slash between; default: all of them")
    options.add_argument("--threads", type=int, default=1)
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    store = Store.open(chosen.data)
    split = "test" if "test" in store.splits else "valid"
    wanted = [name.strip() for name in chosen.sizes.split("/") if name.strip()] or list(SIZES)
    print(f"| model ({split} part) | parameters | tokens seen | minutes | bits per byte | perplexity a token |")
    print("|---|---|---|---|---|---|")
    print(f"| lzma | | | | {compressed(store, split):.2f} | |")
    for name in wanted:
        out = chosen.out / name.replace(" ", "_").replace(",", "")
        settings = {**SIZES[name], "objective.kind": "causal", "plan.steps": chosen.steps, "plan.batch": 32}
        model = pretrain(store, out=out, settings=settings)
        scores = judge(model, store, split).scores
        cost = json.loads((out / "headstart.json").read_text())["cost"]
        tokens = cost["rows"] * store.modality.spec.sizes["length"]
        bits = f"{scores['bits_per_byte']:.3f} [{scores['bits_per_byte_low']:.3f}, {scores['bits_per_byte_high']:.3f}]"
        about = f"{cost['parameters']:,} | {tokens / 1e6:.2f} M | {cost['seconds'] / 60:.1f}"
        print(f"| {name} | {about} | {bits} | {scores['perplexity']:.0f} |", flush=True)


def compressed(store: Store, split: str) -> float:
    """Bits for every byte of the part when lzma compresses it whole."""
    modality = store.modality
    assert isinstance(modality, Text)
    text = "\n".join(modality.vocabulary.texts(store.take(store.rows(split)))).encode()
    return 8 * len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)) / len(text)


if __name__ == "__main__":
    main()
