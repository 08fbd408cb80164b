"""Self-training: what counts as a sure answer, what a step learns, and who answers in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from headstart.assemble import Parts, finetuning
from headstart.core.errors import ContractError
from headstart.core.recipe import Recipe, override
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.training.tunings.selftrain import UNLIKE, Selftrain, _standard_error, _told_apart

SMALL = {
    "verb": "finetune",
    "start": "scratch",
    "backbone.kind": "mlp",
    "backbone.widths": [64],
    "tuning.kind": "selftrain",
}


def parts_of(**said: Any) -> Parts:
    more = {name.replace("__", "."): value for name, value in said.items()}
    return finetuning(override(Recipe(), {**SMALL, "labels": 60, **more}), "digits", device="cpu")


def test_answers_are_moved_to_the_shares_of_labelled_rows_and_taken_where_they_are_sure() -> None:
    answers = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.8, 0.2], [0.6, 0.4], [0.7, 0.3]])
    y, known = torch.tensor([0, 1, -100, -100, -100]), torch.tensor([True, True, False, False, False])
    sure, guessed = Selftrain(threshold=0.85)._guesses(answers, y, known)
    least = 0.85 * (0.9 + 0.7) / 2
    mean = [sum(float(answers[row, k]) for row in (2, 3, 4)) / 3 for k in (0, 1)]
    for row in (2, 3, 4):
        moved = [float(answers[row, k]) * 0.5 / mean[k] for k in (0, 1)]
        moved = [one / sum(moved) for one in moved]
        assert bool(sure[row]) == (max(moved) >= least)
        assert int(guessed[row]) == int(moved[1] > moved[0])
    assert not sure[:2].any()
    assert guessed.tolist()[2:] == [0, 1, 1] or guessed.tolist()[2:] == [0, 1, 0]


def test_without_alignment_answers_stay_as_they_are() -> None:
    answers = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    sure, guessed = Selftrain(align=False, threshold=0.7)._guesses(
        answers, torch.tensor([0, 1, -100]), torch.tensor([True, True, False])
    )
    assert (sure.tolist(), int(guessed[2])) == ([False, False, True], 0)


def test_a_step_is_the_loss_of_labelled_rows_and_that_of_sure_ones_by_their_share() -> None:
    parts = parts_of()
    tuning, task, backbone = parts.tuning, parts.trainee.objective.as_task, parts.trainee.backbone
    assert isinstance(tuning, Selftrain)
    assert task is not None
    tuning.at(0.25)  # half of the way up
    backbone.eval()
    task.eval()  # no augmentation: a loop can say the same
    batch = next(parts.batches.stream(0))
    step = tuning.step(task, backbone, batch)
    shares = task.outputs(backbone, batch)
    assert shares is not None
    shares = shares.detach()
    known = (batch["y"] >= 0) & ~batch["hidden"]
    sure, guessed = tuning._guesses(shares, batch["y"], known)
    nll = -shares.log()
    wanted = float(nll[known, batch["y"][known]].mean().detach())
    if sure.any():
        wanted += 0.5 * float(sure[~known].float().mean()) * float(nll[sure, guessed[sure]].mean())
    assert float(step.loss.detach()) == pytest.approx(wanted, rel=1e-4)


def test_hidden_labels_do_not_reach_a_step() -> None:
    parts = parts_of()
    assert parts.tuning is not None
    parts.tuning.at(0.5)
    batches = [next(parts.batches.stream(step)) for step in range(6)]
    batch = next(one for one in batches if one["hidden"].any())
    changed = {**batch, "y": torch.where(batch["hidden"], (batch["y"] + 1) % 10, batch["y"])}
    losses = [
        float(parts.tuning.step(parts.trainee.objective, parts.trainee.backbone, one).loss.detach())
        for one in (batch, changed)
    ]
    assert losses[0] == losses[1]
    every = torch.cat([one["y"][one["hidden"]] for one in parts.batches.once(200)])
    assert len(every) == 12
    assert (every >= 0).all()  # the end of the run may see them


def test_where_it_is_no_better_the_probe_answers_on_the_weights_that_it_began_with() -> None:
    parts = parts_of(plan__steps=1, plan__lr=1e-9)  # a head that knows nothing yet
    before = {name: value.clone() for name, value in parts.trainee.backbone.state_dict().items()}
    outcome = learn_task(parts, Predictor(parts.modality, parts.trainee))
    assert all(torch.equal(before[name], value) for name, value in parts.trainee.backbone.state_dict().items())
    assert any("the probe answers" in told for told in outcome.warnings)
    assert outcome.history[-1]["selftrain"] == 0.0
    probe = parts_of(tuning__kind="probe")
    learn_task(probe, Predictor(probe.modality, probe.trainee))
    mine, other = (dict(one.trainee.objective.named_parameters()) for one in (parts, probe))
    for name, value in other.items():
        torch.testing.assert_close(mine[name], value)


def test_where_it_is_better_the_network_answers() -> None:
    parts = parts_of(plan__steps=80)
    before = {name: value.clone() for name, value in parts.trainee.backbone.state_dict().items()}
    predictor = Predictor(parts.modality, parts.trainee)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("headstart.training.tunings.selftrain.fitted_head", _spoiled)
        outcome = learn_task(parts, predictor)
    assert any("the network answers" in told for told in outcome.warnings)
    assert any(not torch.equal(before[name], value) for name, value in parts.trainee.backbone.state_dict().items())
    rows = parts.store.rows("test")
    labels = np.array(parts.store.labels_of(rows))
    said = np.array([answer["label"] for answer in predictor.answers(parts.store, rows)])
    assert (said == labels.astype(str)).mean() > 0.6


def _spoiled(backbone: Any, task: Any, batches: Any, fit: Any, *, seed: int) -> Any:
    """A probe that answers the last class whatever it sees."""
    last = [module for module in task.head.modules() if isinstance(module, torch.nn.Linear)][-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
        last.bias[-1] = 1.0


def test_all_labels_leave_nothing_to_train_itself_on() -> None:
    count = len(parts_of().store.rows("train"))
    with pytest.raises(ContractError, match="HS-C891"):
        parts_of(labels=count)


def test_a_class_keeps_a_label() -> None:
    with pytest.raises(ContractError, match="HS-C892"):
        parts_of(labels=10)


def test_numbers_are_refused() -> None:
    with pytest.raises(ContractError, match="HS-C890"):
        parts_of(task__kind="regress")


@pytest.mark.parametrize(("moved", "unlike"), [(0.0, False), (1.5, True)])
def test_rows_of_another_kind_are_told_from_labelled_ones_and_rows_of_one_kind_are_not(
    moved: float, unlike: bool
) -> None:
    generator, found = np.random.default_rng(0), 0
    for seed in range(20):
        known, others = generator.normal(size=(40, 30)), generator.normal(size=(500, 30))
        others[:, 0] += moved
        bound = 0.5 + max(UNLIKE, 2 * _standard_error(40, 500))
        found += _told_apart(known.astype(np.float32), others.astype(np.float32), seed) >= bound
    assert found >= 18 if unlike else found <= 2


def test_the_probe_answers_where_unlabelled_rows_are_noise() -> None:
    noisy = parts_of(plan__steps=60)
    scramble = torch.Generator().manual_seed(0)
    x = noisy.batches._resident["x"]  # pyright: ignore[reportAttributeAccessIssue]
    rows = len(noisy.chosen)
    x[rows:] = torch.randint(0, 256, x[rows:].shape, generator=scramble, dtype=torch.uint8)
    outcome = learn_task(noisy, Predictor(noisy.modality, noisy.trainee))
    assert any("unlike the labelled ones" in told and "the probe answers" in told for told in outcome.warnings)
    assert outcome.history[-1]["told_apart"] > 0.9
