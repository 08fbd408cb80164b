"""Edit distances against a slow table, and error rates against torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.training.tasks.transcribe.edit_distance import alignment, distance, letter_errors, word_errors


def slow(said: str, true: str) -> int:
    """The table of Wagner and Fischer, cell by cell."""
    table = np.add.outer(np.arange(len(said) + 1), np.arange(len(true) + 1))
    for i, one in enumerate(said, 1):
        for j, other in enumerate(true, 1):
            changed = table[i - 1, j - 1] + (one != other)
            table[i, j] = min(changed, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return int(table[-1, -1])


def drawn(count: int) -> list[tuple[str, str]]:
    generator = np.random.default_rng(0)
    texts = ["".join(generator.choice(list("ab c"), generator.integers(0, 90))) for _ in range(2 * count)]
    return list(zip(texts[:count], texts[count:], strict=True))


def test_distances_are_those_of_the_slow_table() -> None:
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == distance("abc", "") == 3
    for said, true in drawn(40):
        assert distance(said, true) == slow(said, true)


def test_an_alignment_has_as_many_errors_as_the_distance_and_keeps_the_order() -> None:
    for said, true in drawn(40):
        pairs = alignment(said.split(), true.split())
        assert [one for one, _ in pairs if one is not None] == said.split()
        assert [other for _, other in pairs if other is not None] == true.split()
        assert sum(one != other for one, other in pairs) == word_errors(said, true)[0]


@pytest.mark.slow  # torchmetrics takes half a minute to be imported
def test_error_rates_are_those_of_torchmetrics() -> None:
    from torchmetrics.functional.text import char_error_rate, word_error_rate

    pairs = [(said, true) for said, true in drawn(30) if true.split()]
    said, true = [one for one, _ in pairs], [other for _, other in pairs]
    words, letters = (np.array([count(*pair) for pair in pairs]).sum(0) for count in (word_errors, letter_errors))
    assert words[0] / words[1] == pytest.approx(float(word_error_rate(said, true)), abs=1e-6)
    assert letters[0] / letters[1] == pytest.approx(float(char_error_rate(said, true)), abs=1e-6)
