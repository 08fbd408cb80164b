"""Can the probabilities be believed: calibration, temperature, conformal sets and abstention.

Everywhere: probabilities [n, K] rows that sum to one, labels [n] the true class as 0 .. K - 1. Temperature and the
conformal threshold are fitted on rows that neither trained nor test the model.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like confidence: what the model claimed (mean confidence) and what was true (accuracy)."""

    low: float
    high: float
    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True, slots=True)
class Conformal:
    """Prediction sets on new rows: the promised coverage, the coverage seen, and how many classes a set holds."""

    threshold: float
    promised: float
    coverage: float
    mean_size: float
    empty_share: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """Accuracy on the most confident rows when the rest is left to people: each array [points], coverage falling."""

    coverage: np.ndarray
    accuracy: np.ndarray
    confidence: np.ndarray


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


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T that gives held-out rows the highest likelihood (Guo et al. 2017), within [0.05, 20].

    Logits serve as well as probabilities: pass `softmax(logits)`.
    """
    from scipy.optimize import minimize_scalar

    log_p = _log(probabilities)
    found = minimize_scalar(lambda t: _loss(log_p / np.exp(t), labels), bounds=np.log([0.05, 20.0]), method="bounded")
    temperature = float(np.exp(found.x))
    return temperature if _loss(log_p / temperature, labels) < _loss(log_p, labels) else 1.0


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Softer (T > 1) or sharper (T < 1) probabilities, [n, K]; the order of classes stays."""
    return softmax(_log(probabilities) / temperature)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits [n, K] -> probabilities [n, K]."""
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def conformal_threshold(probabilities: np.ndarray, labels: np.ndarray, *, miss: float = 0.1) -> float:
    """The probability above which a class enters a row's set, so that sets miss the truth at most `miss` of the time.

    Split conformal prediction with score 1 - p(true class) (Sadinle, Lei and Wasserman 2019). Holds for any model if
    the held-out rows are exchangeable with the new ones. Too few held-out rows (n < 1/miss - 1) give 0: every class.
    """
    n = len(labels)
    rank = int(np.ceil((n + 1) * (1 - miss) - 1e-9))  # 1-based; the + 1 counts the new row itself
    if rank > n:
        return 0.0
    scores = 1 - probabilities[np.arange(n), labels]
    return float(1 - np.partition(scores, rank - 1)[rank - 1])


def conformal_sets(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Which classes are in each row's set, [n, K] bool."""
    return probabilities >= threshold - 1e-12  # 1 - (1 - p) may be a rounding above p


def conformal(probabilities: np.ndarray, labels: np.ndarray, threshold: float, *, miss: float = 0.1) -> Conformal:
    """How prediction sets do on test rows."""
    sets = conformal_sets(probabilities, threshold)
    sizes = sets.sum(1)
    held = float(sets[np.arange(len(labels)), labels].mean())
    return Conformal(threshold, 1 - miss, held, float(sizes.mean()), float((sizes == 0).mean()))


def abstention_curve(probabilities: np.ndarray, labels: np.ndarray, *, points: int = 20) -> Abstention:
    """Accuracy against the share of rows answered, most confident first (El-Yaniv and Wiener 2010)."""
    confidence, hit = _confidence(probabilities, labels)
    order = np.argsort(-confidence, kind="stable")
    running = np.cumsum(hit[order]) / np.arange(1, len(order) + 1)
    kept = np.unique(np.ceil(np.linspace(1 / points, 1, points) * len(order)).astype(int))[::-1]  # rows answered
    return Abstention(kept / len(order), running[kept - 1], confidence[order][kept - 1])


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
