"""generate from the command line: what is written, shown and told, and what is refused before any work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.cli import run
from tests.helpers.sentences import sentences

Headstart = Callable[..., Any]


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A decoder that has read sentences for a moment."""
    place = tmp_path_factory.mktemp("author")
    (place / "lines.txt").write_text("\n".join(sentences(300)[0]), "utf-8")
    words = ["pretrain", str(place / "lines.txt"), "--backbone", "decoder", "--steps", "40", "--quiet"]
    words += ["--out", str(place / "model"), "backbone.width=48", "backbone.depth=2", "plan.batch=16", "plan.lr=5e-3"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        assert run(words) == 0
    return place / "model"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_prompt_gets_its_texts(headstart: Headstart, author: Path, tmp_path: Path) -> None:
    words = ["generate", author, "--prompt", "The sailor", "--prompt", "a=b", "--n", "3", "--max-tokens", "5"]
    told = headstart(*words, "--out", tmp_path / "deep" / "t.jsonl", "--json")
    assert told.code == 0
    found = rows(tmp_path / "deep" / "t.jsonl")
    assert [row["prompt"] for row in found] == ["The sailor"] * 3 + ["a=b"] * 3
    assert all(row["tokens"] <= 5 for row in found)
    assert told.json["texts"] == 6
    assert told.json["tokens"] == sum(row["tokens"] for row in found)
    assert sum(told.json["ended"].values()) == 6
    assert len(told.out.splitlines()) == 2  # the summary, and the object


def test_one_text_is_shown_as_it_is_written_unless_quiet(headstart: Headstart, author: Path, tmp_path: Path) -> None:
    words = ["generate", author, "--prompt", "The sailor", "--greedy", "--out", tmp_path / "t.jsonl"]
    told = headstart(*words)
    (row,) = rows(tmp_path / "t.jsonl")
    assert told.out.startswith(row["text"] + "\n")
    assert row["text"]
    quiet = headstart(*words, "--quiet")
    assert not quiet.out.startswith(row["text"])
    assert quiet.out.startswith("1 texts")


def test_python_writes_what_the_command_writes(headstart: Headstart, author: Path, tmp_path: Path) -> None:
    told = headstart("generate", author, "--n", "4", "--top-k", "20", "--seed", "7", "--out", tmp_path / "t.jsonl")
    assert told.code == 0
    texts = [row["text"] for row in rows(tmp_path / "t.jsonl")]
    assert [one.text for one in hs.generate(author, n=4, top_k=20, seed=7)] == texts
    assert [one.text for one in hs.load(author).generate(n=4, top_k=20, seed=7)] == texts


def test_text_files_hold_prompts_and_texts(headstart: Headstart, author: Path, tmp_path: Path) -> None:
    words = ["generate", author, "--prompt", "The sailor", "--n", "2", "--stop", " the", "--seed", "1"]
    assert headstart(*words, "--out", tmp_path / "t.txt").code == 0
    assert headstart(*words, "--out", tmp_path / "t.jsonl").code == 0
    expected = "\n\n".join("The sailor" + row["text"] for row in rows(tmp_path / "t.jsonl"))
    assert (tmp_path / "t.txt").read_text("utf-8") == expected + "\n"
    assert " the" not in expected


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(["--out", "t.csv"], 2, "HS-U570"), (["--out", "t.txt", "--top-p", "1.5"], 2, "top-p"),
     (["--out", "t.txt", "--greedy", "--n", "2"], 2, "HS-U545"),
     (["--out", "t.txt", "--max-tokens", "0"], 2, "max-tokens"),
     (["--out", "t.txt", "--prompt", "The sailor " * 400], 2, "HS-U547")],
    ids=["kind", "share", "greedy", "none", "long"],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    headstart: Headstart, author: Path, words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    words = [str(tmp_path / word) if word.startswith("t.") else word for word in words]
    told = headstart("generate", author, *words)
    assert told.code == code
    assert said in told.err
    assert told.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_model_of_pictures_does_not_write(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    told = headstart("generate", model, "--out", tmp_path / "t.txt")
    assert told.code == 2
    assert "FILE.png" in told.err


def test_a_model_of_texts_does_not_paint(headstart: Headstart, author: Path, tmp_path: Path) -> None:
    for words in (["--out", tmp_path / "t.png"], ["--like", "a.png", "--out", tmp_path / "t.txt"]):
        told = headstart("generate", author, *words)
        assert told.code == 2
        assert "this model generates texts" in told.err
