"""The mean slope of an answer on the way from the hidden row to the row."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts.explainer import Explainer, Question

_STEPS = 32


class Integrated(Explainer):
    """Integrated gradients (Sundararajan et al. 2017): the mean slope over 32 places of the straight way from the row
    with all parts hidden to the row, times what hiding a part changes. For networks with a slope."""

    def weights(self, question: Question, rng: np.random.Generator) -> np.ndarray | None:
        slopes = question.slopes()
        if slopes is None:
            return None
        return (slopes.moves * slopes.mean(_STEPS)).flatten(1).sum(1).double().cpu().numpy()
