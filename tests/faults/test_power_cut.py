"""The power fails at any moment: what is on the disk is whole, and the same command goes on from it."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

import headstart as hs
from headstart.cli import run
from headstart.core import files as files_module
from headstart.core import swap
from headstart.core.errors import HeadstartError
from tests.helpers.faults.failing import failing_at
from tests.helpers.faults.killing import digest
from tests.helpers.faults.power import Change, File, Folder, Left, Recording, as_killed, left_after, put, recorded
from tests.helpers.sentences import sentences

Record = Callable[[str, object], None]
MLP = ["--backbone", "mlp", "backbone.widths=[8]", "--objective", "autoencoder", "plan.batch=64"]
VIT = ["--backbone", "vit", "backbone.width=24", "backbone.depth=1", "--objective", "masked", "plan.batch=16"]


def cells(out: Path) -> str:
    return json.dumps(json.loads((out / "gain.json").read_text("utf-8"))["cells"])


def columns(out: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(out.glob("*.bin")))).hexdigest()


def every_file(out: Path) -> str:
    named = [(path.name, path.read_bytes()) for path in sorted(out.iterdir())]
    return hashlib.sha256(repr(named).encode()).hexdigest()


def content(out: Path) -> str:
    return out.read_text("latin-1")


def nothing(out: Path) -> str:
    """Of what is another one every time."""
    return ""


@dataclass(frozen=True, slots=True)
class Line:
    """A command line without its --out; what its result is, whatever the clock says; and what lay there before."""

    words: Sequence[str]
    result: Callable[[Path], str] = digest
    before: Sequence[str] = ()
    kept: bool = True  # what lay there stays whole until the new is
    sealed: bool = True
    name: str = "run"

    def run(self, out: Path, words: Sequence[str] | None = None) -> int:
        return run([*(words or self.words), "--out", str(out), *(["--quiet"] if self.sealed else [])])

    def made(self, out: Path, words: Sequence[str] | None = None) -> None:
        assert self.run(out, words) == 0


PRETRAIN = ["pretrain", "digits", *MLP]
TUNE = ["finetune", "digits", "--from", "start", "--labels", "60"]
GAIN = ["gain", "digits", "--from", "start", "plan.steps=4", "--labels", "60"]
PREPARE = ["prepare", "table.csv", "--target", "topic", "modality.vocab=300"]
LINES: Mapping[str, Line] = {
    "pretrain": Line([*PRETRAIN, "--steps", "9", "plan.save=4"]),
    "pretrain again": Line([*PRETRAIN, "--steps", "8", "plan.save=4", "--overwrite"],
                           before=[*PRETRAIN, "--steps", "2"]),
    "finetune": Line([*TUNE, "--tuning", "full", "--steps", "6", "plan.save=2"]),
    "lora": Line([*TUNE[:3], "vit", "--labels", "60", "--tuning", "lora", "--steps", "4", "plan.save=2"]),
    "gain": Line([*GAIN, "--seeds", "1"], cells),
    "gain again": Line([*GAIN, "--seeds", "1", "--overwrite"], cells, before=[*GAIN[:-1], "50", "--seeds", "1"]),
    "gain grown": Line([*GAIN, "--seeds", "2"], cells, before=[*GAIN, "--seeds", "1"], kept=False),
    "prepare": Line(PREPARE, columns),
    "prepare again": Line([*PREPARE, "--overwrite"], columns, before=[*PREPARE[:-1], "modality.vocab=310"]),
    "rank": Line(["rank", "table.csv", "--target", "topic", "--minutes", "0.02", "--labels", "40"], nothing),
    "auto": Line(["auto", "table.csv", "--target", "topic", "--minutes", "0.05", "--labels", "40"], nothing),
    "predict": Line(["predict", "tuned", "table.csv"], content, sealed=False, name="rows.csv"),
    "embed": Line(["embed", "tuned", "table.csv"], content, sealed=False, name="rows.npy"),
    "report": Line(["report", "tuned", "tuned"], nothing, sealed=False),
    "export": Line(["export", "vit", "--format", "transformers"], every_file, sealed=False),
    "convert": Line(["convert", "pickled"], every_file, sealed=False),
}  # fmt: skip
CLOCK = ("rank", "auto")  # how far they come depends on the clock
QUICK = {"pretrain": 2, "pretrain again": 2, "prepare": 2, "prepare again": 2}  # how often each goes on


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command lines start from, and one cache with the digits in it."""
    place = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        Line([*PRETRAIN, "--steps", "2"]).made(place / "start")
    texts, topics = sentences(120)
    with (place / "table.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "topic"), *zip(texts, topics, strict=True)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        patched.chdir(place)
        Line(["finetune", "table.csv", "--target", "topic", "--backbone", "linear", "--from", "scratch"]).made(
            place / "tuned"
        )
    (place / "pickled").mkdir()
    torch.save({"a.weight": torch.arange(6.0).reshape(2, 3)}, place / "pickled" / "pytorch_model.bin")
    (place / "pickled" / "config.json").write_text('{"model_type": "bert"}')
    return place


@dataclass(slots=True)
class World:
    """A folder with everything that a command line needs, what its run changed there, and what it made."""

    place: Path
    line: Line
    recording: Recording
    old: str
    new: str
    there: set[str]  # every file that lies there in the end

    @property
    def out(self) -> Path:
        return self.place / "new" / self.line.name

    @property
    def changes(self) -> list[Change]:
        return self.recording.changes

    def whole(self, left: Left, *, ended: bool) -> str:
        """What is wrong with what is left: "" if the old result or the new one is whole there."""
        put(left, self.place)
        return self.judged(ended=ended)

    def judged(self, *, ended: bool) -> str:
        """The same of what is there."""
        marked = (self.out / "manifest.json").exists() if self.line.sealed else self.out.exists()
        if not marked:
            return "nothing is there" if ended or (self.old and self.line.kept) else ""
        try:
            if self.line.sealed:
                hs.verify(self.out)
            found = self.line.result(self.out)
        except (HeadstartError, OSError, ValueError) as broken:
            return f"{type(broken).__name__}: {broken}"
        return "" if found == self.new or (found == self.old and not ended) else "it is neither the old nor the new"

    def gone_on(self) -> str:
        """Run the command again on what is left; what is wrong then."""
        if not self.line.sealed and self.out.exists():
            return ""
        try:
            self.line.made(self.out)
            if self.line.sealed:
                hs.verify(self.out)
        except (AssertionError, HeadstartError) as broken:
            return f"again: {type(broken).__name__}: {broken}"
        odd = files(self.place) ^ self.there
        if odd:
            return f"left over or missing: {sorted(odd)[:5]}"
        return "" if self.line.result(self.out) == self.new else "again: another result"


def files(place: Path) -> set[str]:
    """Every file but those of the memory of what was compared, whose times nobody can foresee."""
    there = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    return {name for name in there if "/compared/" not in name}


@pytest.fixture
def world(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], World]:
    """Runs a command line, and writes down what it changes."""

    def carried_out(name: str) -> World:
        line, place = LINES[name], tmp_path / "world"
        if "vit" in line.words and not (made / "vit").exists():
            monkeypatch.setenv("HEADSTART_CACHE", str(made / "cache"))
            Line(["pretrain", "digits", *VIT, "--steps", "2"]).made(made / "vit")
        shutil.copytree(made, place)
        monkeypatch.chdir(place)
        monkeypatch.setenv("HEADSTART_CACHE", str(place / "cache"))
        (place / "temporary").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place / "temporary"))
        out, old = place / "new" / line.name, ""
        if line.before:
            line.made(out, line.before)
            old = line.result(out)
        with recorded(place) as recording:
            line.made(out)
        return World(place, line, recording, old, line.result(out), files(place))

    return carried_out


