"""prepare, show, list, verify, doctor, and everything a user can mistype."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.cli import app, flags, split_assignments
from headstart.commands import names
from headstart.commands.common import verbs
from headstart.core import catalog

Headstart = Callable[..., Any]


@pytest.mark.parametrize("verb", names())
def test_every_verb_explains_itself_and_takes_the_shared_options(headstart: Headstart, verb: str) -> None:
    told = headstart(verb, "--help")
    assert told.code == 0
    for option in ("--json", "--seed", "--device", "--quiet", "--debug", "--recipe"):
        assert option in told.out


def test_flags_are_known_so_that_settings_may_follow_them() -> None:
    import typer

    every = [verbs.load(name) for name in names()]
    typed = typer.main.get_command(app(every)).commands  # pyright: ignore[reportAttributeAccessIssue]
    found = {
        name for c in typed.values() for p in c.params if p.param_type_name == "option" and p.is_flag for name in p.opts
    }
    assert found <= flags(every)
    assert split_assignments(["x", "--json", "a.b=1", "--split", "train=1", "c=2"], flags(every)) == (
        ["x", "--json", "--split", "train=1"], ["a.b=1", "c=2"],
    )  # fmt: skip


def test_prepare_counts_rows_and_prints_the_promised_keys(headstart: Headstart, photos: Path, tmp_path: Path) -> None:
    words = ["prepare", photos, "--out", tmp_path / "data", "--near", "keep", "--split", "train=.5,test=.5"]
    told = headstart(*words, "--json", "modality.channels=3")
    assert told.code == 0
    assert told.json["kept"] == sum(told.json["splits"].values()) == 12
    assert told.json["rejected"] == {}
    assert hs.prepare(tmp_path / "data").modality.spec.sizes["channels"] == 3
    assert headstart(*words, "modality.channels=3").code == 0  # the same again
    assert headstart(*words).code == 2
    assert headstart("verify", tmp_path / "data").code == 0


def test_verify_finds_a_changed_byte_in_any_file(headstart: Headstart, tuned: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tuned, copy)
    assert headstart("verify", copy, "--json").json["changed"] == []
    generator = random.Random(0)
    for path in sorted(p for p in copy.rglob("*") if p.is_file() and p.name != ".lock"):
        whole = path.read_bytes()
        for _ in range(4):
            place = generator.randrange(len(whole))
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << generator.randrange(8)]) + whole[place + 1 :])
            told = headstart("verify", copy)
            assert told.code == 74, (path, place)
            assert path.name in told.err
        path.write_bytes(whole)
    assert headstart("verify", copy).code == 0


def test_show_a_model_a_data_set_and_a_kind(headstart: Headstart, tuned: Path, cache: Path) -> None:
    shown = headstart("show", tuned, "--json").json
    assert shown["lineage"][0]["verb"] == "pretrain"
    assert "accuracy" in shown["scores"]
    data = next(p for p in cache.iterdir() if p.name.startswith("digits"))
    assert headstart("show", data, "--json").json["splits"]["test"] == 194
    kind = headstart("show", "objective", "masked", "--json")
    assert kind.json["settings"]["hide"] == "auto"
    assert "objective.hide = 'auto'" in kind.out
    assert headstart("show", "objectives", "masked").code == 0
    assert headstart("show", "modality", "image").code == 0


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_list_names_every_kind_with_a_line(headstart: Headstart, family: str) -> None:
    told = headstart("list", family, "--json")
    assert sorted(told.json["kinds"]) == catalog.kinds(family)
    assert all(told.json["kinds"].values())


def test_doctor_tells_versions_and_devices(headstart: Headstart) -> None:
    told = headstart("doctor", "--json")
    assert told.code == 0
    assert {"versions", "devices", "extras", "free_bytes"} <= set(told.json)


PRETRAIN = ["pretrain", "digits", "--out", "OUT"]
MISTAKES: list[tuple[list[str], int, str]] = [
    (["pretrian"], 2, "No such command"),
    (["pretrain", "digits"], 2, "--out"),
    (["pretrain", "--out", "OUT"], 2, "no data"),
    ([*PRETRAIN, "extra"], 2, "extra"),
    ([*PRETRAIN, "--steps", "many"], 2, "--steps"),
    ([*PRETRAIN, "--bakbone", "mlp"], 2, "--bakbone"),
    ([*PRETRAIN, "--device", "gpu"], 2, "gpu"),
    ([*PRETRAIN, "--device", "cpu:x"], 2, "cpu:x"),
    ([*PRETRAIN, "--device", "cuda:99"], 2, "cuda:99"),
    ([*PRETRAIN, "--seed", "-1"], 78, "-1"),
    ([*PRETRAIN, "--seed", "99999999999999999999"], 78, "99999999999999999999"),
    ([*PRETRAIN, "--backbone", "mpl"], 78, "did you mean 'mlp'?"),
    ([*PRETRAIN, "--objective", "maskd"], 78, "did you mean 'masked'?"),
    ([*PRETRAIN, "plan.stpes=3"], 78, "did you mean 'steps'?"),
    ([*PRETRAIN, "plan.lr=fast"], 78, "plan.lr"),
    ([*PRETRAIN, "plan.lr=-1"], 78, "plan.lr"),
    ([*PRETRAIN, "plann.lr=1"], 78, "did you mean 'plan'?"),
    ([*PRETRAIN, "--backbone", "mlp", "--objective", "masked"], 78, "vit"),
    ([*PRETRAIN, "--steps", "0"], 78, "plan.steps"),
    ([*PRETRAIN, "--recipe", "absent.toml"], 78, "absent.toml"),
    ([*PRETRAIN, "--track", "tensorbord"], 78, "did you mean 'tensorboard'?"),
    (["pretrain", "no/such/data", "--out", "OUT"], 2, "no/such/data"),
    (["finetune", "digits", "--from", "no/such/model", "--out", "OUT"], 2, "no/such/model"),
    (["finetune", "digits", "--from", "hf:org/name", "--out", "OUT"], 2, "hf:org/name"),
    (["finetune", "digits", "--from", "scratch", "--tuning", "ful", "--out", "OUT"], 78, "did you mean 'full'?"),
    (["finetune", "digits", "--from", "scratch", "--task", "clasify", "--out", "OUT"], 78, "did you mean 'classify'?"),
    (["evaluate", "no/such/model", "digits"], 2, "no/such/model"),
    (["predict", "no/such/model", "digits", "--out", "x.csv"], 2, "no/such/model"),
    (["show", "nothing"], 2, "nothing"),
    (["show", "objektive", "masked"], 2, "did you mean 'objective'?"),
    (["show", "objective", "maskd"], 78, "did you mean 'masked'?"),
    (["list", "backbnes"], 2, "did you mean 'backbones'?"),
    (["verify", "nothing"], 2, "manifest.json"),
    (["rerun", "nothing"], 78, "recipe.toml"),
    (["prepare", "--out", "OUT"], 2, "SOURCE"),
    (["prepare", "no/such/file.csv", "--out", "OUT"], 2, "file.csv"),
]


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_one_line_with_its_exit_code(
    headstart: Headstart, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    told = headstart(*(str(tmp_path / "out") if word == "OUT" else word for word in words), "--quiet")
    assert (told.code, said in told.err) == (code, True), told.err
    assert told.err.startswith("error[HS-")
    assert len(told.err.strip().splitlines()) == 1
    assert told.out == ""


def test_debug_shows_where_and_keeps_the_exit_code(headstart: Headstart) -> None:
    told = headstart("verify", "nothing", "--debug")
    assert told.code == 2
    assert "Traceback" in told.err


def test_our_own_mistakes_are_one_line_with_code_70(headstart: Headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.core import files

    monkeypatch.setattr(files, "changed_files", lambda path: 1 / 0)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    told = headstart("verify", "nothing")
    assert told.code == 70
    assert told.err.startswith("error[HS-X1]")
    assert "--debug" in told.err


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("config.json", lambda c: c["headstart"]["backbone"].update(kind="subprocess:Popen")),
        ("config.json", lambda c: c["headstart"]["backbone"].update(kind="antigravity:Net")),
        ("config.json", lambda c: c["headstart"]["backbone"].update(shell=True)),
        ("config.json", lambda c: c["headstart"]["backbone"].update(widths=[3])),
        ("config.json", lambda c: c["headstart"]["facts"].update(height=10**12)),
        ("config.json", lambda c: c["headstart"].update(facts=["touch", "owned"])),
        ("config.json", lambda c: c["headstart"].pop("task")),
        ("config.json", lambda c: c.update(headstart=None)),
        ("headstart.json", lambda c: c.update(format=99)),
    ],
)
def test_a_hostile_or_damaged_model_is_refused_in_one_line(
    headstart: Headstart, tuned: Path, tmp_path: Path, name: str, change: Callable[[dict[str, Any]], object]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tuned, copy)
    content = json.loads((copy / name).read_text())
    change(content)
    (copy / name).write_text(json.dumps(content))
    told = headstart("predict", copy, "digits", "--out", tmp_path / "a.csv")
    assert told.code in (65, 78), told.err
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize("verb", ["embed", "predict"])
def test_a_setting_that_a_saved_model_cannot_take_is_no_silent_wish(
    headstart: Headstart, model: Path, tmp_path: Path, verb: str
) -> None:
    told = headstart(verb, model, "digits", "--out", tmp_path / "x.jsonl", "modality.size=64")
    assert told.code == 2
    assert "HS-U567" in told.err
    assert "modality.size=64" in told.err
