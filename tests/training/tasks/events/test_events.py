"""Events in drawn rows that run over time: targets, refusals, thresholds, answers and how they are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.look import Look
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, DataError
from headstart.models.backbones.cnn import Cnn
from headstart.training.tasks.events.event_scores import Event
from headstart.training.tasks.events.events import Events
from headstart.training.tasks.events.occurrences import Occurrences
from tests.helpers.worlds import World, digits, lines, some

DOG = {"start": 0.4, "end": 1.25, "label": "dog"}


@pytest.fixture(scope="module")
def world() -> World:
    return lines()


def begun(world: World, **settings: Any) -> tuple[Cnn, Events]:
    torch.manual_seed(0)
    backbone = Cnn(world.spec, channels=(8, 16)).eval()
    augment = world.modality.augment(world.modality, shift=0)
    return backbone, Events(
        backbone, world.batch, augment, **{"classes": ["cat", "dog"], "memory": 8, **settings}
    ).eval()


def targets(task: Events, backbone: Cnn, world: World, *labels: list[dict[str, Any]]) -> torch.Tensor:
    made = [torch.from_numpy(task.label({"label": label}, {})["y"]) for label in labels]
    y = torch.nn.utils.rnn.pad_sequence(made, batch_first=True, padding_value=-100)
    return task.examine(backbone, {**some(world.batch, slice(0, len(labels))), "y": y})[1]


def test_a_moment_has_the_labels_that_go_on_in_its_middle(world: World) -> None:
    backbone, task = begun(world)  # 28 pixels of a tenth of a second in 14 moments
    cat = {"start": 0.9, "end": 0.95, "label": "cat"}
    both, none = targets(task, backbone, world, [DOG, cat], [])
    assert both[:, 1].nonzero().flatten().tolist() == [2, 3, 4, 5]
    assert both[:, 0].nonzero().flatten().tolist() == [4]  # shorter than a moment
    assert not none[:, :2].any()
    assert both[:, 2].all()


def test_padding_is_neither_learned_nor_answered(world: World) -> None:
    backbone, task = begun(world)
    torch.nn.init.normal_(task.head.last.weight)
    keep = torch.arange(28) < torch.full((64, 1), 14)
    batch = {**world.batch, "keep": keep, "y": torch.full((64, 1, 3), -100.0)}
    seen, aims = task.examine(backbone, batch)
    loss = task.judge(seen, aims).loss.item()
    aims[:, 7:, :2] = 1.0
    assert task.judge(seen, aims).loss.item() == loss
    assert not task.outputs(backbone, batch)[:, 7:].any()
    task.thresholds.fill_(0.0)
    with torch.no_grad():
        assert all(event["end"] <= 1.4 + 1e-6 for row in task.predict(backbone, batch) for event in row["events"])


def test_threshold_and_smoothing_are_those_of_the_best_f1_on_held_out_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone, task = begun(world)
    shares = np.zeros((1, 20, 2), np.float32)
    shares[0, 4:12, 1] = 0.35
    shares[0, 7, 1] = 0.0  # a gap
    shares[0, 15, 1] = 0.35  # too short
    monkeypatch.setattr(task, "_shares", lambda backbone, batch: (shares, [20], 0.1))
    y = torch.tensor([[[0.4, 1.2, 1.0]]])
    before = task.predict(backbone, {"y": y})
    task.settle(backbone, [])
    assert task.thresholds.tolist() == [0.5, 0.5]
    task.settle(backbone, [{"y": y}])
    assert before == [{"events": []}]
    (after,) = task.predict(backbone, {"y": y})
    assert [(event["start"], event["end"], event["label"]) for event in after["events"]] == [
        (pytest.approx(0.4), pytest.approx(1.2), "dog")
    ]
    assert task.thresholds[0] == 0.5  # of what is not in the held-out rows
    assert task.thresholds[1] == pytest.approx(0.3)
    assert task.smoothing[1] > 0


def test_refusals_name_what_is_wrong(world: World) -> None:
    with pytest.raises(DataError, match="HS-D512"):
        begun(world, classes=())
    with pytest.raises(DataError, match="HS-D402"):
        begun(world)[1].label({"label": [{**DOG, "label": "cow"}], "origin": "a.wav"}, {})
    with pytest.raises(ContractError, match="HS-C506"):
        begun(digits())


def test_it_suits_lists_of_events_over_time() -> None:
    timed = Circumstances(Spec("grid", {}, rate=100.0), 8, "cpu")
    assert Events.suits([[DOG], []], timed) is not None
    assert Events.suits([[DOG], []], Circumstances(Spec("grid", {}), 8, "cpu")) is None
    assert Events.suits([[], []], timed) is None
    assert Events.suits(["dog"], timed) is None
    assert Events.infer_settings([[DOG], None, [{**DOG, "label": "ant"}]]) == {"classes": ["ant", "dog"]}
    assert Events.strata([[DOG]]) is None


def test_answers_are_shown_in_a_line_below_the_picture_and_by_label(world: World) -> None:
    kind = Occurrences(["cat", "dog"])
    answer, example = {"events": [{**DOG, "score": 0.9}]}, {"label": [DOG, {"start": 2, "end": 3, "label": "cat"}]}
    assert kind.line(answer, ()) == "dog 0.40-1.25 s"
    assert kind.line({"label": []}, ()) == "nothing"
    rows = {row["class"]: row for row in kind.table([answer], [example])}
    assert rows["dog"] == {"class": "dog", "rows": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert rows["cat"]["recall"] == rows["cat"]["precision"] == rows["cat"]["f1"] == 0.0
    drawn = kind.draw(Pillow.new("L", (28, 8)), answer, example, world.modality)
    assert drawn.size == (256, 80 + 3 * 14)  # one answered label, two true ones
    assert drawn.getpixel((76, 80 + 11)) == (0xC0, 0x50, 0)  # at 0.83 of 2.8 seconds
    assert drawn.getpixel((76, 80 + 11 + 28)) == (0x10, 0x60, 0xA0)
    assert Events.show_label(Look(), {"label": [DOG]}, (), world.modality).title == "dog 0.40-1.25 s"
    assert Event(**DOG) == Event(0.4, 1.25, "dog")
