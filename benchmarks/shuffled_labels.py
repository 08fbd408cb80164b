"""How often labels are said to look random: true ones, and the same shuffled.

python benchmarks/shuffled_labels.py DATA [DATA...] [--draws 30]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from headstart.data.cache import open_data
from headstart.evaluation.shuffled_labels import SURE
from headstart.training.linear.permutation import p_value

LABELS = (50, 100, 500)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="+")
    parser.add_argument("--draws", type=int, default=30)
    asked = parser.parse_args()
    for name in asked.data:
        store = open_data(name)
        rows = store.rows("train")
        for labels in LABELS:
            told, began = {"true": [], "shuffled": []}, time.process_time()
            for draw in range(asked.draws):
                generator = np.random.default_rng(draw)
                some = np.sort(generator.permutation(rows)[:labels])
                columns = store.take(some)
                features = store.modality.baseline_features(columns, columns)[0]
                _, numbers = np.unique([str(label) for label in store.labels_of(some)], return_inverse=True)
                for which, order in (("true", np.arange(len(some))), ("shuffled", generator.permutation(len(some)))):
                    answers = np.eye(numbers.max() + 1)[numbers[order]]
                    told[which].append(p_value(features, answers, np.random.default_rng(draw)) > SURE)
            each = (time.process_time() - began) / (2 * asked.draws)
            shares = " ".join(f"{which} {np.mean(found):.2f}" for which, found in told.items())
            print(f"{name}, {labels} labels: said of {shares}; {each:.2f} s of one core each", flush=True)


if __name__ == "__main__":
    main()
