"""The life of models that answer words, from the command line: tags of a column file, roles of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headstart.cli import run
from tests.helpers.word_files import ROWS, TEXTS, column_file, frames

Headstart = Callable[..., Any]
SMALL = [
    "--from",
    "scratch",
    "--backbone",
    "encoder",
    "backbone.width=48",
    "backbone.depth=1",
    "plan.lr=3e-3",
    "--quiet",
]
SPLIT = ["--split", "train=.6,valid=.1,test=.3", "modality.vocab=300", "modality.length=32", "--quiet"]


def quietly(cache: Path, *words: str | Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        assert run([str(word) for word in words]) == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """Both files, prepared, and a model of each that learned for some steps."""
    made = tmp_path_factory.mktemp("word verbs")
    (made / "things.conll").write_text(column_file(ROWS), "utf-8")
    (made / "frames.jsonl").write_text(frames(ROWS), "utf-8")
    for name, data, kind, steps in (("tags", "things.conll", "tag", "60"), ("roles", "frames.jsonl", "roles", "120")):
        quietly(cache, "prepare", made / data, "--out", made / f"{name} data", *SPLIT)
        quietly(cache, "finetune", made / f"{name} data", "--out", made / name, "--steps", steps, *SMALL)
        assert json.loads((made / name / "headstart.json").read_text("utf-8"))["scores"]
        assert json.loads((made / name / "config.json").read_text("utf-8"))["headstart"]["task"]["kind"] == kind
    return made


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("name", "least"), [("tags", 0.8), ("roles", 0.4)])
def test_a_model_of_words_is_scored_by_its_spans(headstart: Headstart, place: Path, name: str, least: float) -> None:
    told = headstart("evaluate", place / name, place / f"{name} data", "--out", place / f"{name} scores", "--json")
    assert told.code == 0
    assert told.json["scores"]["f1"] > least
    assert told.json["scores"]["f1_low"] <= told.json["scores"]["f1"] <= told.json["scores"]["f1_high"]
    assert {row["class"] for row in told.json["per_class"]} >= {"tags": {"SEA", "KITCHEN"}, "roles": {"ARG0"}}[name]
    assert (place / f"{name} scores" / "report.html").stat().st_size > 5000


def test_words_of_a_plain_sentence_are_tagged(headstart: Headstart, place: Path, tmp_path: Path) -> None:
    said = ["The ship finds the harbour.", "The oven needs sugar."]
    assert headstart("predict", place / "tags", *said, "--out", tmp_path / "a.jsonl", "--quiet").code == 0
    first, second = lines(tmp_path / "a.jsonl")
    assert [span["label"] for span in first["spans"]] == ["SEA", "SEA"]
    assert [(span["text"], span["label"]) for span in second["spans"]] == [("oven", "KITCHEN"), ("sugar", "KITCHEN")]


def test_the_text_of_a_span_is_what_was_written(headstart: Headstart, tmp_path: Path) -> None:
    rows = "".join(f"visit O\nÉmile{number} B-PER\nO'Hara B-PER\n\n" for number in range(40))
    (tmp_path / "t.conll").write_text(rows, "utf-8")
    prepared = headstart(
        "prepare", tmp_path / "t.conll", "--out", tmp_path / "d", "--near", "keep", "modality.lower=true"
    )
    assert prepared.code == 0
    words = ["finetune", tmp_path / "d", "--from", "scratch", "--backbone", "encoder", "--steps", "40"]
    small = ["backbone.width=32", "backbone.heads=2", "backbone.depth=1"]
    assert headstart(*words, *small, "--out", tmp_path / "m", "--quiet").code == 0
    for said in ("VISIT ÉMILE7  O'Hara", "visit Émile9O'HARA"):
        assert headstart("predict", tmp_path / "m", said, "--out", tmp_path / "a.jsonl").code == 0
        (answer,) = lines(tmp_path / "a.jsonl")
        assert answer["spans"]
        assert all(span["text"] in said for span in answer["spans"])


def test_who_does_what_is_found_in_a_plain_sentence(headstart: Headstart, place: Path, tmp_path: Path) -> None:
    said = "The ship finds the wave."
    assert headstart("predict", place / "roles", said, "--out", tmp_path / "a.jsonl", "--quiet").code == 0
    (answer,) = lines(tmp_path / "a.jsonl")
    (predicate,) = answer["predicates"]
    assert predicate["index"] == 2
    assert {(a["start"], a["end"], a["role"]) for a in predicate["args"]} == {(0, 2, "ARG0"), (3, 5, "ARG1")}


@pytest.mark.parametrize("name", ["tags", "roles"])
def test_gain_compares_the_starts_word_by_word(headstart: Headstart, place: Path, tmp_path: Path, name: str) -> None:
    words = ["gain", place / f"{name} data", "--from", place / name, "--out", tmp_path / "gain", "--labels", "30"]
    told = headstart(*words, "--seeds", "2", "plan.steps=4", "--tuning", "full", "--json", "--quiet")
    assert told.code == 0
    assert told.json["verdict"] in ("worth it", "not worth it", "cannot tell yet")
    assert [cell["start"] for cell in told.json["cells"]] == ["pretrained", "scratch", "baseline", "constant"]


BAD = [
    (
        ("things.conll", "--task", "roles"),
        "error[HS-D413]: a row has no predicates: found ['O', 'B-KITCHEN', 'O', 'O', 'B-KITCHEN', 'O'], "
        'expected {"predicates": [{"index": 1, "args": [{"start", "end", "role"}]}]}. '
        "fix: give such labels, or name another --task",
    ),
    (
        ("plain.csv", "--task", "tag"),
        "error[HS-D406]: a row of words needs one tag per word: found 0. "
        "fix: give columns of words (CoNLL), or lists of tags",
    ),
]


@pytest.mark.parametrize(("words", "line"), BAD)
def test_what_does_not_fit_comes_to_one_line(
    headstart: Headstart, place: Path, tmp_path: Path, words: tuple[str, ...], line: str
) -> None:
    (place / "plain.csv").write_text(
        "text,label\n" + "\n".join(f"{t},{n % 2}" for n, t in enumerate(TEXTS[:60])), "utf-8"
    )
    data, *options = words
    told = headstart("finetune", place / data, "--out", tmp_path / "bad", "--steps", "2", *options, *SMALL)
    assert told.code in (65, 78)
    assert told.err.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("named", "data", "kind"), [("auto", "words", "masked"), ("auto", "texts", "lsa"), ("tag", "texts", "masked")]
)
def test_a_pretraining_suits_the_task_to_come(
    headstart: Headstart, place: Path, tmp_path: Path, named: str, data: str, kind: str
) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), "utf-8")
    source = {"words": place / "tags data", "texts": texts}[data]
    told = headstart("pretrain", source, "--task", named, "--out", tmp_path / "model", "--plan", "--json")
    assert told.code == 0
    assert told.json["recipe"]["objective"]["kind"] == kind
