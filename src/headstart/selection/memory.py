"""Finished trials, kept in a folder, so that a choice that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from headstart.evaluation.kept_scores import keep, kept
from headstart.selection.candidates import Candidate
from headstart.selection.folds import Fold

ALIKE = 1.6  # efforts whose seconds differ by no more than this factor serve for each other


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a trial may learn from: labelled rows and, where it is stepped, seconds."""

    labels: int
    seconds: float | None = None

    def serves(self, other: Effort) -> bool:
        """Is it as good as another one?"""
        if self.labels != other.labels or (self.seconds is None) != (other.seconds is None):
            return False
        return self.seconds is None or other.seconds is None or 1 / ALIKE < self.seconds / other.seconds < ALIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one candidate on one fold.

    row_scores  [held] or [held, C] of the fold's held rows
    seconds     of all of it
    each        of answering a row
    facts       "bytes", "licence", "tuning" of the model
    """

    candidate: str
    fold: int
    effort: Effort
    row_scores: np.ndarray
    seconds: float
    each: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """Trials in a folder; without one, nothing is kept."""

    folder: Path | None = None

    def find(self, candidate: Candidate, fold: Fold, effort: Effort) -> Trial | None:
        """A finished trial of this candidate and fold whose effort serves; damaged ones are passed over."""
        for path in sorted(self.folder.glob(f"{_name(candidate, fold.number)}-*.json")) if self.folder else []:
            found = _read(path, candidate, fold)
            if found is not None and found.effort.serves(effort):
                return found
        return None

    def keep(self, candidate: Candidate, trial: Trial) -> None:
        """Into the folder, if there is one."""
        if self.folder is None:
            return
        budget = "" if trial.effort.seconds is None else f"-{trial.effort.seconds:.1f}"
        place = self.folder / f"{_name(candidate, trial.fold)}-{trial.effort.labels}{budget}"
        facts = {"labels": trial.effort.labels, "budget": trial.effort.seconds, "facts": trial.facts}
        keep(place, trial.row_scores, {**facts, "seconds": trial.seconds, "each": trial.each})


def _name(candidate: Candidate, fold: int) -> str:
    fields = f"{candidate.name} {json.dumps(dict(candidate.fields), sort_keys=True, default=str)}"
    known = hashlib.sha256(fields.encode()).hexdigest()[:10]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', candidate.name)[-40:]}-{known}-fold{fold}"


def _read(path: Path, candidate: Candidate, fold: Fold) -> Trial | None:
    found = kept(path.with_suffix(""))
    if found is None:
        return None
    facts, scores = found
    return Trial(
        candidate=candidate.name, fold=fold.number, effort=Effort(facts["labels"], facts["budget"]),
        row_scores=scores, seconds=facts["seconds"], each=facts["each"],
        facts=facts["facts"],
    )  # fmt: skip
