"""Can the probabilities be believed: calibration and temperature.

Everywhere: probabilities [n, K] rows that sum to one, labels [n] the true class as 0 .. K - 1. The temperature is
fitted on rows that neither trained nor test the model.
"""

from dataclasses import dataclass

import numpy as np

_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like confidence: what the model claimed (mean confidence) and what was true (accuracy)."""

    low: float
    high: float
    confidence: float
    accuracy: float
    rows: int


def reliability_table(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> list[Bin]:
    """Claimed against true accuracy in `bins` bins of equal width; empty bins are left out."""
    confidence, hit = _confidence(probabilities, labels)
    edges = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(edges, confidence, side="right") - 1, bins - 1)  # a bin holds its lower edge
    return _table(confidence, hit, place, edges)


def equal_mass_table(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> list[Bin]:
    """Claimed against true accuracy in bins of equal numbers of rows, which do not hide sparse regions."""
    confidence, hit = _confidence(probabilities, labels)
    order = np.argsort(confidence, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) * min(bins, len(order)) // len(order)
    used = place.max() + 1
    edges = np.array([confidence[place == b].min() for b in range(used)] + [confidence.max()])
    return _table(confidence, hit, place, edges)


def calibration_error(table: list[Bin]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap of claimed and true accuracy, weighted by rows."""
    rows = sum(one.rows for one in table)
    return sum(one.rows * abs(one.confidence - one.accuracy) for one in table) / rows


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> float:
    """ECE with the usual bins of equal width (Guo et al. 2017)."""
    return calibration_error(reliability_table(probabilities, labels, bins=bins))


def calibration_floor(probabilities: np.ndarray, generator: np.random.Generator, *, bins: int = 15) -> float:
    """What the ECE would be if every probability were true, with as many rows: the gaps of few rows are luck.

    The mean over 200 draws of rights and wrongs from the confidences (Vaicenavicius et al., AISTATS 2019, section 5).
    """
    confidence = probabilities.max(1).astype(np.float64)
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    hits = generator.random((_DRAWS, len(confidence))) < confidence
    gaps = np.stack([(hits[:, place == b] - confidence[place == b]).sum(1) for b in np.unique(place)])
    return float(np.abs(gaps).sum(0).mean() / len(confidence))


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T that gives held-out rows the highest likelihood (Guo et al. 2017), within [0.05, 20]."""
    from scipy.optimize import minimize_scalar

    log_p = _log(probabilities)
    found = minimize_scalar(lambda t: _loss(log_p / np.exp(t), labels), bounds=np.log([0.05, 20.0]), method="bounded")
    temperature = float(np.exp(found.x))
    return temperature if _loss(log_p / temperature, labels) < _loss(log_p, labels) else 1.0


def _confidence(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the answer [n] and whether the answer is right [n], both float64."""
    assert len(probabilities) == len(labels) > 0, f"{len(probabilities)} rows but {len(labels)} labels"
    return probabilities.max(1).astype(np.float64), (probabilities.argmax(1) == labels).astype(np.float64)


def _table(confidence: np.ndarray, hit: np.ndarray, place: np.ndarray, edges: np.ndarray) -> list[Bin]:
    rows = np.bincount(place, minlength=len(edges) - 1)
    claimed = np.bincount(place, confidence, len(edges) - 1)
    true = np.bincount(place, hit, len(edges) - 1)
    return [
        Bin(float(edges[b]), float(edges[b + 1]), float(claimed[b] / rows[b]), float(true[b] / rows[b]), int(rows[b]))
        for b in np.flatnonzero(rows)
    ]


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities.astype(np.float64), 1e-12))


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits [n, K]."""
    from scipy.special import logsumexp

    return float(np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]))
