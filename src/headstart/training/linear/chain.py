"""A linear-chain conditional random field on fixed features, fitted as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Plain
from headstart.core.contracts.probe import LinearFit
from headstart.models.nn.crf import Chain
from headstart.training.linear import sparse

STRENGTH = 128.0
"""Of the penalty |weights|^2 / (2 * strength) beside the sum of the losses of all rows."""

_ITERATIONS = 100
_TOGETHER = 4096  # words of rows of about one length whose losses are taken together


@dataclass(frozen=True, slots=True)
class ChainFit(LinearFit):
    """A linear fit, and the scores of tags that begin, follow each other and end."""

    chain: dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows of about one length: which words [B, W] of all, their tags, and which of these places exist."""

    words: Tensor
    tags: Tensor
    there: Tensor


def fit_chain(
    features: Plain, tags: np.ndarray, places: np.ndarray, legal: Sequence[np.ndarray], *, strength: float = STRENGTH
) -> ChainFit:
    """Weights that make the rows of tags likely (Lafferty et al. 2001), by L-BFGS; the penalty is fixed.

    features [n, F] and tags [n] are those of words, row behind row; places [n] begins with 0 in every row. legal:
    which tags may begin, follow each other (from, to) and end, bool [K], [K, K], [K].
    """
    from scipy.optimize import minimize

    _, width = features.shape  # pyright: ignore[reportGeneralTypeIssues]
    used, rows = (np.arange(width), features) if isinstance(features, np.ndarray) else sparse.used(features)
    outputs, rows_of, total = len(legal[0]), _in_rows(tags, places), int((places == 0).sum())
    chain = Chain(*legal, learned=True)
    shapes = [(len(used), outputs), (outputs,), *(tuple(one.shape) for one in chain.weights.values())]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])

    @torch.enable_grad()
    def cost(vector: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias, *follow = (part.reshape(s) for part, s in zip(np.split(vector, ends[:-1]), shapes, strict=True))
        scores = torch.from_numpy((rows @ weight.astype(np.float32) + bias).astype(np.float32)).requires_grad_()
        for parameter, value in zip(chain.weights.values(), follow, strict=True):
            parameter.data.copy_(torch.from_numpy(value))
            parameter.grad = None
        loss = torch.stack([chain.surprise(scores[one.words], one.tags, one.there).sum() for one in rows_of]).sum()
        loss.backward()
        slope = _slope(scores.grad)
        grown = [np.asarray(rows.T @ slope), slope.sum(0), *(_slope(p.grad) for p in chain.weights.values())]
        gradient = np.concatenate([part.ravel() for part in grown]).astype(np.float64)
        gradient += vector / strength
        return (loss.item() + float(vector @ vector) / (2 * strength)) / total, gradient / total

    options = {"maxiter": _ITERATIONS, "ftol": 1e-6}
    found = minimize(cost, np.zeros(ends[-1]), jac=True, method="L-BFGS-B", options=options)
    weight, bias, *follow = (part.reshape(s) for part, s in zip(np.split(found.x, ends[:-1]), shapes, strict=True))
    whole = np.zeros((width, outputs), np.float32)
    whole[used] = weight
    chosen = {"penalty": 1 / strength, "iterations": float(found.nit)}
    return ChainFit(whole, bias.astype(np.float32), chosen, dict(zip(chain.weights, follow, strict=True)))


def _slope(gradient: Tensor | None) -> np.ndarray:
    assert gradient is not None
    return gradient.numpy()


def _in_rows(tags: np.ndarray, places: np.ndarray) -> list[_Rows]:
    """The words of all rows, shortest rows first."""
    begins = np.flatnonzero(places == 0)
    lengths = np.diff(begins, append=len(places))
    order, found, start = np.argsort(lengths, kind="stable"), list[_Rows](), 0
    while start < len(order):
        ahead = lengths[order[start:]] * np.arange(1, len(order) - start + 1)
        some = order[start : start + max(1, int(np.searchsorted(ahead, _TOGETHER, "right")))]
        place = np.arange(lengths[some].max())
        there = place < lengths[some, None]
        words = np.where(there, begins[some, None] + place, 0)
        labels = np.where(there, tags[words], 0)
        found.append(_Rows(torch.from_numpy(words), torch.from_numpy(labels), torch.from_numpy(there)))
        start += len(some)
    return found
