"""Scores of classes as numbers, of any choice of rows: an interval asks for hundreds of them."""

from __future__ import annotations

import numpy as np


def of_classes(truth: np.ndarray, said: np.ndarray, second: np.ndarray | None) -> dict[str, float]:
    """Accuracy and macro F1; of two classes that both occur also AUC, KS and Matthews' correlation.

    truth int [n], numbers of classes, those that training never saw below 0 (their F1 is 0, and counts in the mean);
    said int [n]; `second` float [n], the probability of the second of two classes.
    """
    hits, size = truth == said, int(max(truth.max(initial=0), said.max(initial=0))) + 1
    known = truth >= 0
    wanted, told = (np.bincount(one, minlength=size) for one in (truth[known], said))
    right = np.bincount(truth[hits], minlength=size)
    present, unseen = wanted > 0, len(np.unique(truth[~known]))
    each = 2 * right[present] / (wanted + told)[present]
    scores = {"accuracy": float(hits.mean()), "macro_f1": float(each.sum() / (present.sum() + unseen))}
    if second is not None and known.all() and present[:2].sum() == 2:
        scores |= {
            "auc": area(truth == 1, second),
            "ks": apart(truth == 1, second),
            "mcc": correlation(truth == 1, said == 1),
        }
    return scores


def of_labels(truth: np.ndarray, said: np.ndarray, hits: np.ndarray) -> dict[str, float]:
    """Share of rows with exactly the right labels, macro and micro F1. truth, said bool [n, K]; hits [n]."""
    right, wanted = (truth & said).sum(0), truth.sum(0) + said.sum(0)  # [K]
    return {
        "accuracy": float(hits.mean()),
        "macro_f1": float((2 * right / np.maximum(wanted, 1)).mean()),
        "micro_f1": float(2 * right.sum() / max(1, wanted.sum())),
    }


def of_unknown(outside: np.ndarray, right: np.ndarray, doubt: np.ndarray) -> dict[str, float]:
    """Of rows of known classes and of those of none (`outside`), as far as there are both. bool and float [n] each."""
    found = dict[str, float]()
    if not outside.all():
        found["known_accuracy"] = float(right[~outside].mean())
    if outside.any():
        found["unknown_recall"] = float(right[outside].mean())
    return {**found, "unknown_auc": area(outside, doubt)} if len(found) == 2 else found


def area(positive: np.ndarray, score: np.ndarray) -> float:
    """The area under the ROC curve: how often a row of the class scores above another one, ties half.

    positive bool [n], of which some are and some are not; score float [n].
    """
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # from 1, the mean of equal ones
    many, others = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - many * (many + 1) / 2) / (many * others))


def apart(positive: np.ndarray, score: np.ndarray) -> float:
    """The Kolmogorov-Smirnov statistic: how far the two distributions of scores are apart where they are most.

    positive bool [n], of which some are and some are not; score float [n].
    """
    _, place = np.unique(score, return_inverse=True)
    of, size = (place[positive], place[~positive]), int(place.max()) + 1
    one, other = (np.cumsum(np.bincount(each, minlength=size)) / len(each) for each in of)
    return float(np.abs(one - other).max())


def correlation(truth: np.ndarray, said: np.ndarray) -> float:
    """Matthews' correlation of two classes, 0 where all answers are one. bool [n] each."""
    a, b = truth.mean(), said.mean()
    spread = np.sqrt(a * (1 - a) * b * (1 - b))
    return float(((truth & said).mean() - a * b) / spread) if spread > 0 else 0.0
