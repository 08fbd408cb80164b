"""verify from the command line."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Headstart = Callable[..., Any]


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
