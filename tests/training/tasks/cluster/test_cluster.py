"""The verb `cluster`: clusters of a table and of texts, new rows, labels that change nothing, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.cli import run as command
from headstart.core.errors import HeadstartError
from headstart.training.tasks.cluster.answer import class_names, row_scores, scorer

GROUPS = ("north", "south", "east")


def written(place: Path, *, shuffled: bool = False) -> Path:
    """Three groups of rows, the first the largest, with their names."""
    drawn = np.random.default_rng(0)
    names = np.repeat(GROUPS, (120, 80, 60))
    middles = {"north": (0, 9, 0), "south": (9, 0, 0), "east": (0, 0, 9)}
    told = drawn.permutation(names) if shuffled else names
    lines = ["a,b,c,place"]
    for name, label in zip(names, told, strict=True):
        values = np.array(middles[name]) + drawn.normal(size=3)
        lines.append(",".join(f"{value:.4f}" for value in values) + f",{label}")
    place.write_text("\n".join(lines) + "\n")
    return place


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clusters")
    hs.cluster(written(home / "t.csv"), target="place", out=home / "m", seed=0)
    return home


def test_planted_groups_are_found_and_scored(home: Path) -> None:
    model = hs.load(home / "m")
    scores = model.scores
    assert scores["nmi"] > 0.9
    assert scores["ari"] > 0.9
    assert scores["nmi_low"] <= scores["nmi"]
    assert model.task.groups is not None
    sizes = list(model.task.groups.sizes)
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)


def test_new_rows_get_a_cluster_and_far_rows_are_noise(home: Path, tmp_path: Path) -> None:
    new = tmp_path / "n.csv"
    new.write_text("a,b,c\n0,9,0\n9,0,0\n900,-900,900\n")
    answers = hs.load(home / "m").predict(new)
    assert [one["cluster"] for one in answers][2] == -1
    assert answers[0]["cluster"] == 0
    assert answers[1]["cluster"] == 1
    assert answers[0]["share"] > 0.9


def test_labels_choose_nothing(home: Path) -> None:
    hs.cluster(written(home / "s.csv", shuffled=True), target="place", out=home / "shuffled", seed=0)
    one, other = (hs.load(home / name) for name in ("m", "shuffled"))
    assert other.scores["nmi"] < 0.3
    told = [[answer["cluster"] for answer in model.predict(home / "t.csv")] for model in (one, other)]
    # splits follow content, which the labels are part of: the same groups, if not the same rows to learn from
    pairs = set(zip(*told, strict=True))
    assert len([pair for pair in pairs if -1 not in pair]) == 3


def test_the_report_has_a_card_a_cluster_and_a_map_with_titles(home: Path) -> None:
    page = (home / "m" / "report.html").read_text("utf-8")
    for number in range(3):
        assert f"cluster {number}: " in page
    assert "what tells it apart" in page
    assert "near its middle" in page
    assert "at its edge" in page
    assert "deviations)" in page  # a column, in its own unit
    assert page.count("<title>cluster 0: ") > 20


def test_the_command_prints_clusters_with_their_sizes(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert command(["cluster", str(home / "t.csv"), "--target", "place", "--out", str(home / "m"), "--json"]) == 0
    said = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert [one["cluster"] for one in said["clusters"]] == [0, 1, 2]
    assert {"nmi", "ari", "ami", "silhouette", "noise", "purity", "baseline_purity"} <= said["scores"].keys()


def test_other_tunings_are_refused_with_a_way_that_works(home: Path, tmp_path: Path) -> None:
    with pytest.raises(HeadstartError, match="C860"):
        hs.finetune(home / "t.csv", start="scratch", task="cluster", tuning="full", target="place", out=tmp_path / "x")
    with pytest.raises(HeadstartError, match="C862"):
        hs.cluster(home / "t.csv", target="place", out=tmp_path / "y",
                   settings={"task.method": "hdbscan", "task.clusters": 3})  # fmt: skip


def test_starts_of_clusters_are_not_compared_by_labels(home: Path, tmp_path: Path) -> None:
    given = {"task": "cluster", "target": "place", "out": tmp_path / "x"}
    with pytest.raises(HeadstartError, match=r"C920.*hs.cluster\(DATA, start=MODEL, out=DIR\), with"):
        hs.rank(home / "t.csv", **given)
    with pytest.raises(HeadstartError, match="C920"):
        hs.auto(home / "t.csv", **given)
    with pytest.raises(HeadstartError, match="C920"):
        hs.gain(home / "t.csv", start=home / "m", **given)
    assert hs.evaluate(home / "m", home / "t.csv").scores["nmi"] > 0.9


SUBJECTS = {"ships": "harbour captain sailing vessel anchor", "cooks": "kitchen recipe butter onion oven",
            "stars": "planet telescope orbit galaxy comet"}  # fmt: skip


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts about three subjects, between signs of a print that has nothing to do with them, and their clusters."""
    home, drawn = tmp_path_factory.mktemp("texts"), np.random.default_rng(0)
    rows = [(" ".join(drawn.choice(words.split(), 6)) + str(drawn.choice([" -- -- ;;", " . ,", ""])), name)
            for name, words in SUBJECTS.items() for _ in range(60)]  # fmt: skip
    (home / "t.csv").write_text("\n".join(["text,subject", *(f'"{text}",{name}' for text, name in rows)]) + "\n")
    hs.cluster(home / "t.csv", target="subject", out=home / "m", settings={"task.clusters": 3})
    return home


def test_texts_are_told_apart_by_their_words_not_by_signs(texts: Path) -> None:
    assert hs.load(texts / "m").scores["nmi"] > 0.9


def test_the_learned_start_lies_beside_the_run_which_can_be_repeated(texts: Path) -> None:
    assert hs.load(texts / "m-start").path is not None
    assert hs.rerun(texts / "m", out=texts / "again").equal


def test_scores_equal_those_of_scikit_learn_and_noise_counts_as_a_cluster() -> None:
    from sklearn.metrics import normalized_mutual_info_score

    drawn = np.random.default_rng(0)
    clusters, classes = drawn.integers(-1, 3, 60), drawn.integers(0, 3, 60)
    answers = [{"cluster": int(one), "silhouette": 0.5} for one in clusters]
    examples = [{"label": f"class {one}"} for one in classes]
    scores = scorer(answers, examples)(np.arange(60))
    assert scores["nmi"] == pytest.approx(normalized_mutual_info_score(classes, clusters))
    hits = row_scores(answers, examples)
    slow = [max(sum(1 for a, c in zip(clusters, classes, strict=True) if a == k and c == name) for name in range(3))
            for k in range(-1, 3)]  # fmt: skip
    assert hits.sum() == sum(slow)


def test_numbers_that_hardly_repeat_are_no_classes() -> None:
    assert class_names([{"label": 0.1 * place} for place in range(20)]) is None
    assert class_names([{"label": "a"}, {"label": None}]) is None
    assert class_names([{"label": "a"}, {"label": "a"}]) == ["a", "a"]


def test_an_exported_model_gives_the_shares(home: Path, tmp_path: Path) -> None:
    made = hs.export(home / "m", format="pt2", out=tmp_path / "pt2")
    assert made.difference < 1e-4
