"""A linear model that begins with what one of another task has learned on the same features."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from headstart.core.contracts import Plain
from headstart.core.contracts.probe import LinearFit

TRUSTS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""How long the outputs of the source are beside the other features of a row: the longer, the cheaper is their use."""


def fit_from(source: LinearFit | None, features: Plain, fit: Callable[[Plain], LinearFit]) -> LinearFit:
    """What `fit` makes of features [n, F], and of the outputs of a source [F, K] on them as further columns.

    The weights are then w + S v: a penalty on |w|^2 + |v|^2 / trust^2 holds them near what the source can say, which is
    hypothesis transfer (Kuzborskij and Orabona, ICML 2013) for tasks of other classes too. They are folded into one
    linear map. Trust has the least loss on held-out rows of these, and none at all is one choice, so that a source that
    says nothing of this task is left out; `source` in `chosen` is the trust. Where nothing is held out it is 1.
    """
    if source is None or len(source.weight) != features.shape[1]:  # pyright: ignore[reportOptionalSubscript]
        return fit(features)
    outputs = np.asarray(features @ source.weight) + source.bias
    scale = _length(features) / max(_length(outputs), 1e-12)
    alone = fit(features)
    if math.isnan(alone.missed):
        return _beside(source, features, outputs, scale, 1.0, fit)
    tried = [_beside(source, features, outputs, scale, trust, fit) for trust in TRUSTS]
    return min([replace(alone, chosen={**alone.chosen, "source": 0.0}), *tried], key=lambda one: one.missed)


def _beside(
    source: LinearFit, features: Plain, outputs: np.ndarray, scale: float, trust: float,
    fit: Callable[[Plain], LinearFit],
) -> LinearFit:  # fmt: skip
    further = (trust * scale * outputs).astype(np.float32)
    if isinstance(features, np.ndarray):
        both: Plain = np.hstack([features, further])
    else:
        from scipy.sparse import csr_matrix, hstack

        both = csr_matrix(hstack([features, csr_matrix(further)]))
    found = fit(both)
    own, more = found.weight[: len(source.weight)], trust * scale * found.weight[len(source.weight) :]
    return replace(
        found, weight=own + source.weight @ more, bias=found.bias + source.bias @ more,
        chosen={**found.chosen, "source": trust},
    )  # fmt: skip


def _length(rows: Plain) -> float:
    """The mean length of rows."""
    squares = rows**2 if isinstance(rows, np.ndarray) else rows.multiply(rows)
    return float(np.sqrt(np.asarray(squares.sum(1))).mean())
