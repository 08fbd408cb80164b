import numpy as np
import pytest

from headstart.evaluation.evaluate import _wrong


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ([1, 0, 1], [False, True, False]),  # hits
        ([0, 0], [True, True]),
        ([1, 0.4, 0], [False, True, True]),  # shares of a text that are right
        ([0, -0.2, -4], [False, True, True]),  # squared errors, with a minus
        ([[2, 0], [0, 0], [3, 1]], [False, False, True]),  # decisions: right, and wrong or missed
    ],
)
def test_only_answers_that_are_not_wholly_right_are_wrong(scores: list[object], wrong: list[bool]) -> None:
    assert _wrong(np.array(scores, np.float64)).tolist() == wrong
