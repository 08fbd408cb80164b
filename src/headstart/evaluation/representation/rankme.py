"""RankMe: how many directions the features really use, without labels."""

import numpy as np


def rankme(features: np.ndarray) -> float:
    """Effective rank of features [n, F], between 1 and min(n, F).

    The exponential of the entropy of the singular values as shares of their sum (Garrido et al. 2023, equation 1, after
    Roy and Vetterli 2007). As published, the mean is not taken off; a few thousand rows are plenty.
    """
    assert features.ndim == 2, f"features must be [n, F], got {features.shape}"
    values = np.linalg.svd(np.asarray(features, np.float64), compute_uv=False)
    total = values.sum()
    if total == 0:
        return 1.0
    shares = values / total + 1e-7  # the paper's epsilon
    return float(np.clip(np.exp(-(shares * np.log(shares)).sum()), 1.0, min(features.shape)))
