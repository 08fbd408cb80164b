"""Twins: where both strands mean the same, answers do not depend on the strand, and nowhere else are strands mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.cli import run
from headstart.core import catalog, random
from headstart.core.contracts import Batch, Task
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError
from headstart.data.modalities.sequence.sequence import Sequence
from headstart.data.records import Words
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.inference.export import export
from headstart.inference.predictor import Predictor
from headstart.models import artifact
from headstart.models.backbones.dilated import Dilated
from headstart.models.backbones.encoder import Encoder
from tests.helpers.letters import dna, opposite
from tests.helpers.made import facts as facts_of

ROWS, CLASSES = dna(12)
SETTINGS: dict[str, dict[str, Any]] = {
    "classify": {"classes": ["a", "b", "c"], "hidden": 8}, "regress": {"mean": [3.0], "std": [2.0]},
}  # fmt: skip
NETWORKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "dilated": (Dilated, {"width": 16, "depth": 2}), "encoder": (Encoder, {"width": 16, "depth": 1, "heads": 2}),
}  # fmt: skip


def modality(strands: str, **more: Any) -> Sequence:
    made = Sequence(alphabet="dna", length=64, strands=strands, **more)  # pyright: ignore[reportArgumentType]
    made.fit_stored([stacked([encoded(made, row) for row in ROWS])])
    return made


def encoded(made: Sequence, row: Any) -> dict[str, np.ndarray]:
    return made.encode(made.read({"input": row}, Budget()))


def batch(made: Sequence, rows: list[Any]) -> Batch:
    found = made.collate(MemoryRows(made, [encoded(made, row) for row in rows]).feed(np.arange(len(rows))))
    return {**found, "key": random.keys(0, 0, torch.arange(len(rows)))}


def made(strands: str, kind: str, network: str = "dilated", **more: Any) -> tuple[Sequence, Any, Task]:
    """Data, and a network and a head with weights that show mistakes."""
    data = modality(strands)
    torch.manual_seed(0)
    cls, sizes = NETWORKS[network]
    backbone = cls(data.spec, **sizes)
    task = catalog.load("tasks", kind)(backbone, batch(data, ROWS), data.augment(data), **SETTINGS[kind], **more)
    for parameter in task.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return data, backbone.eval(), task.eval()


@torch.no_grad()
def gap(data: Sequence, backbone: Any, task: Task) -> float:
    one, other = (task.outputs(backbone, batch(data, side)) for side in (ROWS, [opposite(row) for row in ROWS]))
    assert one is not None
    assert other is not None
    return float((one - other).abs().max())


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_both_strands_have_one_answer_where_they_mean_the_same(kind: str, network: str) -> None:
    data, backbone, task = made("both", kind, network)
    assert gap(data, backbone, task) < 1e-5
    assert task.manner == "answers are the mean over a row and its other strand (task.twins)"
    assert gap(*made("both", kind, network, twins=False)) > 1e-3


@pytest.mark.parametrize("kind", SETTINGS)
def test_strands_that_differ_are_never_mixed(kind: str) -> None:
    data, backbone, task = made("one", kind, agree=1.0)
    assert task.augment.twin(batch(data, ROWS)) is None
    assert (task.manner, task.agree) == ("", 0.0)
    assert gap(data, backbone, task) > 1e-3


@torch.no_grad()
def test_a_linear_head_says_the_mean_of_what_it_says_of_both_strands() -> None:
    data, backbone, task = made("both", "regress")
    single = made("both", "regress", twins=False)
    single[2].load_state_dict(task.state_dict())
    single[1].load_state_dict(backbone.state_dict())
    sides = [single[2].outputs(single[1], batch(data, rows)) for rows in (ROWS, [opposite(row) for row in ROWS])]
    found = task.outputs(backbone, batch(data, ROWS))
    assert torch.allclose(found, sum(sides) / 2, atol=1e-5)  # pyright: ignore[reportArgumentType]


def test_the_loss_of_agreement_is_both_losses_and_how_far_outputs_are_apart() -> None:
    data, backbone, task = made("both", "classify", agree=0.7)
    assert isinstance(task.agree, float)
    y = torch.tensor([number % 3 for number in CLASSES])
    task.augment.train()
    given = {**batch(data, ROWS), "y": y}
    head: Any = task.head
    logits = [head(backbone.summary(backbone(task.augment(one)))) for one in (given, task.augment.twin(given))]  # pyright: ignore[reportArgumentType]
    task.train()
    step = task(backbone, given)
    by_hand = sum(torch.nn.functional.cross_entropy(one, y) for one in logits) / 2
    apart = (logits[0] - logits[1]).square().mean()
    assert torch.allclose(step.loss, by_hand + 0.7 * apart, atol=1e-5)
    assert torch.allclose(step.logs["apart"], apart, atol=1e-5)


def test_two_views_of_a_row_are_read_from_different_strands() -> None:
    data = modality("both")
    augment, given = data.augment(data), batch(data, ROWS)
    views = [augment(given, view)["x"] for view in (0, 1)]
    turned = augment.twin(given)
    assert turned is not None
    straight = [(view == given["x"]).all(1) for view in views]
    across = [(view == turned["x"]).all(1) for view in views]
    assert all((one ^ other).all() for one, other in zip(straight, across, strict=True))
    assert (straight[0] ^ straight[1]).all()
    assert 0 < straight[0].sum() < len(ROWS)


def test_the_twin_of_ids_is_the_ids_of_the_opposite_sequence() -> None:
    for more in ({}, {"tokens": "kmers", "k": 3, "overlap": True}):
        data = modality("both", **more)
        twin, expected = data.augment(data).twin(batch(data, ROWS)), batch(data, [opposite(row) for row in ROWS])
        assert twin is not None
        assert torch.equal(twin["x"], expected["x"])


def test_rows_with_labels_of_letters_have_no_twin() -> None:
    data = modality("both")
    assert data.augment(data).twin(batch(data, [Words(tuple(row)) for row in ROWS])) is None


def saved(path: Path, network: str) -> Path:
    data, backbone, task = made("both", "classify", network)
    sizes = NETWORKS[network][1]
    config = {"backbone": {"kind": network, **sizes}, "facts": dict(data.spec.sizes), "modality": {"kind": "sequence"},
              "augment": {"kind": "sequence"}, "task": {"kind": "classify", **SETTINGS["classify"]}}  # fmt: skip
    artifact.save(path, config=config, backbone=backbone, head=task, modality=data, facts=facts_of())
    artifact.seal(path)
    return path


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_saved_model_still_reads_both_strands_and_an_export_answers_alike(tmp_path: Path) -> None:
    predictor = Predictor.load(saved(tmp_path / "model", "dilated"))
    one, other = predictor.predict(ROWS), predictor.predict([opposite(row) for row in ROWS])
    shares = [[list(answer["probabilities"].values()) for answer in side] for side in (one, other)]
    assert np.allclose(*shares, atol=1e-6)
    assert export(predictor, "pt2", tmp_path / "pt2", ROWS).difference < 1e-4
    assert "Its answers are the mean over a row and its other strand" in (tmp_path / "pt2" / "README.md").read_text()


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_it_is_said_that_answers_are_of_both_strands(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("sequence,label\n" + "".join(f"{row},{'abc'[n % 3]}\n" for n, row in enumerate(ROWS)), "utf-8")
    assert run([verb, str(saved(tmp_path / "model", "dilated")), str(table)]) == 0
    assert "answers are the mean over a row and its other strand (task.twins)" in capsys.readouterr().err


def test_another_library_that_reads_one_strand_is_refused(tmp_path: Path) -> None:
    predictor = Predictor.load(saved(tmp_path / "model", "encoder"))
    with pytest.raises(ContractError, match=r"HS-C321.*task\.twins=false"):
        export(predictor, "transformers", tmp_path / "theirs", ROWS)
