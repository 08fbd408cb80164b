"""Reports as data, and as files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from headstart.reports import blocks


def test_every_block_becomes_plain_json_with_its_kind(report_of: Callable, every_block: Callable) -> None:
    content = every_block("name")
    text = json.dumps(report_of(*content).to_json(), allow_nan=False)
    kinds = [block["kind"] for block in json.loads(text)["sections"][0]["blocks"]]
    assert kinds == [type(block).__name__.lower() for block in content]
    assert set(kinds) == {each.__name__.lower() for each in blocks.Block.__args__}


def test_json_has_pictures_as_sizes_and_missing_numbers_as_null(report_of: Callable, square: Image.Image) -> None:
    chart = blocks.Chart("loss", "step", "loss", [blocks.Series("a", np.arange(2), np.array([np.nan, 0.5]))])
    plain = report_of(blocks.Pictures("inputs", [("row", [square])]), chart).to_json()
    pictures, curve = plain["sections"][0]["blocks"]
    assert pictures["rows"] == [["row", [{"width": 8, "height": 8}]]]
    assert (curve["series"][0]["x"], curve["series"][0]["y"]) == ([0, 1], [None, 0.5])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(AssertionError, match="different length"):
        blocks.Series("a", [1, 2], [1])
    with pytest.raises(AssertionError, match="different length"):
        blocks.Scatter("a", [1, 2], [1, 2], ["x"])


def test_the_report_does_not_import_torch() -> None:
    code = (
        "import sys, headstart.reports.draw.page_html, headstart.reports.model_card; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
