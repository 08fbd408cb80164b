"""Models that somebody damaged or made to do harm, through a verb that opens them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Headstart = Callable[..., Any]


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
    assert told.code in (65, 74, 78), told.err
    assert len(told.err.strip().splitlines()) == 1