@dataclass(slots=True)
class Tally:
    """How many cuts and different states were tried, and what was wrong in some of them."""

    cuts: int = 0
    states: int = 0
    again: int = 0
    wrong: list[str] = field(default_factory=list)


def tried(found: World, changes: Sequence[Change], *, cuts: int, states: int, again: int) -> Tally:
    """Some states after each of so many cuts, and of the end; in `again` of them the command goes on."""
    generator, known = random.Random(0), dict[int, tuple[int, int]]()
    places = [*generator.sample(range(len(changes)), min(cuts, len(changes))), len(changes)]
    for cut in places:
        for seed in range(states * (1 if cut < len(changes) else 3)):
            left = left_after(found.recording.root, changes[:cut], random.Random(1000 * cut + seed))
            known.setdefault(hash(frozenset(left.items())), (cut, seed))
    tally = Tally(cuts=len(places), states=len(known), again=min(again, len(known)))
    on = set(generator.sample(list(known.values()), tally.again))
    for cut, seed in known.values():
        left = left_after(found.recording.root, changes[:cut], random.Random(1000 * cut + seed))
        told = found.whole(left, ended=cut == len(changes))
        if not told and (cut, seed) in on:
            told = found.gone_on()
        tally.wrong += [f"cut {cut}, state {seed}: {told}"] if told else []
    return tally


