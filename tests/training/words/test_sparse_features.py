"""Sparse features beside a network: the same numbers one by one, in a batch and as a matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import headstart
from headstart.assemble import finetuning
from headstart.core.errors import ContractError
from headstart.core.recipe import Recipe, override
from headstart.data import word_features
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.models.nn.sparse_table import SparseTable
from headstart.training.words.role_features import pairs
from tests.helpers.sentences import sentences


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Store:
    rows, topics = sentences(240)
    table = pd.DataFrame({"text": rows, "label": [f"topic {topic}" for topic in topics]})
    return prepare(table, tmp_path_factory.mktemp("texts") / "store", input="text", target="label", near="keep")


def recipe(**more: Any) -> Recipe:
    return override(Recipe(), {"verb": "finetune", "backbone.kind": "linear", **more})


def test_a_table_sums_the_rows_of_its_features_each_block_at_length_one() -> None:
    table = SparseTable(8, 3, blocks=2)
    with torch.no_grad():
        table.weight.copy_(torch.arange(24.0).view(8, 3))
        table.rarity.copy_(torch.tensor([1.0, 2, 1, 1, 1, 1, 1, 1]))
    ids, values = torch.tensor([[0, 1, 5], [2, -1, -1]]), torch.tensor([[3.0, 2.0, 7.0], [5.0, 0.0, 0.0]])
    one = (3 * table.weight[0] + 4 * table.weight[1]) / 5  # 3 and 2 * 2 have the length 5
    expected = torch.stack([(one + table.weight[5]) / 2**0.5, table.weight[2]])
    assert torch.allclose(table(ids, values), expected)


def test_a_linear_model_answers_as_it_was_fitted_and_learns(texts: Store) -> None:
    parts = finetuning(recipe(), None, store=texts, device="cpu")
    assert parts.recipe.tuning["kind"] == "probe"
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    rows = texts.rows("test")
    task = predictor.task
    answers = predictor.answers(texts, rows)
    assert task.score(answers, texts.examples_of(rows))["accuracy"] > 0.9
    assert task.sparse is not None
    batch = predictor.batch(texts, rows)
    matrix = task.sparse_rows(batch)
    table: Any = task.sparse.get_submodule("table")
    from headstart.data.ngrams import weighed

    outputs = weighed(matrix, table.rarity.numpy(), 2) @ table.weight.detach().numpy()
    np.testing.assert_allclose(task.sparse(batch).detach().numpy(), outputs, rtol=1e-4, atol=1e-4)
    vectors = predictor.features(texts, rows)
    assert vectors.shape == (len(rows), len(parts.recipe.task["classes"]))
    np.testing.assert_allclose(vectors, outputs, rtol=1e-4, atol=1e-4)


def test_features_lie_beside_a_network_s_vectors(texts: Store) -> None:
    asked = recipe(**{"backbone.kind": "bag", "backbone.width": 8, "task.sparse": True, "tuning.kind": "probe"})
    parts = finetuning(asked, None, store=texts, device="cpu")
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    rows = texts.rows("test")
    assert predictor.task.score(predictor.answers(texts, rows), texts.examples_of(rows))["accuracy"] > 0.9
    assert predictor.features(texts, rows).shape[1] == 8 + len(parts.recipe.task["classes"])


def test_a_linear_model_can_learn_by_steps(texts: Store) -> None:
    asked = recipe(**{"tuning.kind": "full", "plan.steps": 60, "plan.lr": 0.1, "plan.batch": 32})
    parts = finetuning(asked, None, store=texts, device="cpu")
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    rows = texts.rows("test")
    assert predictor.task.score(predictor.answers(texts, rows), texts.examples_of(rows))["accuracy"] > 0.8


def test_pictures_have_no_sparse_features(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    names = np.array([f"n{number % 2}" for number in range(40)])
    store = prepare({"train": (pixels, names)}, tmp_path / "store", near="keep")
    with pytest.raises(ContractError, match="HS-C319"):
        finetuning(recipe(**{"task.sparse": True}), None, store=store, device="cpu")
    parts = finetuning(recipe(), None, store=store, device="cpu")
    assert parts.trainee.backbone.width == 64
    assert not list(parts.trainee.backbone.parameters())


def test_features_of_a_word_and_a_predicate_are_those_of_the_sentence_alone_whatever_stands_behind() -> None:
    words = ["The", "ship", ",", "says", "Ann", ",", "finds", "land"]
    known = torch.from_numpy(word_features.numbers(words))
    longer = torch.cat([known, torch.full((2, known.shape[1]), -1, dtype=known.dtype)])
    one, other = pairs(known[None], torch.tensor([6])), pairs(longer[None], torch.tensor([6]))
    assert torch.equal(one[0], other[0, : len(words)])
    assert (other[0, len(words) :] == -1).all()
    assert one.min() >= 0
    assert one.max() < word_features.FEATURES
    none = pairs(known[None], torch.tensor([-1]))
    assert (none[..., known.shape[1] :] == -1).all()
    assert not torch.equal(none[0, :, : known.shape[1]], one[0, :, : known.shape[1]])
    assert not torch.equal(one[0, 1], pairs(known[None], torch.tensor([3]))[0, 1])


def test_a_chain_is_fitted_as_a_whole_and_finds_what_single_words_do_not_show(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    lines = list[str]()
    for number in range(160):  # a run of "x" has the colour of the word before it, which the last ones do not see
        colour, run = generator.choice(["red", "blue"]), int(generator.integers(4, 9))
        lines += [f"w{number} O", f"{colour} B-{colour}", *[f"x I-{colour}"] * run, "y O", ""]
    (tmp_path / "rows.conll").write_text("\n".join(lines))
    store = prepare(tmp_path / "rows.conll", tmp_path / "store", near="keep", split="train=.7,test=.3")
    scores = {}
    for crf in (False, True):
        parts = finetuning(recipe(**{"task.crf": crf}), None, store=store, device="cpu")
        predictor = Predictor(parts.modality, parts.trainee)
        learn_task(parts, predictor)
        rows = store.rows("test")
        scores[crf] = predictor.task.score(predictor.answers(store, rows), store.examples_of(rows))["f1"]
    assert scores[True] > 0.95
    assert scores[False] < 0.8


def test_a_linear_model_is_a_start_for_a_task_with_other_classes(tmp_path: Path) -> None:
    rows, topics = sentences(600)
    frame = pd.DataFrame({"text": rows, "label": [f"topic {topic}" for topic in topics]})
    pairs_of = pd.DataFrame({"text": rows, "label": [f"half {topic % 2}" for topic in topics]})
    source = tmp_path / "source"
    headstart.finetune(frame[:400], input="text", target="label", start="scratch", backbone="linear", out=source)
    scores = {}
    for start in ("scratch", str(source)):
        found = []
        for seed in range(3):
            said = {"data.input": "text", "data.target": "label", "start": start, "labels": 6, "seed": seed}
            parts = finetuning(override(recipe(), said), pairs_of[400:], device="cpu")
            assert parts.recipe.tuning["kind"] == "probe"
            predictor = Predictor(parts.modality, parts.trainee)
            learn_task(parts, predictor)
            asked = parts.store.rows("test")
            answers = predictor.answers(parts.store, asked)
            found.append(predictor.task.score(answers, parts.store.examples_of(asked))["accuracy"])
        scores[start] = np.mean(found)
    assert scores[str(source)] > scores["scratch"] + 0.05
