"""Changed copies of rows that a model has seen are told; unrelated rows are not; models without sketches go on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from headstart.assemble import open_start
from headstart.cli import run
from headstart.core.errors import DataError
from headstart.data.modalities.text.minhash import TextDuplicates
from headstart.data.prepare import prepare
from headstart.data.storage.gather import stacked
from headstart.evaluation.leaks import leaks
from headstart.models import remembered
from headstart.models.start import Start
from tests.badinput.test_leaks import jpeg, smooth

COPIES = 40


def read_by(data: Path, out: Path, *more: str) -> Start:
    """A model that has read all rows of a prepared directory."""
    assert run(["pretrain", str(data), "--out", str(out), "--quiet", *more]) == 0
    start = open_start(str(out))
    assert start is not None
    return start


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Start, list[np.ndarray], Path]:
    folder, seen = tmp_path_factory.mktemp("pictures"), smooth(300, 0)
    prepare(np.stack(seen), folder / "data", split="train=1", near="keep")
    words = ("--backbone", "linear", "--objective", "pca", "backbone.width=4")
    return read_by(folder / "data", folder / "model", *words), seen, folder


def brighter(picture: np.ndarray) -> np.ndarray:
    return np.minimum(picture * 1.03, 255).astype(np.uint8)


def half(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((20, 20)))


def softened(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.BoxBlur(1)))


@pytest.mark.parametrize("change", [jpeg, brighter, half, softened, np.fliplr], ids=lambda change: change.__name__)
def test_changed_copies_of_pictures_are_told(pictures, change, tmp_path: Path) -> None:
    start, seen, _ = pictures
    store = prepare(np.stack([change(one) for one in seen[:COPIES]]), tmp_path / "copies", near="keep")
    found = leaks([remembered.of_start(start)], store, np.arange(COPIES))
    assert found.equal + found.copies >= 36
    assert "look like changed copies of such rows (array#" in found.sentence("test")


def test_unrelated_pictures_are_no_copies(pictures, tmp_path: Path) -> None:
    start, _, _ = pictures
    store = prepare(np.stack(smooth(300, 1)), tmp_path / "others", near="keep")
    assert (
        leaks([remembered.of_start(start)], store, np.arange(300)).seen <= 9
    )  # of soft blobs some parts are much alike


def test_colour_and_grey_are_one_picture(pictures, tmp_path: Path) -> None:
    start, seen, _ = pictures
    coloured = np.stack([np.stack([one, one, brighter(one)], -1) for one in seen[:COPIES]])
    store = prepare(coloured, tmp_path / "coloured", near="keep")
    assert leaks([remembered.of_start(start)], store, np.arange(COPIES)).copies >= 36


def test_a_model_without_sketches_still_knows_equal_rows(pictures) -> None:
    start, seen, folder = pictures
    (start.path / remembered.SKETCHES).rename(folder / "away")
    try:
        store = prepare(np.stack([*seen[:5], *map(brighter, seen[5:10])]), folder / "mixed", near="keep")
        found = leaks([remembered.of_start(start)], store, np.arange(10))
    finally:
        (folder / "away").rename(start.path / remembered.SKETCHES)
    assert (found.equal, found.copies) == (5, 0)


@pytest.mark.parametrize("content", [b"", b"1234567", b"\xff" * 80, (72).to_bytes(8, "little") + b"1" * 71])
def test_damaged_sketches_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / remembered.SKETCHES).write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        remembered.sketches(tmp_path)


def test_what_parents_saw_is_remembered_once(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 255, (20, 72), np.uint8)
    remembered.write(tmp_path, [np.arange(3, dtype=np.uint64)], [rows[:15], rows[5:], rows[:0, :8]])
    kept = remembered.sketches(tmp_path)
    assert sorted(map(bytes, kept)) == sorted(map(bytes, rows))


CHANGES = {
    "capitals": str.upper,
    "spaces": lambda text: text.replace(" ", "  "),
    "a word less": lambda text: " ".join(text.split()[:4] + text.split()[5:]),
    "a title": lambda text: f"News of today: {text}",
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_changed_copies_of_texts_resemble_them(change: str) -> None:
    duplicates = TextDuplicates()
    words = np.random.default_rng(0)
    syllables = ["ka", "lo", "mir", "ten", "su", "va", "pol", "gre", "ni", "dor"]
    word = lambda: "".join(words.choice(syllables, words.integers(1, 4)))  # noqa: E731
    texts = [" ".join(word() for _ in range(25)) for _ in range(300)]

    def sketched(some: list[str]) -> np.ndarray:
        return duplicates.sketches(stacked([{"text": np.frombuffer(one.encode(), np.uint8)} for one in some]))

    seen = sketched(texts[:200])
    found = duplicates.resembling(seen, sketched([CHANGES[change](one) for one in texts[:COPIES]]))
    assert (found[:, 0] == found[:, 1]).sum() >= 36
    assert not len(duplicates.resembling(seen, sketched(texts[200:])))
    assert not len(duplicates.resembling(seen[:0], sketched(texts[200:])))
