"""The life of a text model from the command line: a table of sentences of two topics, and everything a user does."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.cli import run
from tests.helpers.sentences import sentences

Headstart = Callable[..., Any]
TEXTS, TOPICS = sentences(400, topics=2)
NAMES = ("sea", "kitchen")
SMALL = ["backbone.width=48", "backbone.depth=2", "plan.batch=16", "--quiet"]


def quietly(cache: Path, *words: str | Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        assert run([str(word) for word in words]) == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text verbs")


@pytest.fixture(scope="module")
def table(place: Path) -> Path:
    """400 labelled sentences."""
    with (place / "lines.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "topic"])
        writer.writerows([text, NAMES[topic]] for text, topic in zip(TEXTS, TOPICS, strict=True))
    return place / "lines.csv"


@pytest.fixture(scope="module")
def data(place: Path, table: Path, cache: Path) -> Path:
    words = ["prepare", table, "--out", place / "data", "--target", "topic", "--split", "train=.6,valid=.1,test=.3"]
    quietly(cache, *words, "modality.vocab=400", "modality.length=32", "--quiet")
    return place / "data"


@pytest.fixture(scope="module")
def text_model(place: Path, data: Path, cache: Path) -> Path:
    quietly(cache, "pretrain", data, "--out", place / "pretrained", "--backbone", "encoder", "--steps", "30", *SMALL)
    return place / "pretrained"


@pytest.fixture(scope="module")
def text_tuned(place: Path, data: Path, text_model: Path, cache: Path) -> Path:
    words = ["finetune", data, "--from", text_model, "--tuning", "full", "--out", place / "tuned"]
    quietly(cache, *words, "--steps", "60", "plan.batch=16", "plan.lr=2e-3", "--quiet")
    return place / "tuned"


def test_prepare_tells_what_it_kept(headstart: Headstart, table: Path, tmp_path: Path) -> None:
    told = headstart("prepare", table, "--out", tmp_path / "data", "--target", "topic", "--json", "--quiet")
    assert told.code == 0
    assert told.json["kept"] + sum(told.json["rejected"].values()) == 400
    assert sum(told.json["splits"].values()) == told.json["kept"]


def test_a_pretrained_text_model_holds_its_tokenizer(headstart: Headstart, text_model: Path) -> None:
    names = {path.name for path in text_model.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "report.html"}
    history = [json.loads(line) for line in (text_model / "history.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < losses[0]
    assert headstart("verify", text_model).code == 0


def test_a_tuned_text_model_tells_the_topics_apart(headstart: Headstart, data: Path, text_tuned: Path) -> None:
    told = headstart("evaluate", text_tuned, data, "--json", "--quiet")
    assert told.code == 0
    assert told.json["scores"]["accuracy"] > 0.8
    assert told.json["scores"]["accuracy_low"] <= told.json["scores"]["accuracy"]


def test_predict_answers_every_line_in_order(headstart: Headstart, text_tuned: Path, table: Path) -> None:
    out = table.with_name("answers.jsonl")
    assert headstart("predict", text_tuned, table, "--out", out, "--quiet").code == 0
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(answers) == 400
    right = [answer["label"] == NAMES[topic] for answer, topic in zip(answers, TOPICS, strict=True)]
    assert np.mean(right) > 0.8


def test_embed_gives_one_vector_a_line(headstart: Headstart, text_model: Path, table: Path, tmp_path: Path) -> None:
    assert headstart("embed", text_model, table, "--out", tmp_path / "vectors.npy", "--quiet").code == 0
    vectors = np.load(tmp_path / "vectors.npy")
    assert vectors.shape == (400, 48)
    assert np.isfinite(vectors).all()


def test_embed_finds_the_lines_most_like_a_query(
    headstart: Headstart, text_model: Path, table: Path, tmp_path: Path
) -> None:
    asked = [TEXTS[5], TEXTS[8]]
    words = ["--query", asked[0], "--query", asked[1], "--nearest", "3", "--json", "--quiet"]
    told = headstart("embed", text_model, table, *words, "--out", tmp_path / "near.jsonl")
    assert (told.code, told.json["rows"]) == (0, 2)
    found = [json.loads(line) for line in (tmp_path / "near.jsonl").read_text("utf-8").splitlines()]
    assert [line["query"] for line in found] == asked
    vectors = hs.load(text_model).embed(TEXTS)
    for line, number in zip(found, (5, 8), strict=True):
        assert [set(row) for row in line["nearest"]] == [{"origin", "text", "similarity"}] * 3
        assert line["nearest"][0]["text"] == TEXTS[number]
        cosine = vectors @ vectors[number] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[number])
        best = np.sort(cosine)[::-1][:3]
        np.testing.assert_allclose([row["similarity"] for row in line["nearest"]], best, atol=1e-5)
    wrong = headstart("embed", text_model, table, *words, "--out", tmp_path / "near.npy")
    assert (wrong.code, wrong.err.split(":")[0]) == (2, "error[HS-U570]")


def test_gain_compares_the_starts_on_texts(headstart: Headstart, data: Path, text_model: Path, tmp_path: Path) -> None:
    words = ["gain", data, "--from", text_model, "--out", tmp_path / "gain", "--labels", "40", "--seeds", "2"]
    told = headstart(*words, "plan.steps=5", "--json", "--quiet")
    assert told.code == 0
    assert told.json["verdict"] in ("worth it", "not worth it", "cannot tell yet")
    assert [cell["start"] for cell in told.json["cells"]] == ["pretrained", "scratch", "fresh", "baseline", "constant"]
    assert all(0 <= cell["score"] <= 1 for cell in told.json["cells"])
