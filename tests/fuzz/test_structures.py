"""Made-up texts, tables, JSON and TOML, odd but well formed as often as not: a result or a HeadstartError."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headstart.core import catalog, recipe
from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.recipe import Recipe
from tests.helpers.fuzz import subjects
from tests.helpers.fuzz.harness import refusals

ODD = st.sampled_from(
    ["", " ", "NaN", "inf", "1e400", "007", "9" * 40, "1,5", '"', "\0", "\ud800", "a\nb", "=1", "\ufeff"]
)
WORDS = st.text(max_size=8) | ODD
NAMES = st.sampled_from(["text", "label", "split", "image", "origin", "input", "1"]) | WORDS
CELLS = WORDS | st.integers().map(str) | st.floats().map(str)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
FEW = settings(max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def read(kind: str, path: Path, data: str) -> None:
    path.write_bytes(data.encode("utf-8", "surrogatepass"))
    with refusals():
        subjects.consume(catalog.load("sources", kind)(path, Access()))


@FEW
@given(st.lists(NAMES, max_size=4), st.lists(st.lists(CELLS, max_size=5), max_size=5), st.sampled_from(",;\t|"))
def test_tables_are_read_or_refused(place: Path, header: list[str], rows: list[list[str]], delimiter: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    read("csv", place / "t.csv", file.getvalue())


@FEW
@given(st.lists(JSON, max_size=4))
def test_lines_of_json_are_read_or_refused(place: Path, rows: list[Any]) -> None:
    read("jsonl", place / "t.jsonl", "\n".join(json.dumps(row) for row in rows))
    read("jsonl", place / "t.json", json.dumps(rows))


@FEW
@given(st.text() | st.lists(WORDS).map("\n".join))
def test_texts_are_read_or_refused(place: Path, text: str) -> None:
    read("text", place / "t.txt", text)


@FEW
@given(st.dictionaries(NAMES | st.sampled_from([*recipe.SECTIONS]), JSON, max_size=4))
def test_recipes_are_read_or_refused_and_come_back_as_they_were(place: Path, values: dict[str, Any]) -> None:
    with refusals():
        made = recipe.from_dict(values)
        recipe.write(made, place / "r.toml")
        assert recipe.differences(recipe.read(place / "r.toml"), made) in ([], nans(made))


def nans(made: Recipe) -> list[str]:
    """NaN differs from itself; nothing else may."""
    return [line for line in recipe.differences(made, made) if "nan" in line]


@FEW
@given(st.lists(st.text(max_size=20), max_size=3))
def test_overrides_are_read_or_refused(words: list[str]) -> None:
    with refusals():
        recipe.override(Recipe(), recipe.parse([*words, "objective.hide=" + "".join(words)]))


@FEW
@given(st.recursive(JSON, lambda inner: st.tuples(inner, inner)) | st.just(np.zeros((0, 3))))
def test_values_in_memory_are_read_or_refused(value: Any) -> None:
    for kind in catalog.kinds("modalities"):
        modality = catalog.load("modalities", kind)()
        with refusals():
            read = modality.read({"input": value, "origin": "row 0"}, Budget())
            if modality.duplicates is not None:
                modality.duplicates.fingerprint(read)
