"""Models that nobody vouches for: nothing of them runs, and each is refused in one line, soon and in little memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.helpers.hostile.builders import CASES, MANIFESTS, PICKLES, Case
from tests.helpers.hostile.entry_points import DOORS
from tests.helpers.tiers import one_each

SECONDS, MEGABYTES = 2.0, 200.0  # of processor time; of memory
HANG = 30.0  # seconds on the wall, however busy the machine
QUICK = ("open_start",)  # every other door goes through it; all of them are tried in the slow tier
OPENING = ("open_start", "load", "predict", "embed", "finetune")
CONVERTED = "checkpoint of a trainer"
REFUSED = re.compile(r"(2|65|74|75|78) error\[HS-[A-Z]\d+\]: .+", re.DOTALL)
Report = Mapping[str, Any]


def faults(report: Report, doors: tuple[str, ...] = OPENING, says: str = "") -> list[str]:
    """What is wrong with a report of a hostile model: executions, time, memory, a door that did not refuse."""
    found = [f"ran {event}" for event in report["seen"]] + [f"imported {name}" for name in report["foreign"]]
    found += ["ran its command"] if report["owned"] else []
    found += [f"{report['megabytes']:.0f} MB"] if report["megabytes"] > MEGABYTES else []
    for door, told in report["doors"].items():
        found += [f"{door}: {told['seconds']:.1f} s"] if told["seconds"] > SECONDS + 3 * (door == "convert") else []
        found += [f"{door} hung for {told['wall']:.0f} s"] if told["wall"] > HANG else []
        refused = REFUSED.fullmatch(told["said"])
        if door in doors and not refused:
            found.append(f"{door} did not refuse: {told['said'][-600:]}")
        if "Traceback" in told["said"] or "HS-X" in told["said"]:
            found.append(f"{door}: {told['said'][-600:]}")
        if door == doors[0] and not re.search(says, told["said"]):
            found.append(f"{door} says {told['said'][:400]}")
    return found


def every_door(case: Case) -> tuple[str, ...]:
    """All, but that `verify` reads every byte, minutes of 100 GB, that our own heads are opened by `load`, and that
    trees are grown anew by `finetune`."""
    spared = {"verify"} if "GB" in case.name else set[str]()
    spared |= {"open_start"} if case.family in ("own", "table") else set()
    spared |= {"finetune"} if case.family == "table" else set()
    return tuple(door for door in DOORS if door not in spared)


def first_doors(case: Case) -> tuple[str, ...]:
    """Heads and modalities of our own models are opened by `load`."""
    return ("load",) if case.family in ("own", "table") else QUICK


def written(make: Callable[..., bytes]) -> Callable[..., object]:
    return lambda path: (path / "evil.pkl").write_bytes(make(path))


PARAMETERS = one_each(CASES, lambda case: [(case.family, case.says)], lambda case: case.name)
DEFAULT = [parameter.values[0] for parameter in PARAMETERS if not parameter.marks]


def first_jobs(spoiled: Any, cases: list[Case]) -> list[Mapping[str, Any]]:
    """Every case through its first door."""
    jobs = [spoiled(family, "warm", None, warm=True) for family in ("hf", "timm", "own")]
    return jobs + [spoiled(c.family, c.name, c.spoil, doors=first_doors(c)) for c in cases]


@pytest.fixture(scope="module")
def other_reports(run: Any, spoiled: Any) -> dict[str, Report]:
    """The cases of the slow tier."""
    return run(first_jobs(spoiled, [c for c in CASES if c not in DEFAULT]))


@pytest.fixture(scope="module")
def reports(run: Any, spoiled: Any) -> dict[str, Report]:
    """Everything of the default tier, in one process: a case of every refusal, and the controls."""
    jobs = first_jobs(spoiled, DEFAULT)
    jobs += [spoiled(family, "sound", None, doors=("open_start", "load")) for family in ("hf", "timm", "own", "table")]
    jobs += [spoiled("own", name, spoil, doors=("verify",)) for name, spoil in MANIFESTS.items()]
    jobs += [spoiled("hf", f"unpickled, {name}", written(make), doors=("unpickled",), file="evil.pkl", stop=True,
                     alone=True) for name, make in PICKLES.items()]  # fmt: skip
    jobs += [spoiled("hf", name, None, doors=(name,), alone=True) for name in ("slow", "large")]
    (evil,) = [case for case in CASES if case.name == CONVERTED]
    jobs += [spoiled("hf", "converted", evil.spoil, doors=("convert",), alone=True)]
    return run(jobs)


def test_there_are_many_hostile_models() -> None:
    names = [(case.family, case.name) for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 60


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_hostile_model_is_refused(case: Case, request: pytest.FixtureRequest) -> None:
    reports = request.getfixturevalue("reports" if case in DEFAULT else "other_reports")
    assert faults(reports[f"{case.family} {case.name}"], first_doors(case), case.says) == []


def test_sound_models_pass_and_are_not_taken_for_hostile(reports: dict[str, Report]) -> None:
    for family in ("hf", "timm", "own", "table"):
        report = reports[f"{family} sound"]
        assert report["seen"] == []
        assert {told["said"] for told in report["doors"].values()} == {"opened"}
        assert faults(report)  # a door that opens is a fault of a hostile one


@pytest.fixture(scope="module")
def all_reports(run: Any, spoiled: Any) -> dict[str, Report]:
    warm = [spoiled(family, "warm", None, warm=True) for family in ("hf", "timm", "own")]
    return run([*warm, *(spoiled(c.family, c.name, c.spoil, doors=every_door(c), alone=True) for c in CASES)])


@pytest.mark.slow
def test_every_door_refuses_every_hostile_model(
    all_reports: dict[str, Report], record_property: Callable[[str, object], None]
) -> None:
    found = {case.name: faults(all_reports[f"{case.family} {case.name}"], (*OPENING, "convert")) for case in CASES}
    wrong = [f"{name}: {one}" for name, several in found.items() for one in several]
    assert not wrong, "\n".join(wrong)
    seconds = [told["seconds"] for r in all_reports.values() for door, told in r["doors"].items() if door != "convert"]
    memory = [report["megabytes"] for report in all_reports.values()]
    for name, value in {"models": len(found), "seconds": max(seconds), "megabytes": max(memory)}.items():
        record_property(name, value)
    assert max(seconds) <= SECONDS
    assert max(memory) <= MEGABYTES


@pytest.mark.parametrize("name", MANIFESTS)
def test_verify_refuses_a_hostile_manifest(name: str, reports: dict[str, Report]) -> None:
    assert faults(reports[f"own {name}"], ("verify",)) == []


def test_convert_refuses_a_pickle_that_runs_a_command(reports: dict[str, Report]) -> None:
    assert faults(reports["hf converted"], ("convert",), "holds more than weights") == []


# --- the harness itself


@pytest.mark.parametrize("name", PICKLES)
def test_the_hook_sees_what_a_plain_unpickler_runs(name: str, reports: dict[str, Report]) -> None:
    report = reports[f"hf unpickled, {name}"]
    assert any(event.startswith("os.system") for event in report["seen"])
    assert not report["owned"]  # the hook stopped it
    assert faults(report)


def test_a_slow_and_a_large_loader_are_faults(reports: dict[str, Report]) -> None:
    assert any(" s" in wrong for wrong in faults(reports["hf slow"], ("slow",)))
    assert any(" MB" in wrong for wrong in faults(reports["hf large"], ("large",)))
