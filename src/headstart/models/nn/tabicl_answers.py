"""TabICL as the tabicl library builds and asks it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
from torch import nn

from headstart.core.errors import ContractError, UsageError

Answers = Callable[[np.ndarray], np.ndarray]
"""Cells [n, cells] -> for each row the log of the probability of each class [n, K], or numbers [n, K]."""

NEVER = -20.0  # the log of the probability of a class that no row has
_LARGEST = 1 << 16
_TEXTS = ("gelu", "relu", "same", "valid", "none", "ssmax", "ssmax-mlp", "ssmax-mlp-elementwise", "qassmax-mlp",
          "qassmax-mlp-elementwise")  # fmt: skip
REFUSING = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, AssertionError, RuntimeError)


def library(module: str = "tabicl") -> Any:
    """The tabicl library; UsageError where it is not installed."""
    try:
        return import_module(module)
    except ImportError as cause:
        fix = "pip install 'headstart[tabicl]'"
        raise UsageError(840, "tabicl is not installed", found=str(cause), fix=fix) from cause


def network_of(architecture: Mapping[str, Any]) -> nn.Module:
    """A network from the settings that a checkpoint states, without its weights; ContractError for odd ones."""
    made: Any = library("tabicl._model.tabicl").TabICL
    known, where = set(inspect.signature(made).parameters), "backbone.architecture"
    odd = [name for name, value in architecture.items() if name not in known or not _plain(value)]
    if odd:
        found = f"{odd[0]}={str(architecture[odd[0]])[:80]}"
        raise ContractError(841, "these are no settings of TabICL", where=where, found=found)
    try:
        return made(**{**architecture, "dropout": 0.0, "recompute": False}).eval()
    except REFUSING as cause:
        raise ContractError(841, "these are no settings of TabICL", where=where, found=cause) from cause


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return value in _TEXTS
    return isinstance(value, bool) or (isinstance(value, int | float) and 0 <= value <= _LARGEST * 16)


def class_answers(network: nn.Module, cells: np.ndarray, targets: np.ndarray, classes: int, members: int) -> Answers:
    """Answers of a network that was asked for classes, from rows [n, cells] and their class numbers [n]."""
    present, filled = np.unique(targets.astype(np.int64)), _Filled(cells)
    if len(present) < 2 or not filled.differ:
        shares = np.bincount(targets.astype(np.int64), minlength=classes) / len(targets)
        return lambda asked: np.tile(_logs(shares), (len(asked), 1))
    native = int(network.max_classes)  # pyright: ignore[reportArgumentType]
    model = _estimator("Classifier", network, members, cached=len(present) <= native)

    def answer(asked: np.ndarray) -> np.ndarray:
        found = np.full((len(asked), classes), NEVER)
        found[:, present] = _logs(_quietly(model.predict_proba, filled(asked)))
        return found

    _quietly(model.fit, filled(cells), targets.astype(np.int64))
    return answer


def number_answers(network: nn.Module, cells: np.ndarray, targets: np.ndarray, members: int) -> Answers:
    """Answers of a network that was asked for numbers, from rows [n, cells] and their numbers [n, K]."""
    filled, models = _Filled(cells), list[Any]()
    for column in targets.T if filled.differ else ():
        models.append(_estimator("Regressor", network, members, cached=True))
        _quietly(models[-1].fit, filled(cells), column)
    if not models:
        return lambda asked: np.tile(targets.mean(0), (len(asked), 1))
    return lambda asked: np.stack([_quietly(model.predict, filled(asked)) for model in models], 1)


class _Filled:
    """Cells with the median of kept rows where they are missing: the library leaves out a column that is missing in all
    rows that it is asked about at once, so that an answer would depend on the other rows."""

    def __init__(self, cells: np.ndarray) -> None:
        known = np.isfinite(cells).any(0)
        self.median = np.zeros(cells.shape[1])
        self.median[known] = np.nanmedian(cells[:, known], 0)
        self.differ = bool(np.ptp(self(cells), 0).any())

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(cells), self.median, cells).astype(np.float64)


def _logs(shares: np.ndarray) -> np.ndarray:
    return np.log(np.clip(shares, np.exp(NEVER), 1.0))


def _estimator(kind: str, network: nn.Module, members: int, *, cached: bool) -> Any:
    """The library's estimator around a network that is there already, instead of one that it looks for."""
    base: Any = getattr(library(), f"TabICL{kind}")

    def given(model: Any) -> None:
        model.model_, model.model_path_, model.model_config_ = network, None, {}

    made = type(base.__name__, (base,), {"_load_model": given})
    device = str(next(network.parameters()).device)
    return made(n_estimators=members, device=device, random_state=0, allow_auto_download=False, offload_mode=False,
                use_amp=False, kv_cache="repr" if cached else False)  # fmt: skip


def _quietly(call: Callable[..., Any], *given: np.ndarray) -> Any:
    """A call of the library without its warnings, which tell of its own preprocessing."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return call(*given)
