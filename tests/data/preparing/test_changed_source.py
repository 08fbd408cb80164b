"""A source that somebody edits while it is read: nothing is stored under the identity of other bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import headstart as hs
from headstart.core.errors import ContractError
from headstart.data.modalities.image.image import Image as Pictures
from headstart.data.modalities.text.text import Text
from headstart.data.records import Blob


def pictures(place: Path) -> Path:
    for number in range(12):
        path = place / "in" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (8, 8), dtype=np.uint8)).save(path)
    return place / "in"


def table(place: Path) -> Path:
    (place / "t.csv").write_text("text,label\n" + "".join(f"word {n} of many,{n % 2}\n" for n in range(30)))
    return place / "t.csv"


def other_picture(given: Path) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(given / "a" / "4.png")


def other_label(given: Path) -> None:
    given.write_text(given.read_text().replace("word 7 of many,1", "word 7 of many,0"))


def fewer_rows(given: Path) -> None:
    given.write_text(given.read_text()[: -len("word 29 of many,1\n")])


@pytest.mark.parametrize(
    ("make", "edit", "named"),
    [(pictures, other_picture, "a/4.png"), (table, other_label, "t.csv:9"), (table, fewer_rows, "t.csv:30")],
    ids=["a picture", "a label", "a row less"],
)
def test_a_source_that_changes_between_hash_and_store_is_refused(
    make: Callable[[Path], Path], edit: Callable[[Path], None], named: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    given = make(tmp_path)
    for kind in (Pictures, Text):
        fit = kind.fit
        monkeypatch.setattr(kind, "fit", lambda *asked, fit=fit: (fit(*asked), edit(given)))
    with pytest.raises(ContractError, match=r"HS-C157.*the source changed while it was read") as caught:
        hs.prepare(given, out=tmp_path / "out")
    assert named in str(caught.value)
    assert caught.value.exit_code == 78
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    assert hs.prepare(given, out=tmp_path / "out").splits


def test_the_bytes_that_were_hashed_are_those_that_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is read once for its hash and once to be stored, never again to be decoded."""
    given, reads, read = pictures(tmp_path), dict[str, int](), Blob.read

    def counted(blob: Blob, limit: int = -1) -> bytes:
        reads[blob.name] = reads.get(blob.name, 0) + (limit < 0)
        return read(blob, limit)

    monkeypatch.setattr(Blob, "read", counted)
    hs.prepare(given, out=tmp_path / "out")
    assert set(reads.values()) == {2}