@pytest.mark.parametrize(("name", "again"), QUICK.items())
def test_a_power_cut_at_some_moments(name: str, again: int, world: Callable[[str], World]) -> None:
    found = world(name)
    tally = tried(found, found.changes, cuts=12, states=2, again=again)
    assert tally.wrong == []
    assert tally.states > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LINES if name not in CLOCK])
def test_a_power_cut_at_every_moment(name: str, world: Callable[[str], World], record_property: Record) -> None:
    found = world(name)
    tally = tried(found, found.changes, cuts=len(found.changes), states=4, again=8)
    record_property("power cut", f"{tally.cuts} cuts, {tally.states} states, {tally.again} went on")
    assert tally.wrong == []


@pytest.mark.parametrize("kind", [File, Folder], ids=["files", "folders"])
@pytest.mark.parametrize("name", ["prepare again"])
def test_negative_control_what_is_not_flushed_is_lost(name: str, kind: type, world: Callable[[str], World]) -> None:
    found = world(name)
    assert tried(found, found.recording.without(kind), cuts=25, states=2, again=0).wrong


@pytest.mark.slow
@pytest.mark.parametrize("kind", [File, Folder], ids=["files", "folders"])
@pytest.mark.parametrize("name", [name for name in LINES if name not in CLOCK])
def test_negative_control_of_every_command(name: str, kind: type, world: Callable[[str], World]) -> None:
    found = world(name)
    assert tried(found, found.recording.without(kind), cuts=60, states=4, again=0).wrong


def killed(found: World, moments: int) -> list[str]:
    """What is wrong when the command was killed at so many random moments, and is called again."""
    wrong, generator = [], random.Random(1)
    for cut in sorted(generator.sample(range(len(found.changes)), min(moments, len(found.changes)))):
        told = found.whole(as_killed(found.recording.root, found.changes[:cut]), ended=False) or found.gone_on()
        wrong += [f"cut {cut}: {told}"] if told else []
    return wrong


def test_a_killed_run_always_has_a_checkpoint_once_there_was_one(world: Callable[[str], World]) -> None:
    found, ever = world("pretrain"), 0
    for cut in range(len(found.changes) + 1):
        left = as_killed(found.recording.root, found.changes[:cut])
        saved = any(name.startswith("new/run/last/") and name.endswith(".json") for name in left)
        assert saved or not ever or "new/run/manifest.json" in left, cut
        ever += saved
    assert ever > 10


@pytest.mark.parametrize(
    ("name", "moments"),
    [("pretrain again", 3), ("prepare", 2), ("prepare again", 3), ("predict", 3),
     *[pytest.param(name, 6 if name in CLOCK else 25, marks=pytest.mark.slow) for name in LINES]],
)  # fmt: skip
def test_the_next_call_sweeps_what_a_killed_one_left(name: str, moments: int, world: Callable[[str], World]) -> None:
    assert killed(world(name), moments) == []


def test_negative_control_what_seems_to_be_in_use_stays(
    world: Callable[[str], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = world("predict")
    for module in (files_module, swap):
        monkeypatch.setattr(module, "is_alive", lambda pid: True)
    assert any("left over" in told for told in killed(found, 8))


@pytest.mark.parametrize(
    ("name", "first", "every"),
    [("prepare again", 3, 31),
     *[pytest.param(name, 1, 3, marks=pytest.mark.slow) for name in LINES if name not in CLOCK]],
)  # fmt: skip
def test_a_disk_that_fails_leaves_the_old_or_the_new(
    name: str, first: int, every: int, world: Callable[[str], World], capsys: pytest.CaptureFixture[str]
) -> None:
    found, n = world(name), first
    while True:
        put(as_killed(found.recording.root, []), found.place)
        with failing_at(found.out.parent, n) as disk:
            code = found.line.run(found.out)
        if not disk.failed:
            break
        assert code in (0, 74), (disk.calls[-1], capsys.readouterr().err)
        assert found.judged(ended=code == 0) == "", disk.calls[-1]
        assert found.gone_on() == "", disk.calls[-1]
        n += every
    assert n > first
