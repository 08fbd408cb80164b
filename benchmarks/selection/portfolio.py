"""Regret tables -> the prior of `rank`, and how good choices would be, leaving one data set out.

    python benchmarks/selection/portfolio.py            # prints the regrets as a Markdown table
    python benchmarks/selection/portfolio.py --write    # and writes src/headstart/selection/portfolio.json

Regret is the true loss of what is chosen, minus the least true loss of the table, in points. "Simple" always takes the
simple model, "prior" chooses by tables of other data sets alone, "probe" by the trials of solved candidates, "race" by
those of stepped ones (of all, where none was tried), "trials" by both, "all" by trials and prior. The simple model
stands for the family `linear`: it is fitted to the same features.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headstart.selection.prior import FEW, PLACE, Prior, portfolio

TABLES = Path(__file__).with_name("tables")
USUAL_SPREAD, WEIGHT = 0.25, 3  # deviation of log losses that is believed before any table, and in how many tables
WAYS = ("simple", "prior", "probe", "race", "trials", "all")


def read() -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(TABLES.glob("*.json"))]


def size(table: Mapping[str, Any]) -> str:
    return "few" if table["labels"] <= FEW else "many"


def candidates(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What can be chosen, each with its family and what was measured."""
    place = {name: number for number, name in enumerate(table["names"])}
    found = []
    for row in table["candidates"]:
        number = place.get(row["name"], place.get(row.get("full_name", ""), -1))
        family = "linear" if row["reference"] else row["family"]
        found.append({**row, "family": family, "number": number})
    return found


def priors(tables: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """For every kind of question and size, the order of families and their log losses over the best."""
    found: dict[str, dict[str, Any]] = {}
    for kind, many in sorted({(table["kind"], size(table)) for table in tables}):
        group = [candidates(table) for table in tables if (table["kind"], size(table)) == (kind, many)]
        families = sorted({row["family"] for rows in group for row in rows})
        losses = np.full((len(group), len(families)), np.nan)
        for number, rows in enumerate(group):
            for row in rows:
                losses[number, families.index(row["family"])] = max(row["truth"], 1e-4)
        best = np.nanmin(losses, 1, keepdims=True)
        logs = np.log(losses / best)
        stats = {}
        for number, family in enumerate(families):
            known = logs[np.isfinite(logs[:, number]), number]
            spread = np.sqrt(
                (np.sum((known - known.mean()) ** 2) + WEIGHT * USUAL_SPREAD**2) / (len(known) + WEIGHT - 1)
            )
            stats[family] = [round(float(known.mean()), 4), round(float(spread), 4), len(known)]
        found.setdefault(kind, {})[many] = {"order": portfolio(losses - best, families), "families": stats}
    return found


def regrets(table: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Of each way to choose, in points."""
    rows = candidates(table)
    truth = np.array([row["truth"] for row in rows])
    logs = np.array(table["log_loss"])[[row["number"] for row in rows]]
    covariance = np.array(table["covariance"])[np.ix_(*[[row["number"] for row in rows]] * 2)]
    stepped = np.array([row["stepped"] for row in rows])
    prior = Prior.of(table["kind"], table["labels"], priors(others))
    families = [row["family"] for row in rows]
    drawn = np.exp(np.random.default_rng(0).multivariate_normal(logs, covariance, 2000))
    posterior = prior.drawn(drawn, families).mean(0)
    everywhere = np.full(len(rows), np.inf)
    chosen = {
        "simple": next(number for number, row in enumerate(rows) if row["reference"]),
        "prior": int(np.argmin([prior.rank(family) for family in families])),
        "probe": int(np.argmin(np.where(stepped, everywhere, logs))),
        "race": int(np.argmin(np.where(stepped, logs, everywhere))),
        "trials": int(np.argmin(logs)), "all": int(np.argmin(posterior)),
    }  # fmt: skip
    return {way: 100 * float(truth[number] - truth.min()) for way, number in chosen.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    tables = read()
    print(f"| set | labels | candidates | best | {' | '.join(WAYS)} |\n|---|---|---|---|{'---|' * len(WAYS)}")
    every = []
    for table in tables:
        others = [other for other in tables if other["set"] != table["set"]]
        found = regrets(table, others)
        every.append([found[way] for way in WAYS])
        rows = candidates(table)
        best = min(rows, key=lambda row: row["truth"])
        shown = " | ".join(f"{found[way]:.1f}" for way in WAYS)
        named = f"{table['set']} | {table['labels']:,} | {len(rows)} | {best['family']} {1 - best['truth']:.3f}"
        print(f"| {named} | {shown} |")
    points = np.array(every)
    draws = points[np.random.default_rng(0).integers(0, len(points), (2000, len(points)))].mean(1)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    shown = " | ".join(f"{mean:.1f} [{a:.1f}, {b:.1f}]" for mean, a, b in zip(points.mean(0), low, high, strict=True))
    print(f"| mean of {len(points)} | | | | {shown} |")
    if chosen.write:
        PLACE.write_text(json.dumps(priors(tables), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
