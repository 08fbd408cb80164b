"""pretrain, finetune, rerun: what they leave behind, when they go on, and when they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Headstart = Callable[..., Any]
TINY = ["--steps", "20", "backbone.widths=[32, 16]", "plan.batch=64", "--quiet"]
PRETRAIN = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", *TINY]
SCRATCH = ["finetune", "digits", "--from", "scratch", "--backbone", "mlp", *TINY]


def facts(path: Path) -> dict[str, Any]:
    return json.loads((path / "headstart.json").read_text())


def test_a_model_directory_holds_what_the_design_promises(model: Path) -> None:
    names = {str(p.relative_to(model)) for p in model.rglob("*")}
    assert names >= {
        "config.json", "model.safetensors", "head.safetensors", "preprocessor_config.json", "recipe.toml",
        "headstart.json", "history.jsonl", "report.json", "report.html", "README.md", "manifest.json",
    }  # fmt: skip
    assert not (model / "last").exists()
    assert not [name for name in names if name.endswith((".pkl", ".pt", ".bin.index"))]


@pytest.mark.parametrize("command", [PRETRAIN, SCRATCH], ids=["pretrain", "finetune"])
def test_the_last_line_is_one_object_with_the_promised_keys(
    headstart: Headstart, tmp_path: Path, command: list[str]
) -> None:
    told = headstart(*command, "--out", tmp_path / "run", "--json")
    assert told.code == 0
    assert set(told.json) >= {"command", "out", "scores", "seconds", "peak_memory_bytes", "warnings"}
    assert told.json["command"] == command[0]
    assert told.json["out"] == str(tmp_path / "run")
    assert told.json["peak_memory_bytes"] > 10_000_000
    if command[0] == "finetune":
        assert {"accuracy", "accuracy_low", "accuracy_high", "macro_f1", "ece"} <= set(told.json["scores"])
        assert told.json["scores"]["accuracy_low"] <= told.json["scores"]["accuracy"]
        for name in ("ece", "baseline_accuracy"):
            low, value, high = (told.json["scores"][f"{name}{end}"] for end in ("_low", "", "_high"))
            assert 0 <= low <= value <= high <= 1
    assert told.err == ""  # quiet
    assert len(told.out.splitlines()) > 1
    assert "next: " not in told.out


@pytest.mark.parametrize("words", [["mlp", "--objective", "autoencoder", *TINY], ["linear", "--objective", "pca"]])
def test_pretraining_is_scored_on_valid_rows_as_evaluate_does(
    headstart: Headstart, tmp_path: Path, words: list[str]
) -> None:
    told = headstart("pretrain", "digits", "--backbone", *words, "--out", tmp_path / "run", "--json").json
    assert told["scores"]["loss_low"] <= told["scores"]["loss"] <= told["scores"]["loss_high"]
    scored = headstart("evaluate", tmp_path / "run", "digits", "--split", "valid", "--json").json
    assert told["scores"] == scored["scores"]
    assert headstart("show", tmp_path / "run", "--json").json["split"] == "valid"


def test_pretraining_on_every_row_has_no_rows_left_to_be_scored_on(headstart: Headstart, tmp_path: Path) -> None:
    words = ["--backbone", "linear", "--objective", "pca", "--all", "--out", tmp_path / "run", "--json"]
    assert headstart("pretrain", "digits", *words).json["scores"] == {}


def test_the_same_command_again_is_done_at_once_and_changes_nothing(headstart: Headstart, model: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in model.iterdir() if path.name != ".lock"}
    assert headstart(*PRETRAIN, "--out", model).code == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_run_in_the_same_directory_needs_overwrite(headstart: Headstart, tmp_path: Path) -> None:
    place = tmp_path / "run"
    assert headstart(*PRETRAIN, "--out", place).code == 0
    refused = headstart(*PRETRAIN, "--out", place, "--seed", "1")
    assert refused.code == 78
    assert "seed: 0 -> 1" in refused.err
    assert "--overwrite" in refused.err
    old = facts(place)["weights"]
    assert headstart(*PRETRAIN, "--out", place, "--seed", "1", "--overwrite").code == 0
    assert facts(place)["weights"] != old
    assert headstart("verify", place).code == 0


def test_foreign_files_are_never_touched(headstart: Headstart, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for more in ([], ["--overwrite"]):
        assert headstart(*PRETRAIN, "--out", tmp_path, *more).code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_rerun_comes_out_equal_bit_for_bit(headstart: Headstart, model: Path, tuned: Path, tmp_path: Path) -> None:
    for path in (model, tuned):
        told = headstart("rerun", path, "--out", tmp_path / path.name, "--json", "--quiet")
        assert told.code == 0
        assert told.json["equal"] is True
        assert facts(tmp_path / path.name)["weights"] == facts(path)["weights"]


def test_a_rerun_over_its_own_original_is_refused(headstart: Headstart, tuned: Path) -> None:
    assert headstart("rerun", tuned, "--out", tuned, "--quiet").code == 0  # the same run: nothing to do
    assert headstart("finetune", "digits", "--from", tuned, "--out", tuned, "--overwrite", "--quiet").code == 2
    assert headstart("verify", tuned).code == 0


def test_seeds_change_the_weights_and_nothing_else_does(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    weights = []
    for seed in (0, 1, 0):
        place = tmp_path / str(len(weights))
        assert headstart(*PRETRAIN, "--seed", str(seed), "--out", place).code == 0
        weights.append(facts(place)["weights"])
    assert weights[0] == weights[2] == facts(model)["weights"]
    assert weights[0] != weights[1]


def test_a_recipe_file_and_overrides_make_the_same_run(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    told = headstart("pretrain", "--recipe", model / "recipe.toml", "--out", tmp_path / "again", "--quiet")
    assert told.code == 0
    assert facts(tmp_path / "again")["weights"] == facts(model)["weights"]
    words = ["pretrain", "--recipe", model / "recipe.toml", "plan.lr=0.01", "--quiet"]
    assert headstart(*words, "--out", tmp_path / "other").code == 0
    assert facts(tmp_path / "other")["weights"] != facts(model)["weights"]


def test_a_recipe_for_other_data_is_drift(headstart: Headstart, model: Path, photos: Path, tmp_path: Path) -> None:
    told = headstart("pretrain", photos, "--recipe", model / "recipe.toml", "--out", tmp_path / "x", "--quiet")
    assert told.code == 78
    assert "changed" in told.err


@pytest.mark.parametrize("count", [10, 37, 100])
def test_labels_n_uses_exactly_n(headstart: Headstart, model: Path, tmp_path: Path, count: int) -> None:
    told = headstart("finetune", "digits", "--from", model, "--labels", str(count), "--out", tmp_path / "t", "--quiet")
    assert told.code == 0
    assert facts(tmp_path / "t")["data"]["rows"] == count


def test_more_labels_than_there_are_is_a_usage_error(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    told = headstart("finetune", "digits", "--from", model, "--labels", "9999", "--out", tmp_path / "t")
    assert told.code == 2
    assert "9999" in told.err


def test_lineage_names_the_parent_and_its_hash(model: Path, tuned: Path) -> None:
    from headstart.models.artifact import Artifact

    assert [parent["hash"] for parent in facts(tuned)["lineage"]] == [Artifact.open(model).hash]
    assert facts(model)["lineage"] == []


@pytest.mark.parametrize("tuning", ["full", "probe", "gradual"])
def test_every_tuning_adapts_the_model(headstart: Headstart, model: Path, tmp_path: Path, tuning: str) -> None:
    words = ["finetune", "digits", "--from", model, "--tuning", tuning, "--steps", "30", "--out", tmp_path / "t"]
    told = headstart(*words, "--json", "--quiet")
    assert told.code == 0
    assert told.json["scores"]["accuracy"] > 0.3


@pytest.mark.parametrize("setting", ["augment.shift=1", "objective.noise=0.2", "modality.scale=unit", "plan.clip=0"])
def test_a_single_setting_of_any_part_can_be_changed(headstart: Headstart, tmp_path: Path, setting: str) -> None:
    told = headstart(*PRETRAIN, setting, "--out", tmp_path / "run")
    assert (told.code, told.err) == (0, "")
    assert setting.split(".")[1].split("=")[0] in (tmp_path / "run" / "recipe.toml").read_text()


def test_pretraining_goes_on_from_a_pretrained_model_with_its_own_head(
    headstart: Headstart, model: Path, tmp_path: Path
) -> None:
    words = ["pretrain", "digits", "--init", model, "--objective", "autoencoder", "--steps", "5", "--quiet"]
    told = headstart(*words, "plan.batch=64", "plan.lr=1e-9", "--out", tmp_path / "more")
    assert told.code == 0
    losses = [json.loads(line)["loss"] for line in (tmp_path / "more" / "history.jsonl").read_text().splitlines()]
    ended = json.loads((model / "history.jsonl").read_text().splitlines()[-1])["loss"]
    assert losses[0] < 1.3 * ended  # a fresh decoder would start far above
    assert facts(tmp_path / "more")["lineage"][0]["name"] == model.name
