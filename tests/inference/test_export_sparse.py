"""What cannot be exported says so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import headstart
from headstart.core.errors import ContractError
from tests.helpers.sentences import sentences


def test_a_linear_model_of_numbers_is_drawn_and_its_features_are_no_tensors_to_export(tmp_path: Path) -> None:
    rows, topics = sentences(200)
    frame = pd.DataFrame({"text": rows, "label": [topic + 0.25 for topic in topics]})
    out = tmp_path / "model"
    made = headstart.finetune(frame, input="text", target="label", start="scratch", backbone="linear", out=out)
    assert made.embed(["the ship"]).shape == (1, 1)
    assert (out / "report.html").is_file()  # with vectors of one number
    for form in ("onnx", "pt2"):
        with pytest.raises(ContractError, match=r"HS-C278.*sparse features"):
            headstart.export(out, out=tmp_path / form, format=form)
