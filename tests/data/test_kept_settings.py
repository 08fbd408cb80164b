"""Kept settings of every kind of data: damaged ones are told in one way, and stored rows take no other value."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.core import catalog
from headstart.core.errors import DataError, RecipeError
from headstart.data.kept_settings import intact, stored_otherwise

FILES = ("audio.json", "preprocessor_config.json", "sequence.json", "series.json", "signals.json", "table.json",
         "tokenizer_config.json", "trajectory.json")  # fmt: skip


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"headstart": {}}', "[" * 5000])
@pytest.mark.parametrize("kind", catalog.kinds("modalities"))
def test_damaged_settings_are_told_with_their_place_and_what_to_do(
    kind: str, content: str | None, tmp_path: Path
) -> None:
    for name in FILES:
        if content is not None:
            (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(DataError) as error:
        catalog.load("modalities", kind).load(tmp_path)
    assert error.value.where.startswith(str(tmp_path))
    assert error.value.found
    assert error.value.fix == "prepare the data again, or use an intact copy of the model"


def test_what_is_read_whole_is_returned_and_other_errors_pass() -> None:
    with intact(DataError(1, "unreadable")):
        pass
    with pytest.raises(ZeroDivisionError), intact(DataError(1, "unreadable")):
        _ = 1 / 0


def test_the_fix_names_the_setting_and_its_value() -> None:
    error = stored_otherwise("size", 32)
    assert isinstance(error, RecipeError)
    assert error.line().endswith("fix: prepare again with modality.size=32")
