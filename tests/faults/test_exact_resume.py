"""A run that is cut off twice ends with the weights of one that was not, for every kind of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from headstart.assemble import Parts, finetuning, pretraining
from headstart.cli import run as command
from headstart.core import catalog
from headstart.core.recipe import Recipe, override
from headstart.models.artifact import weights_digest
from headstart.training.loop import Progress, Trainee
from headstart.training.run import checkpoint
from tests.helpers.faults.cases import CASES, TABLES, Case, preparing, write_tables
from tests.helpers.runs import learn
from tests.helpers.tiers import one_each

STEPS, SAVE = 12, 3
STEPPED = [name for name, case in CASES.items() if case.stepped]
Assemble = Callable[[Case], Parts]


class Cut(Exception):
    """What kills a run here."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared tables, and the models that cases start or learn from, hardly trained."""
    folder = tmp_path_factory.mktemp("exact")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(folder / "cache"))
        write_tables(folder)
        for name in TABLES:
            assert command(preparing(folder, name)) == 0
        for name in sorted({name for case in CASES.values() for name in case.needed}):
            words = CASES[name].words(folder, steps=2)
            assert command([*words, "--out", str(folder / name)]) == 0
    return folder


@pytest.fixture
def assembled(place: Path, monkeypatch: pytest.MonkeyPatch) -> Assemble:
    """The parts of a case's run, made anew as another process would make them."""
    monkeypatch.setenv("HEADSTART_CACHE", str(place / "cache"))

    def made(case: Case) -> Parts:
        start = {"start": str(place / case.start)} if case.start else {}
        recipe = override(Recipe(), {"verb": case.verb, **start, **case.asked(place, steps=STEPS, save=SAVE)})
        source = case.data if case.data == "digits" else str(place / case.data)
        return (pretraining if case.verb == "pretrain" else finetuning)(recipe, source, device="cpu")

    return made


def carried_out(parts: Parts, folder: Path | None = None, cut_after: int | None = None) -> list[str]:
    """Run to the end, or until the cut; digests of the last weights, and of those that are kept in the end."""
    learner, digests = (parts.trainee.backbone, parts.trainee.objective), []

    def watch(progress: Progress, logs: Mapping[str, float]) -> None:
        if progress.step == cut_after:
            raise Cut
        if progress.done >= 1:
            digests.append(weights_digest(*learner))  # fine-tuning may keep earlier ones that no cut touched

    learn(parts, folder, watch)
    return [*digests, weights_digest(*learner)]


def cut_twice(assembled: Assemble, case: Case, folder: Path) -> list[str]:
    """Cut off in the middle of an epoch between two saves, again right after the next save, then let finish."""
    for step in (5, 7):
        with pytest.raises(Cut):
            carried_out(assembled(case), folder, step)
        assert max(int(path.stem) for path in folder.glob("last/*.json")) == step // SAVE * SAVE
    return carried_out(assembled(case), folder)


def kinds(name: str) -> set[tuple[str, str]]:
    return set(CASES[name].kinds.items())


@pytest.mark.parametrize("name", one_each(STEPPED, kinds))
def test_a_run_that_was_cut_off_twice_ends_equal(assembled: Assemble, tmp_path: Path, name: str) -> None:
    parts = assembled(CASES[name])
    assert parts.batches.rows % parts.batches.size  # a cut falls into the middle of an epoch
    whole = carried_out(parts)
    assert len(whole) == 2
    assert cut_twice(assembled, CASES[name], tmp_path) == whole


@pytest.mark.parametrize("name", one_each((name for name, case in CASES.items() if not case.stepped), kinds))
def test_what_is_solved_comes_out_equal_every_time(assembled: Assemble, tmp_path: Path, name: str) -> None:
    assert carried_out(assembled(CASES[name]), tmp_path) == carried_out(assembled(CASES[name]))


@pytest.mark.parametrize("name", ["autoencoder-mlp", "classify-full-vit"])
def test_negative_control_a_resume_without_the_optimizer_is_found_out(
    assembled: Assemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole, sound = carried_out(assembled(CASES[name])), checkpoint.load

    def forgetful(folder: Path, trainee: Trainee) -> tuple[checkpoint.Checkpoint | None, list[str]]:
        found, warnings = sound(folder, trainee)
        if found is not None:
            found.state.saved = {}
        return found, warnings

    monkeypatch.setattr(checkpoint, "load", forgetful)
    assert cut_twice(assembled, CASES[name], tmp_path) != whole


KEEPS_ROWS = {"tabicl"}  # nothing is learned in steps, and its library is not installed for tests


@pytest.mark.parametrize("family", ["objectives", "tasks", "tunings", "backbones"])
def test_every_kind_of_the_catalog_has_a_case(family: str) -> None:
    covered = {case.kinds.get(catalog.singular(family)) for case in CASES.values()}
    assert set(catalog.kinds(family)) - covered - KEEPS_ROWS == set()


def test_every_task_has_a_case_with_every_tuning() -> None:
    covered = {(case.kinds.get("task"), case.kinds.get("tuning")) for case in CASES.values()}
    how = {tuning: catalog.load("tunings", tuning) for tuning in catalog.kinds("tunings")}
    wanted = {
        (task, tuning) for task in catalog.kinds("tasks") for tuning in how
        if catalog.load("tasks", task).probe or not (how[tuning].closed_form or how[tuning].solves_head != "never")
        if tuning not in ("spread", "pairs", "selftrain") or task == "classify"
        if (only := catalog.load("tasks", task).only_tuning) is None or only.kind == tuning
    }  # fmt: skip
    assert wanted - covered == set()


def test_masking_is_cut_off_on_pictures_and_on_texts() -> None:
    masked = {case.data for case in CASES.values() if case.kinds.get("objective") == "masked"}
    assert masked >= {"digits", "topics"}
