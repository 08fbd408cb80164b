"""What is chosen where the user says nothing, and which rows a number of labels stands for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from headstart.assemble import choose
from headstart.assemble.advice import advised, merge
from headstart.core import catalog
from headstart.core.contracts import Task
from headstart.core.contracts.choice import Adaptation, Circumstances, Defaults
from headstart.core.contracts.spec import Spec
from headstart.data.modalities.image.defaults import PictureDefaults
from headstart.data.modalities.text.defaults import TextDefaults
from tests.helpers.specs import picture_spec, text_spec

PICTURES, TEXTS = picture_spec(3, 32, 32), text_spec(8000, 64)
DEFAULTS: dict[str, Defaults] = {"grid": PictureDefaults(), "ids": TextDefaults()}


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["cat", "dog"], "classify"),
        ([0, 1, 2], "classify"),
        ([0.5, 1.5], "regress"),
        (list(range(60)), "regress"),
        ([True, False], "classify"),
        ([["a"], ["b"]], "classify"),
        ([[0.5, 1.0], [2.0, 3.0]], "regress"),
    ],
)
def test_the_task_follows_the_labels(labels: list[object], kind: str) -> None:
    choice = choose.task(labels, Circumstances(PICTURES, len(labels), "cpu"))
    assert choice is not None
    assert choice.kind == kind
    assert choice.why


@pytest.mark.parametrize(
    ("labels", "kind"),
    [([["O", "B-A"]], "tag"), ([{"predicates": []}], "roles"), (["pos", "neg"], "classify"), ([0.5, 1.5], "regress")],
)
def test_the_task_of_words_follows_what_their_labels_are_of(labels: list[object], kind: str) -> None:
    choice = choose.task(labels, Circumstances(TEXTS, len(labels), "cpu", words=True))
    assert choice is not None
    assert choice.kind == kind


@pytest.mark.parametrize(("causal", "kind"), [(True, "generate"), (False, "classify")])
def test_a_causal_network_answers_in_texts(causal: bool, kind: str) -> None:
    labels = ["a ship that sails", "an oven that bakes", "a league of goals"]
    choice = choose.task(labels, Circumstances(TEXTS, 3, "cpu", causal=causal))
    assert choice is not None
    assert choice.kind == kind


def test_without_labels_no_task_suits() -> None:
    assert choose.task([], Circumstances(PICTURES, 0, "cpu", words=True, causal=True)) is None


def adaptation(
    rows: int, classes: int, unlabelled: int = 0, *, task: str = "classify", solved: bool = False, single: bool = True
) -> Adaptation:
    linear = catalog.load("tasks", task).probe is not None
    return Adaptation(
        rows=rows, unlabelled=unlabelled, classes=classes, one_class=single, linear=linear, pretrained=True,
        solved=solved,
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "classes", "kind"), [(100, 10, "probe"), (100_000, 10, "full"), (10, 1, "probe")])
def test_few_labels_ask_for_a_probe(rows: int, classes: int, kind: str) -> None:
    assert choose.tuning(adaptation(rows, classes)).kind == kind


@pytest.mark.parametrize(
    ("rows", "classes", "more", "kind"),
    [
        (100, 6, {}, "pairs"), (60, 20, {}, "pairs"), (200, 2, {}, "pairs"), (40, 20, {}, "probe"),
        (600, 2, {}, "probe"), (100, 6, {"one_class": False}, "probe"), (10, 1, {}, "probe"),
        (100, 6, {"weights": 1_400_000_000}, "probe"), (100, 6, {"weights": 1_400_000_000, "device": "cuda"}, "pairs"),
    ],
)  # fmt: skip
def test_few_labels_of_a_public_network_are_compared_where_that_is_not_too_slow(
    rows: int, classes: int, more: dict[str, Any], kind: str
) -> None:
    assert choose.tuning(replace(adaptation(rows, classes), **{"public": True, **more})).kind == kind


@pytest.mark.parametrize(
    ("rows", "unlabelled", "classes", "single", "kind"),
    [
        (100, 1_000, 10, True, "spread"), (100, 999, 10, True, "probe"), (501, 50_000, 10, True, "probe"),
        (100, 0, 10, True, "probe"), (100, 1_000, 10, False, "probe"), (100_000, 0, 10, True, "probe"),
    ],
)  # fmt: skip
def test_few_labels_spread_where_many_rows_have_none(
    rows: int, unlabelled: int, classes: int, single: bool, kind: str
) -> None:
    assert choose.tuning(adaptation(rows, classes, unlabelled, solved=True, single=single)).kind == kind


def test_fresh_weights_all_learn() -> None:
    assert choose.tuning(replace(adaptation(100, 10), pretrained=False)).kind == "full"


def test_what_no_linear_model_can_do_moves_the_whole_network() -> None:
    assert choose.tuning(adaptation(10, 2, task="detect")).kind == "full"


@pytest.mark.parametrize(
    ("spec", "rows", "device", "minutes", "local", "backbone", "kind"),
    [
        (PICTURES, 50_000, "cpu", None, False, "auto", "kmeans"),
        (PICTURES, 50_000, "cpu", 90, False, "auto", "contrastive"),
        (PICTURES, 50_000, "cuda", None, False, "auto", "contrastive"),
        (PICTURES, 300, "cuda", None, False, "auto", "kmeans"),  # no two different batches
        (PICTURES, 50_000, "cpu", None, True, "auto", "masked"),  # boxes and masks need a map
        (PICTURES, 50_000, "cpu", None, False, "mlp", "autoencoder"),
        (PICTURES, 50_000, "cuda", None, False, "linear", "pca"),
        (PICTURES, 50_000, "cuda", None, False, "dictionary", "kmeans"),
        (PICTURES, 50_000, "cpu", None, False, "vit", "masked"),
        (PICTURES, 50_000, "cpu", None, False, "resnet", "contrastive"),
        (TEXTS, 5_000, "cpu", None, False, "auto", "lsa"),
        (TEXTS, 5_000, "cpu", 45, False, "auto", "masked"),
        (TEXTS, 5_000, "cpu", None, True, "auto", "masked"),  # topics of a bag say nothing of single words
        (TEXTS, 5_000, "cuda", None, False, "decoder", "causal"),
    ],
)
def test_the_learner_follows_number_size_and_kind_of_the_data_and_what_there_is_of_time(
    spec: Spec, rows: int, device: str, minutes: float | None, local: bool, backbone: str, kind: str
) -> None:
    about = Circumstances(spec, rows, device, minutes, local=local)
    choice = choose.objective(about, DEFAULTS[spec.layout], backbone)
    assert choice.kind == kind
    assert choice.why


def network(about: Circumstances, learner: str) -> str:
    return choose.backbone(
        about, DEFAULTS[about.spec.layout], learner, catalog.load("objectives", learner)
    ).kind  # fmt: skip


def test_the_network_follows_the_learner_and_what_is_looked_for() -> None:
    plain, local = (Circumstances(PICTURES, 500, "cpu", local=local) for local in (False, True))
    assert network(plain, "kmeans") == "dictionary"
    assert network(plain, "masked") == "vit"
    assert network(local, "masked") == "cnn"  # detect and segment need maps of several sizes
    assert network(Circumstances(PICTURES, 500, "cuda", local=True), "masked") == "resnet"
    assert network(plain, "contrastive") == "cnn"
    assert network(plain, "vae") == "mlp"
    assert network(replace(plain, device="cuda"), "vae") == "resnet"
    texts = Circumstances(TEXTS, 500, "cpu")
    assert network(texts, "causal") == "decoder"
    assert network(texts, "masked") == "encoder"  # what suits pictures cannot read ids


LABELS = ["a"] * 910 + ["b"] * 50 + ["c"] * 30 + ["d"] * 9 + ["e"]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6, 10, 37, 100, 999, 1000])
@pytest.mark.parametrize("seed", [0, 1])
def test_exactly_so_many_different_rows_are_drawn(count: int, seed: int) -> None:
    picked = choose.stratified(LABELS, 1000, count, seed)
    assert len(picked) == len(set(picked.tolist())) == count
    assert picked.tolist() == sorted(picked.tolist())


@pytest.mark.parametrize("count", [5, 10, 100, 500])
def test_every_class_is_there_if_it_fits_and_shares_are_kept(count: int) -> None:
    drawn = Counter(LABELS[i] for i in choose.stratified(LABELS, 1000, count, 0))
    assert set(drawn) == set("abcde")
    for name, size in Counter(LABELS).items():
        assert abs(drawn[name] - size / 1000 * count) <= max(1, 4 * (name == "a"))


def test_a_balanced_draw_is_balanced() -> None:
    labels = [str(i % 10) for i in range(1000)]
    assert set(Counter(labels[i] for i in choose.stratified(labels, 1000, 50, 0)).values()) == {5}


def test_seeds_draw_different_rows_and_the_same_seed_the_same() -> None:
    draws = [tuple(choose.stratified(LABELS, 1000, 20, seed)) for seed in (0, 1, 0)]
    assert draws[0] == draws[2] != draws[1]


def test_numbers_are_drawn_without_strata() -> None:
    strata = Task.strata(np.random.default_rng(0).random(100).tolist())
    assert strata is None
    assert len(choose.stratified(strata, 100, 17, 0)) == 17


def test_later_layers_win_and_none_says_nothing() -> None:
    assert merge({"a": 1, "b": 2}, {"a": None, "b": 3}) == {"a": 1, "b": 3}
    assert advised("plan", {"plan.lr": 1, "planet.lr": 2, "plan.other": 3}, ["lr", "steps"]) == {"lr": 1}
