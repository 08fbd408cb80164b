"""explain: what speaks for an answer, on the screen and in files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import headstart as hs
from tests.inference.explaining import planted

Headstart = Callable[..., Any]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear model of texts in which one word tells the class."""
    made, labels, _ = planted.texts()
    place = tmp_path_factory.mktemp("words")
    planted.learned(place, pd.DataFrame({"text": made, "label": labels}), backbone="linear")
    return place / "model"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "new.txt"
    path.write_text("\n".join(planted.texts()[0][:3]))
    return path


def test_the_strongest_parts_and_their_verdict_are_told(headstart: Headstart, words: Path, rows: Path) -> None:
    told = headstart("explain", words, rows, "--rows", "2", "--json")
    assert (told.code, told.json["rows"]) == (0, 2)
    first, second = told.json["explanations"]
    assert {first["verdict"], second["verdict"]} == {"GOOD"}
    assert max(first["weights"], key=lambda part: part["weight"])["part"] in ("zebra", "quartz")
    assert set(first["checks"]) >= {"deletion", "insertion", "beats", "shuffled"}
    assert told.json["warnings"] == ["only the first 2 rows were explained: give --rows for more"]


def test_a_page_and_a_file_for_programs_are_written(headstart: Headstart, words: Path, rows: Path) -> None:
    page, data = rows.with_name("why.html"), rows.with_name("why.json")
    for path in (page, data):
        assert headstart("explain", words, rows, "--rows", "1", "--out", path).code == 0
    text = page.read_text("utf-8")
    assert 'class="weight for' in text
    assert "1 GOOD" in text
    assert len(json.loads(data.read_text("utf-8"))["explanations"]) == 1


def test_a_picture_is_one_row_that_is_seen(headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path) -> None:
    one, out = next(photos.rglob("*.png")), tmp_path / "why.png"
    assert headstart("explain", tuned, one, "--method", "occlusion", "--out", out).code == 0
    with Image.open(out) as picture:
        assert picture.width >= 300
    again = headstart("explain", tuned, photos, "--method", "occlusion", "--rows", "2", "--out", tmp_path / "b.png")
    assert "HS-U947" in again.err


def test_predict_adds_explanations(headstart: Headstart, words: Path, rows: Path) -> None:
    out = rows.with_name("answers.jsonl")
    assert headstart("predict", words, rows, "--explain", "--out", out).code == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["label"] for line in lines] == planted.texts()[1][:3]
    assert all(line["explanation"]["verdict"] == "GOOD" for line in lines)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--about", "anmal"], "HS-U942.*did you mean 'animal'"),
        (["--parts", "patches"], "HS-U944.*expected words or letters"),
        (["--method", "shaply"], "did you mean 'shapley'"),
        (["--method", "gradient"], "HS-C940"),
        (["--rows", "0"], "HS-U945"),
        (["--out", "why.txt"], "html"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(
    headstart: Headstart, words: Path, rows: Path, more: list[str], said: str
) -> None:
    told = headstart("explain", words, rows, *more)
    assert told.code in (2, 78)
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(told.err)


def test_a_pretrained_model_has_no_answer_to_explain(tmp_path: Path) -> None:
    made, _, _ = planted.texts()
    model = hs.pretrain(made, objective="lsa", out=tmp_path / "topics")
    with pytest.raises(hs.HeadstartError, match="it has no task"):
        model.explain(made[:1])
