"""The slope of an answer times what hiding a part changes."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts.explainer import Explainer, Question


class Gradient(Explainer):
    """Gradient x input (Shrikumar et al. 2016): the slope of the answer at the row, times what hiding a part changes in
    what the network reads. One pass; for networks with a slope."""

    def weights(self, question: Question, rng: np.random.Generator) -> np.ndarray | None:
        slopes = question.slopes()
        return None if slopes is None else (slopes.moves * slopes.mean(1)).flatten(1).sum(1).double().cpu().numpy()
