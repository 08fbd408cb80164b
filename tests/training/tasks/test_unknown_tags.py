"""Words whose tag nobody knows: neither learned nor scored, and tags of one letter as a text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headstart.assemble import finetuning
from headstart.core.errors import DataError
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.records import Words
from headstart.data.store import Store
from headstart.evaluation.baselines import fitted
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Red words are H, blue ones are E; a third of the tags is unknown."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(240):
        words = generator.choice(["red", "crimson", "blue", "navy"], 8)
        tags = ["H" if word in ("red", "crimson") else "E" for word in words]
        known = generator.random(8) < 0.66
        seen = [tag if there else None for tag, there in zip(tags, known, strict=True)]
        rows.append({"input": Words((*map(str, words), f"w{number}")), "label": [*seen, None]})
    folder = tmp_path_factory.mktemp("unknown")
    return prepare(rows, folder / "store", near="keep", split="train=.7,test=.3")


def learned(store: Store, **more: Any) -> Predictor:
    asked = override(Recipe(), {"verb": "finetune", "task.kind": "tag", "backbone.kind": "linear", **more})
    parts = finetuning(asked, None, store=store, device="cpu")
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    return predictor


@pytest.mark.parametrize("more", [{}, {"tuning.kind": "full", "plan.steps": 40, "plan.lr": 0.5, "plan.batch": 32}])
def test_known_tags_alone_are_learned_and_scored(store: Store, more: dict[str, Any]) -> None:
    predictor = learned(store, **more)
    rows = store.rows("test")
    answers, examples = predictor.answers(store, rows), store.examples_of(rows)
    assert predictor.task.score(answers, examples) == {"token_accuracy": 1.0}
    counts = predictor.task.row_scores(answers, examples).sum(1)
    assert counts.tolist() == [sum(tag is not None for tag in example["label"]) for example in examples]
    assert answers[0]["string"] == "".join(answers[0]["tags"])
    assert len(answers[0]["string"]) == 9
    table = predictor.task.answer.table(answers, examples)
    assert {(line["class"], line["precision"]) for line in table} == {("H", 1.0), ("E", 1.0)}
    marks = [
        predictor.task.answer.mark(answer, example, ["w"] * 9)
        for answer, example in zip(answers, examples, strict=True)
    ]
    assert not any(run.state for row in marks for line in row for run in line)


def test_the_simple_model_leaves_them_out_too(store: Store) -> None:
    task, rows = learned(store).task, store.rows("test")
    found = fitted(task, store, store.rows("train"), 0).predict(store.take(rows), len(rows))
    assert task.score(found.answers, store.examples_of(rows)) == {"token_accuracy": 1.0}


def test_a_chain_needs_every_tag(store: Store) -> None:
    with pytest.raises(DataError, match="HS-D475"):
        learned(store, **{"task.crf": True})
