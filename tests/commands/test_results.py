"""What verbs give in Python: each has `scores` and `warnings`, a short text, and a view for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.commands.common.answering import Answered, Answers
from headstart.commands.generate import Generated
from headstart.commands.rank import Ranked
from headstart.commands.rerun import Repetition
from headstart.commands.verify import Verified
from headstart.core.contracts.account import Account
from headstart.evaluation.cost import Cost
from headstart.inference.export import Exported
from headstart.models.public.converting import Converted
from headstart.reports.blocks import Front, Report, Verdict
from headstart.reports.write import Page
from headstart.selection.leaderboard import Standing
from headstart.selection.ranking import Ranking

PICTURES = np.zeros((3, 8, 8), np.uint8)


@pytest.fixture(scope="module")
def proof(model: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("proof") / "gain"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        return hs.gain("digits", start=model, labels=[20], seeds=2, out=out, settings={"plan.steps": 5})


def ranked(tmp_path: Path) -> Ranked:
    """A ranking of two candidates."""
    common = {"family": "", "low": 0.5, "high": 0.9, "chance": 0.5, "minutes": 0.1, "milliseconds": 1.0,
              "megabytes": 1.0, "licence": "", "overlap": 0, "folds": 2, "labels": 30}  # fmt: skip
    lines = [Standing(place=1, name="pca", score=0.8, regret=0.0, **common),
             Standing(place=2, name="scratch", score=0.7, regret=0.1, **common)]  # fmt: skip
    found = Ranking(
        metric="accuracy", labels=30, standings=lines, excluded=[], more=None, sentence="Take pca.",
        command="headstart finetune", seconds=1.0, tried=2,
    )  # fmt: skip
    front = Front(Verdict("take pca", "Take pca."))
    page = Page(
        Report("Which start?", "Take pca.", "rank", "", front, []), tmp_path / "report.json", tmp_path / "report.html"
    )
    return Ranked(found.best, [], f"{found.sentence} {found.command}", found, page, tmp_path, ["a warning"])


def short(result: Any) -> bool:
    return len(repr(result)) < 2000 and "object at" not in repr(result)


def test_data_show_their_rows_and_where_they_lie() -> None:
    data = hs.prepare("digits")
    assert repr(data).startswith("prepared data (image): train 1,445, valid 158, test 194 rows")
    assert str(data.directory) in data._repr_html_()
    assert (dict(data.scores), data.warnings) == ({}, [])


def test_a_model_shows_what_it_is_and_what_it_scored(model: Path, tuned: Path) -> None:
    pretrained, finetuned = hs.load(model), hs.load(tuned)
    assert "mlp autoencoder, pretrain on 1,445 rows" in repr(pretrained)
    assert (pretrained.scores, pretrained.warnings) == (hs.show(model)["scores"], hs.show(model)["warnings"])
    assert finetuned.scores == hs.show(tuned)["scores"]
    assert f"accuracy {finetuned.scores['accuracy']:.3f}" in repr(finetuned)
    assert ", scored on test rows\naccuracy " in repr(finetuned)
    assert "report.html" in finetuned._repr_html_()
    assert short(finetuned)


def test_a_model_that_is_still_trained_says_so(model: Path) -> None:
    kept = hs.load(model)
    fresh = hs.Predictor(kept.modality, kept.trainee)
    assert repr(fresh) == "model that is not saved yet"
    assert (fresh.scores, fresh.warnings) == ({}, [])


def test_an_evaluation_shows_its_scores_and_classes(tuned: Path) -> None:
    found = hs.evaluate(tuned, "digits")
    assert repr(found).startswith("scores on 194 test rows\naccuracy ")
    assert found._repr_html_().count("<tr>") > 10  # a row a class
    assert short(found)


def test_a_proof_shows_its_verdict_and_its_report_is_a_path(proof: Any) -> None:
    assert repr(proof).startswith(f"{proof.verdict}: {proof.sentence}")
    assert "fresh weights, same tuning" in proof._repr_html_()
    assert {"accuracy", "accuracy_low", "accuracy_high", "baseline_accuracy"} <= set(proof.scores)
    assert proof.warnings == proof.result.warnings
    assert str(proof.report) == str(proof.path / "report.html")
    assert short(proof)
    assert short(proof.report)
    assert str(proof.report) in proof.report._repr_html_()


def test_a_ranking_shows_its_leaderboard(tmp_path: Path) -> None:
    found = ranked(tmp_path)
    assert repr(found).startswith("take pca: Take pca. headstart finetune\naccuracy 0.800 [0.500, 0.900]\nwarning: a")
    assert "scratch" in found._repr_html_()
    assert found.scores == {"accuracy": 0.8, "accuracy_low": 0.5, "accuracy_high": 0.9}
    assert short(found)


def test_answers_are_a_list_with_warnings_and_a_table(tuned: Path) -> None:
    answers = hs.predict(tuned, PICTURES)
    assert isinstance(answers, Answers)
    assert answers == list(answers)
    assert answers.warnings == []
    assert answers._repr_html_().count("<tr>") == 4
    assert "probabilities" not in answers._repr_html_()


@pytest.mark.parametrize(
    "kind", [Account, Answered, Answers, Converted, Cost, Exported, Generated, Repetition, Verified]
)
def test_results_without_scores_say_so(kind: type[Any]) -> None:
    assert dict(kind.scores) == {}
    assert "warnings" in dir(kind) or kind is Answers
