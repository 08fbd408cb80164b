"""Self-training against a probe, label propagation and training from scratch, paired over the same draws.

    python benchmarks/selftrain.py digits --out runs/selftrain
    python benchmarks/selftrain.py DATA.csv --target label --start runs/texts --backbone bag --labels 40,100

Every arm of a seed learns from the same labelled rows and answers the same test rows; `selftrain` and `spread` see the
other train rows without their labels. With --start, that model is adapted as well. `plain` is self-training as it was
before: answers surer than 0.95, whatever the share of their class.
A cell that lies in --out is not trained again. Prints a Markdown table for docs/results.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core.contracts import Task
from headstart.data.cache import open_data
from headstart.evaluation.evaluate import pick_split, scored_rows
from labels import Arm, cell, table

SELFTRAIN = {"tuning.kind": "selftrain"}
TUNINGS: Mapping[str, Mapping[str, Any]] = {
    "probe": {"tuning.kind": "probe"},
    "spread": {"tuning.kind": "spread"},
    "full": {"tuning.kind": "full"},
    "selftrain": SELFTRAIN,
    "not aligned": {**SELFTRAIN, "tuning.align": False},
    "plain": {**SELFTRAIN, "tuning.align": False, "tuning.threshold": 0.95},
}


def arms_of(start: str, backbone: Mapping[str, Any], wanted: list[str], more: Mapping[str, Any]) -> list[Arm]:
    """Those from scratch, then those of the start."""
    own = {name: value for name, value in more.items() if name.split(".")[0] != "tuning"}
    arms = [Arm("linear model on the plain input")]
    for name in ("full", "selftrain", "not aligned", "plain"):
        said = {**backbone, **TUNINGS[name], **(more if name not in ("full", "probe", "spread") else own)}
        arms.append(Arm(f"scratch + {name}", tune=said))
    if start:
        for name in ("probe", "spread", "full", "selftrain"):
            said = {**TUNINGS[name], **(more if name == "selftrain" else own)}
            arms.append(Arm(f"start + {name}", start=start, tune=said))
    return [arm for arm in arms if not wanted or arm.name in wanted]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", help="files with commas between them, a folder, or digits")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--input")
    options.add_argument("--target")
    options.add_argument("--start", default="")
    options.add_argument("--backbone", default="cnn")
    options.add_argument("--arms", default="", help="comma-separated names of arms; default: all")
    options.add_argument("--labels", default="40,100")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--rows", type=int, default=2000, help="test rows at most")
    options.add_argument("settings", nargs="*", help="key=value of every arm")
    chosen = options.parse_intermixed_args()
    said = dict(pair.split("=", 1) for pair in chosen.settings)
    more = {name: _value(text) for name, text in said.items()}
    backbone = {"backbone.kind": chosen.backbone}
    backbone |= {name: more.pop(name) for name in list(more) if name.startswith("backbone.")}
    columns = {"input": chosen.input, "target": chosen.target}
    given = [Path(one) for one in chosen.data.split(",")]
    store = open_data(
        given if len(given) > 1 else chosen.data, **{name: value for name, value in columns.items() if value}
    )
    folder = chosen.out / Path(chosen.data).stem
    rows = scored_rows(Task, store, pick_split(Task, store))[: chosen.rows]
    arms = arms_of(chosen.start, backbone, [name for name in chosen.arms.split(",") if name], more)
    budgets = [(int(count), chosen.seeds) for count in chosen.labels.split(",")]
    for count, seeds in budgets:
        for seed in range(seeds):
            for arm in arms:
                cell(arm, store, rows, count, seed, folder)
    table(folder, arms, budgets, ["start + probe", "scratch + full"])


def _value(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main()
