"""Tags and spans against seqeval, legal rows and chains against all rows there are."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from headstart.models.nn.crf import Chain
from headstart.training.words import tag_schemes


@pytest.mark.parametrize("prefixes", ["BI", "BIES"])
def test_spans_and_their_f1_are_those_of_seqeval(prefixes: str) -> None:
    from seqeval.metrics import f1_score
    from seqeval.metrics.sequence_labeling import get_entities

    generator = np.random.default_rng(0)
    tags = ["O", *(f"{prefix}-{label}" for prefix in prefixes for label in ("PER", "LOC"))]
    rows = [[str(tag) for tag in generator.choice(tags, int(generator.integers(1, 12)))] for _ in range(600)]
    for row in rows:
        assert tag_schemes.spans(row) == [(begin, end + 1, label) for label, begin, end in get_entities(row)]
    pairs = [(a, b) for a, b in zip(rows[:300], rows[300:], strict=True) if len(a) == len(b)]
    told, truth = ([set(tag_schemes.spans(row)) for row in side] for side in zip(*pairs, strict=True))
    expected = f1_score([b for _, b in pairs], [a for a, _ in pairs])
    assert tag_schemes.found_and_wanted(told, truth)["f1"] == pytest.approx(expected)
    right, wrong = tag_schemes.counted(told, truth).sum(0)
    assert 2 * right / (2 * right + wrong) == pytest.approx(expected)


@pytest.mark.parametrize("bioes", [False, True])
def test_tags_of_spans_give_the_spans_again(bioes: bool) -> None:
    found = [(0, 1, "PER"), (1, 4, "LOC"), (6, 8, "PER")]
    tags = tag_schemes.tags_of(found, 9, bioes=bioes)
    assert tag_schemes.spans(tags) == found
    assert tag_schemes.scheme_of(tags) == ("bioes" if bioes else "bio")


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [(["I-PER", "I-PER", "O"], "bio"), (["NN", "VB", "O"], "plain"), (["O"], "plain"), (["B-X", "S-Y"], "bioes")],
)
def test_the_scheme_is_read_off_the_tags(tags: list[str], scheme: str) -> None:
    assert tag_schemes.scheme_of(tags) == scheme


def all_rows(chain: Chain, scores: torch.Tensor) -> dict[tuple[int, ...], float]:
    """The score of every row of tags."""
    begin, follow, end = (one.detach() for one in chain._scores())
    found = {}
    for row in product(range(scores.shape[1]), repeat=len(scores)):
        steps = sum(float(follow[a, b]) for a, b in pairwise(row))
        places = sum(float(scores[place, tag]) for place, tag in enumerate(row))
        found[row] = float(begin[row[0]]) + steps + places + float(end[row[-1]])
    return found


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
@pytest.mark.parametrize("learned", [False, True])
def test_a_chain_equals_the_sum_over_all_rows_of_tags(scheme: tag_schemes.Scheme, learned: bool) -> None:
    torch.manual_seed(0)
    tags = tag_schemes.every_tag(["A", "B"] if scheme == "bio" else ["A"], scheme)
    chain = Chain(*tag_schemes.legal(tags, scheme), learned=learned)
    for weight in chain.parameters():
        torch.nn.init.normal_(weight)
    scores, lengths = torch.randn(3, 4, len(tags)), [4, 2, 1]
    there = torch.arange(4) < torch.tensor(lengths)[:, None]
    best = chain.best(scores, there)
    truth = torch.zeros(3, 4, dtype=torch.int64)
    for row, length in enumerate(lengths):
        every = all_rows(chain, scores[row, :length])
        assert tuple(best[row]) == max(every, key=lambda path: every[path])
        truth[row, :length] = torch.tensor(best[row])
    surprise = chain.surprise(scores, truth, there).detach()
    for row, length in enumerate(lengths):
        every = all_rows(chain, scores[row, :length])
        total = torch.tensor(list(every.values())).logsumexp(0)
        assert float(surprise[row]) == pytest.approx(float(total) - every[tuple(best[row])], abs=1e-3)
    assert all(tag_schemes.tags_of(tag_schemes.spans(named), len(named), bioes=scheme == "bioes") == named
               for named in ([tags[n] for n in row] for row in best))  # fmt: skip


def test_without_the_rules_broken_rows_would_come_out() -> None:
    tags = tag_schemes.every_tag(["A"], "bio")
    scores = torch.tensor([[[0.0, 0.0, 5.0], [0.0, 0.0, 5.0]]])  # I-A, I-A
    there = torch.ones(1, 2, dtype=torch.bool)
    everything = [np.ones(3, bool), np.ones((3, 3), bool), np.ones(3, bool)]
    assert Chain(*everything, learned=False).best(scores, there) == [[2, 2]]
    assert Chain(*tag_schemes.legal(tags, "bio"), learned=False).best(scores, there) == [[1, 2]]
