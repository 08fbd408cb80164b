"""What leads out of the source is read only where `follow` says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading.open_raw import open_raw
from headstart.data.reading.roles import Ask


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """`set` holds class b and links to class a and to itself; `table.csv` names the pictures of both."""
    lines = ["image,label"]
    for label, folder in (("a", tmp_path / "away"), ("b", tmp_path / "set" / "b")):
        folder.mkdir(parents=True)
        for i in range(12):
            pixels = np.random.default_rng(i + 50 * (label == "b")).integers(0, 255, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / f"{label}{i}.png")
            lines.append(f"../{folder.relative_to(tmp_path)}/{label}{i}.png,{label}")
    (tmp_path / "set" / "a").symlink_to(tmp_path / "away")
    (tmp_path / "set" / "loop").symlink_to(tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "table.csv").write_text("\n".join(lines))
    return tmp_path


@pytest.mark.parametrize(("name", "code"), [("set", "HS-D385"), ("tables/table.csv", "HS-D210")])
def test_the_refusal_names_follow_and_follow_works(place: Path, name: str, code: str) -> None:
    for given in (place / name, str(place / name), [place / name], {"train": str(place / name)}):
        with pytest.raises(DataError, match=f"{code}.*pass follow=True"):
            prepare(given, place / "out")
        raw = open_raw(given, modality="image", input=None, target=None, ask=Ask(follow=True))
        labels = [row["label"] for row in raw.examples()]
        assert sorted(labels) == ["a"] * 12 + ["b"] * 12
    store = prepare(place / name, place / "out", follow=True)
    assert store.manifest["classes"]["train"].keys() == {"a", "b"}
    assert [note for note in store.manifest["warnings"] if "--follow" in note]
    assert taken(place / name, follow=True).used


def test_a_link_to_nothing_is_refused_all_the_same(place: Path) -> None:
    (place / "set" / "b" / "gone.png").symlink_to(place / "nothing.png")
    with pytest.raises(DataError, match="HS-D384"):
        prepare(place / "set", place / "out", follow=True)
