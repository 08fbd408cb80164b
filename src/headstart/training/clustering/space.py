"""The space in which clusters are looked for: the main axes of vectors."""

import numpy as np

AXES = 50
MOST_ROWS = 20_000  # of which clusters are found; every other row is then given its own


def main_axes(vectors: np.ndarray, power: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean [F] and axes [F, P] of vectors [n, F], at most 50; float32. Points are `(vectors - mean) @ axes`.

    power  an axis is divided by its deviation to this power: 0 leaves distances as they are, 1 makes all axes alike.
           Points are in units of the first axis.
    """
    from sklearn.utils.extmath import randomized_svd

    mean = vectors.mean(0)
    centred = vectors - mean
    count = max(1, min(AXES, vectors.shape[1], len(vectors) - 1))
    _, lengths, across = randomized_svd(centred, count, random_state=seed)
    deviations = lengths / np.sqrt(len(vectors))
    held = np.where(deviations > 1e-6 * max(float(deviations[0]), 1e-12), deviations, np.inf)  # an empty axis is noise
    longest = max(float(deviations[0]), 1e-12)
    scale = np.where(np.isfinite(held), (held / longest) ** -power / longest, 0.0)
    return mean.astype(np.float32), (across.T * scale).astype(np.float32)
