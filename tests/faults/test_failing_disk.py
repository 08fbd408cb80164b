"""The n-th change of the disk fails: the command says 74, and said again it ends as if nothing had happened."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from headstart.cli import run
from tests.helpers.faults.failing import Disk, broken_files, failing_at, writing_in_place
from tests.helpers.faults.killing import digest
from tests.helpers.sentences import sentences

TINY = ["--quiet", "backbone.widths=[8]", "--backbone", "mlp"]
LINES: Mapping[str, list[str]] = {
    "pretrain": ["pretrain", "digits", *TINY, "--objective", "autoencoder", "--steps", "9", "plan.save=4"],
    "finetune": ["finetune", "digits", "--quiet", "--from", "START", "--tuning", "full", "--steps", "9", "plan.save=4",
                 "--labels", "100"],
    "gain": ["gain", "digits", "--quiet", "--from", "START", "--labels", "60", "--seeds", "1", "plan.steps=3"],
    "prepare": ["prepare", "TABLE", "--quiet", "--target", "topic", "modality.vocab=300"],
}  # fmt: skip
Record = Callable[[str, object], None]
Line = Callable[[str, Path], list[str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start, a table, and one cache for all runs."""
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(folder / "cache"))
        assert run([*LINES["pretrain"], "--out", str(folder / "start")]) == 0
    texts, topics = sentences(120)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "topic"), *zip(texts, topics, strict=True)])
    return folder


@pytest.fixture
def line(place: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("HEADSTART_CACHE", str(place / "cache"))
    named = {"START": str(place / "start"), "TABLE": str(place / "table.csv")}
    return lambda verb, out: [*[named.get(word, word) for word in LINES[verb]], "--out", str(out)]


def result(verb: str, out: Path) -> str:
    """What the outcome of a verb is, whatever the clock says."""
    if verb == "gain":
        return json.dumps(json.loads((out / "gain.json").read_text("utf-8"))["cells"])
    if verb == "prepare":
        content = b"".join(path.read_bytes() for path in sorted(out.glob("*.bin")))
        return hashlib.sha256(content).hexdigest()
    return digest(out)


def survive(verb: str, line: Line, folder: Path, n: int, whole: str, capsys: pytest.CaptureFixture[str]) -> Disk:
    """Let the n-th change fail, look at what is left, and repeat the command."""
    out = folder / "run" / f"{n}"
    (folder / "run").mkdir(exist_ok=True)
    capsys.readouterr()
    with failing_at(folder / "run", n) as disk:
        code = run(line(verb, out))
    err, where = capsys.readouterr().err, disk.calls[n - 1 : n]
    if not disk.failed:
        assert code == 0, err
        return disk
    assert code in (0, 74), (where, err)
    assert "Traceback" not in err, where
    assert err.count("\n") == (code == 74), (where, err)
    assert broken_files(folder / "run") == [], where
    if (out / "manifest.json").exists():
        assert run(["verify", str(out)]) == 0, where
    if verb == "prepare" and code:
        assert list((folder / "run").iterdir()) == [], where
    capsys.readouterr()
    assert run(line(verb, out)) == 0, (where, capsys.readouterr().err)
    assert result(verb, out) == whole, where
    assert run(["verify", str(out)]) == 0, where
    shutil.rmtree(out)
    return disk


def undisturbed(verb: str, line: Line, folder: Path) -> str:
    assert run(line(verb, folder / "whole")) == 0
    return result(verb, folder / "whole")


@pytest.mark.parametrize("places", [(17,), pytest.param((1, 4, 9, 26, 40), marks=pytest.mark.slow)])
@pytest.mark.parametrize("verb", list(LINES))
def test_a_few_changes_of_the_disk_that_fail(
    verb: str, places: Sequence[int], line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = undisturbed(verb, line, tmp_path)
    for n in places:
        disk = survive(verb, line, tmp_path, n, whole, capsys)
    assert disk.calls


@pytest.mark.slow
@pytest.mark.parametrize("verb", list(LINES))
def test_every_single_change_of_the_disk_that_fails(
    verb: str, line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    whole, n, disk = undisturbed(verb, line, tmp_path), 0, Disk(tmp_path, 0)
    while n == 0 or disk.failed:
        n += 1
        disk = survive(verb, line, tmp_path, n, whole, capsys)
    record_property("changes", n - 1)
    kinds = {call.partition(" ")[0] for call in disk.calls}
    assert n > 20
    assert {"open", "write", "mkdir"} <= kinds
    assert {"fsync", "replace"} & kinds


def test_negative_control_writing_in_place_is_found_out(line: Line, tmp_path: Path) -> None:
    broken = []
    (tmp_path / "run").mkdir()
    with writing_in_place():
        for n in range(3, 60, 3):
            with failing_at(tmp_path / "run", n):
                assert run(line("pretrain", tmp_path / "run" / f"{n}")) in (0, 74)
            broken += broken_files(tmp_path / "run")
            if broken:
                break
    assert broken
