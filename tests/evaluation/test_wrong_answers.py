import numpy as np
import pytest

from headstart.core.contracts.metric import Metric, negative
from headstart.evaluation.evaluate import _wrong
from headstart.training.words.tag_schemes import METRICS

WER = Metric("wer", lower_is_better=True, fraction=True, from_rows=lambda mean: mean[..., 0] / mean[..., 1])
ACCURACY, ERROR = Metric("accuracy", fraction=True), Metric("mse", lower_is_better=True, from_rows=negative)


@pytest.mark.parametrize(
    ("metric", "scores", "wrong"),
    [
        (ACCURACY, [1, 0, 1], [False, True, False]),  # hits
        (ACCURACY, [0, 0], [True, True]),
        (ACCURACY, [1, 0.4, 0], [False, True, True]),  # shares of a text that are right
        (ERROR, [0, -0.2, -4], [False, True, True]),  # errors, with a minus
        (WER, [[0, 3], [1, 3]], [False, True]),  # wrong words, and all of them
        (METRICS[0], [[2, 0], [0, 0], [3, 1]], [False, False, True]),  # spans: right, and wrong or missed
    ],
)
def test_only_answers_that_are_not_wholly_right_are_wrong(
    metric: Metric, scores: list[object], wrong: list[bool]
) -> None:
    assert _wrong(np.array(scores, np.float64), metric).tolist() == wrong
