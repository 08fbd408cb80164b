"""kill -9 at random moments: the same command again ends with the same weights, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from killing import finish, kill_again_and_again

AUGMENTED = ["augment.shift=1", "augment.flip=true", "augment.erase=0.3"]
COMMON = ["--quiet", "--steps", "400", "plan.save=5", "plan.batch=32", "plan.check=0.25"]
CASES = {
    "autoencoder": ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", *COMMON, *AUGMENTED,
                    "backbone.widths=[32, 8]", "backbone.dropout=0.2", "objective.noise=0.1", "plan.ema=0.9"],
    "masked": ["pretrain", "digits", "--backbone", "vit", "--objective", "masked", *COMMON, *AUGMENTED,
               "backbone.width=24", "backbone.depth=1", "backbone.dropout=0.2", "objective.decoder_width=32",
               "objective.decoder_depth=1"],
    "contrastive": ["pretrain", "digits", "--backbone", "resnet", "--objective", "contrastive", *COMMON, *AUGMENTED,
                    "plan.steps=100", "backbone.depth=10", "backbone.width=4"],
}  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed") / "cache"


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> str:
    """Digest of the autoencoder that nobody killed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return finish([*CASES["autoencoder"], "--out", str(folder)], folder, cache)


def test_three_kills_leave_no_trace_in_the_weights(uninterrupted: str, cache: Path, tmp_path: Path) -> None:
    found = kill_again_and_again(CASES["autoencoder"], tmp_path, cache, kills=3, seed=3)
    assert found.after_the_first_step >= 0.6
    assert set(found.digests) == {uninterrupted}


@pytest.mark.slow
def test_twenty_kills_of_an_autoencoder_with_dropout_and_augmentation(
    uninterrupted: str, cache: Path, tmp_path: Path
) -> None:
    found = kill_again_and_again(CASES["autoencoder"], tmp_path, cache, kills=20, seed=0)
    assert found.after_the_first_step >= 0.7
    assert found.while_saving >= 1
    assert len(found.digests) >= 2
    assert set(found.digests) == {uninterrupted}


@pytest.mark.slow
@pytest.mark.parametrize("case", ["masked", "contrastive"])
def test_twenty_kills_of_other_objectives(case: str, cache: Path, tmp_path: Path) -> None:
    whole = finish([*CASES[case], "--out", str(tmp_path / "whole")], tmp_path / "whole", cache)
    found = kill_again_and_again(CASES[case], tmp_path / "killed", cache, kills=20, seed=1)
    assert found.after_the_first_step >= 0.7
    assert found.while_saving >= 1
    assert len(found.digests) >= 2
    assert set(found.digests) == {whole}


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["gradual", "full"])
def test_twenty_kills_of_fine_tuning_with_best_weights(tuning: str, cache: Path, tmp_path: Path) -> None:
    start = tmp_path / "start"
    finish([*CASES["masked"], "plan.steps=20", "--out", str(start)], start, cache)
    arguments = [
        "finetune",
        "digits",
        "--from",
        str(start),
        "--tuning",
        tuning,
        *COMMON,
        *AUGMENTED,
        "task.dropout=0.2",
    ]
    whole = finish([*arguments, "--out", str(tmp_path / "whole")], tmp_path / "whole", cache)
    found = kill_again_and_again(arguments, tmp_path / "killed", cache, kills=20, seed=2)
    assert found.after_the_first_step >= 0.7
    assert found.while_saving >= 1
    assert len(found.digests) >= 2
    assert set(found.digests) == {whole}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["optimizer", "step"])
def test_negative_control_a_forgetful_resume_is_found_out(
    uninterrupted: str, cache: Path, tmp_path: Path, fault: str
) -> None:
    found = kill_again_and_again(CASES["autoencoder"], tmp_path, cache, kills=6, seed=4, fault=fault)
    assert uninterrupted not in found.digests
