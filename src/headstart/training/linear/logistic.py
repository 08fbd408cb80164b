"""Multinomial logistic regression in the features' own precision."""

from collections.abc import Sequence

import numpy as np

from headstart.core.contracts import Plain


def fit_logistic(
    rows: Plain, y: np.ndarray, strength: float, start: np.ndarray | None = None, *, iterations: int = 100
) -> np.ndarray:
    """Weights [r + 1, K], the bias last, for rows [n, r] of length about 1 and class numbers y [n], by L-BFGS.

    Least mean log loss + |weights|^2 / (2 * strength * n): `strength` is scikit-learn's C. Goes on from `start`. The
    weights that L-BFGS moves are float64, and scikit-learn multiplies the rows with them as they are, which copies all
    rows to float64 at every step.
    """
    from scipy.optimize import minimize

    n, width = rows.shape  # pyright: ignore[reportGeneralTypeIssues] - a sparse matrix always has a shape
    classes = int(y.max()) + 1
    truth = (np.arange(n), y)

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(width + 1, classes)
        logits = rows @ weights[:-1].astype(rows.dtype) + weights[-1].astype(rows.dtype)  # [n, K]
        logits -= logits.max(1, keepdims=True)
        shares = np.exp(logits)
        sums = shares.sum(1, keepdims=True)
        loss = float((np.log(sums[:, 0]) - logits[truth]).mean(dtype=np.float64))
        shares /= sums
        shares[truth] -= 1
        gradient = np.empty_like(weights)
        gradient[:-1] = rows.T @ shares / n + weights[:-1] / (strength * n)
        gradient[-1] = shares.mean(0, dtype=np.float64)
        return loss + float(np.square(weights[:-1]).sum()) / (2 * strength * n), gradient.ravel()

    first = np.zeros((width + 1) * classes) if start is None else start.ravel()
    # the gradient of one weight is the smaller the more columns share a row's length
    options = {"maxiter": iterations, "gtol": 1e-4 / width**0.5, "ftol": 1e-8}
    return minimize(cost, first, jac=True, method="L-BFGS-B", options=options).x.reshape(width + 1, classes)


def log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy of logits [n, K] with class numbers y [n]."""
    shifted = logits - logits.max(1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(y)), y]).mean())


def best_factor(outputs: np.ndarray, y: np.ndarray, factors: Sequence[float]) -> tuple[float, float]:
    """The factor on outputs [n, K] whose softmax has the least log loss on class numbers y [n], and that loss."""
    losses = [log_loss(factor * outputs, y) for factor in factors]
    return factors[int(np.argmin(losses))], min(losses)
