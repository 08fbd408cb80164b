"""Everything that reads what somebody else wrote: all sources and modalities of the catalog, manifests, recipes."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np
import pytest

from headstart.core import catalog, recipe
from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.core.files import changed_files
from headstart.data.prepare import prepare
from headstart.data.preparing import content_hash
from headstart.data.reading.open_raw import open_raw, quiet_decoders
from headstart.data.records import Blob
from headstart.data.storage import manifest
from headstart.data.store import Store
from tests.helpers.fuzz import corpus
from tests.helpers.fuzz.harness import Seed, Subject, refusals
from tests.helpers.letters import dna
from tests.helpers.sentences import sentences
from tests.helpers.table_rows import table_rows

ODD = (None, float("nan"), float("inf"), -1, 10**30, True, "", " ", "\0", "\ud800", "a" * 5000, b"", b"\xff",
       b"\x1f\x8b\x08", [], [[]], {"bytes": None}, {"bytes": b"?", "path": None}, {"a": 1}, np.zeros((2, 0)),
       np.zeros((2, 2, 9)), np.array([None]), np.float32("nan"), datetime.date(2000, 1, 1), (1, [2]), object, 1j,
       corpus.picture(), "photo.png", "../x.png", Path("/etc"), [["a"], "b"], np.zeros((3, 3), complex))  # fmt: skip
NAMES = ("image", "text", "label", "split", "origin", "range", "input", "x", 3, None)
PLACES = (
    "preparation",
    "manifest",
    "digest",
    "recipe",
    "image settings",
    "text settings",
    "tokenizer",
    "sequence settings",
    "table settings",
)


def subject(name: str) -> Subject:
    """The reader of that name: "source csv", "modality image", "manifest", ..."""
    family, _, kind = name.partition(" ")
    if family == "source":
        made = corpus.SOURCES.get(kind)
        if made is None:
            pytest.fail(f"say in SOURCES of tests/helpers/fuzz/corpus.py what a tiny '{kind}' looks like")
        return Subject(
            name,
            tuple(made()),
            {"frame": _frame, "records": _rows, "series_folder": _in_classes, "lerobot": _unfolded}.get(kind)
            or _source(kind),
        )
    if family == "modality":
        made = corpus.MODALITIES.get(kind)
        if made is None:
            pytest.fail(f"say in MODALITIES of tests/helpers/fuzz/corpus.py what a tiny '{kind}' looks like")
        return Subject(name, tuple(made()), (_of_rows if kind in OF_ROWS else _modality)(kind))
    return OTHERS[name]()


OF_ROWS = ("series", "signals", "table", "trajectory")  # what they read are rows of a table, never the bytes of a file


def names() -> list[str]:
    """Every reader there is."""
    found = [f"source {kind}" for kind in catalog.kinds("sources")]
    return [*found, *(f"modality {kind}" for kind in catalog.kinds("modalities")), *OTHERS]


def _in_classes(path: Path) -> None:
    """A folder with two folders of classes, the file in both of them."""
    with TemporaryDirectory() as home:
        for name in ("a", "b"):
            (Path(home) / name).mkdir()
            (Path(home) / name / "t.csv").write_bytes(path.read_bytes())
        with quiet_decoders():
            consume(catalog.load("sources", "series_folder")(Path(home), Access()))


def _unfolded(path: Path) -> None:
    """A folder with every file where its name says, "+" between folders."""
    with TemporaryDirectory() as home:
        for one in path.parent.iterdir():
            place = Path(home) / one.name.replace("+", "/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(one.read_bytes())
        with quiet_decoders():
            consume(catalog.load("sources", "lerobot")(Path(home), Access()))


def _above(path: Path) -> Path:
    return path.parent


WHERE: Mapping[str, Callable[[Path], Path]] = {"folder": _above, "hub": _above}
"""What is given to sources that read more than one file."""


def _source(kind: str) -> Callable[[Path], None]:
    reader = catalog.load("sources", kind)

    def read(path: Path) -> None:
        with quiet_decoders():
            consume(reader(WHERE.get(kind, Path)(path), Access()))

    return read


def consume(source: Any) -> None:
    """Every row, decoded as both kinds of data; rows that cannot be read are refused one by one."""
    content_hash.content(source.examples())
    modalities = [catalog.load("modalities", kind)() for kind in catalog.kinds("modalities")]
    for example in source.examples():
        assert isinstance(example["origin"], str)
        for modality in modalities:
            with refusals():
                if isinstance(example["input"], DataError):
                    raise example["input"]
                read = modality.read(example, Budget())
                if modality.duplicates is not None:
                    modality.duplicates.fingerprint(read)


def _frame(path: Path) -> None:
    import pandas as pd

    random = Random(path.read_bytes())
    chosen = random.sample(NAMES, random.randint(1, 4))
    cells = {name: pd.Series([random.choice(ODD) for _ in range(3)], dtype=object) for name in chosen}
    consume(catalog.load("sources", "frame")(pd.DataFrame(cells), Access()))


def _rows(path: Path) -> None:
    random = Random(path.read_bytes())
    chosen = [random.sample(NAMES, random.randint(1, 4)) for _ in range(3)]
    consume(
        catalog.load("sources", "records")([{name: random.choice(ODD) for name in names} for names in chosen], Access())
    )


def _modality(kind: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        modality = catalog.load("modalities", kind)()
        example = {"input": Blob.file(path, path.name), "origin": path.name}
        with quiet_decoders():
            modality.fit([example], Budget())
            found = modality.read(example, Budget())
            if modality.duplicates is not None:
                modality.duplicates.fingerprint(found)
            modality.encode(found)

    return read


def _of_rows(kind: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        raw, modality = open_raw(path, modality=kind, input=None, target=None), catalog.load("modalities", kind)()
        with quiet_decoders():
            modality.fit(raw.examples(), Budget())
            for example in raw.examples():
                modality.encode(modality.read(example, Budget()))

    return read


@cache
def _prepared() -> Mapping[str, bytes]:
    """The files of a prepared directory of pictures."""
    place = Path(mkdtemp())
    pixels = np.random.default_rng(0).integers(0, 256, (8, 4, 4), dtype=np.uint8)
    prepare((pixels, np.arange(8) % 2), place / "data")
    found = {path.name: path.read_bytes() for path in (place / "data").iterdir()}
    shutil.rmtree(place)
    return found


@cache
def _prepared_sequences() -> Mapping[str, bytes]:
    """What a modality of sequences saves."""
    place = Path(mkdtemp())
    prepare(dna(20)[0], place / "data", modality="sequence", settings={"tokens": "bpe"})
    found = {"sequence.json": (place / "data" / "sequence.json").read_bytes()}
    shutil.rmtree(place)
    return found


@cache
def _prepared_tables() -> Mapping[str, bytes]:
    """What a modality of tables saves."""
    place = Path(mkdtemp())
    prepare(table_rows(40)[0], place / "data", modality="table")
    found = {"table.json": (place / "data" / "table.json").read_bytes()}
    shutil.rmtree(place)
    return found


@cache
def _prepared_texts() -> Mapping[str, bytes]:
    place = Path(mkdtemp())
    prepare(sentences(40)[0], place / "data", modality="text", settings={"vocab": 300})
    found = {path.name: path.read_bytes() for path in (place / "data").iterdir()}
    shutil.rmtree(place)
    return found


def _of_directory(name: str, every: Mapping[str, bytes], changed: list[str], read: Callable[[Path], None],
                  wrap: Callable[[bytes], bytes] = bytes) -> Subject:  # fmt: skip
    seeds = [Seed(one, every[one], wrap, {k: v for k, v in every.items() if k != one}) for one in changed]
    return Subject(name, tuple(seeds), read)


def _opened(path: Path) -> None:
    store = Store.open(path.parent)
    for split in store.splits:
        store.labels(split)
        store.take(store.rows(split))
        store.examples(split)
    store.rejected()
    assert store.modality.spec.sizes


def _verified(path: Path) -> None:
    changed_files(path.parent)


def _redigested(data: bytes) -> bytes:
    """A manifest that somebody changed who knows how its digest is made."""
    try:
        body = json.loads(data)
        body.pop("digest")
        body["digest"] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        return json.dumps(body).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return data


def _recipe(path: Path) -> None:
    found = recipe.read(path)
    assert recipe.differences(found, found) == []
    recipe.to_toml(found)


def _settings(kind: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        catalog.load("modalities", kind).load(path.parent)

    return read


RECIPE = b'verb = "pretrain"\nseed = 1\nlabels = 10\n[data]\nsource = ["a"]\n[plan]\nlr = 1e-3\nsteps = 10\n'

OTHERS: Mapping[str, Callable[[], Subject]] = {
    "preparation": lambda: _of_directory("preparation", _prepared(), sorted(_prepared()), _opened),
    "manifest": lambda: _of_directory("manifest", _prepared(), [manifest.NAME], _verified),
    "digest": lambda: _of_directory("digest", _prepared(), [manifest.NAME], _opened, _redigested),
    "recipe": lambda: Subject("recipe", (Seed("r.toml", RECIPE),), _recipe),
    "image settings": lambda: Subject(
        "image settings",
        (Seed("preprocessor_config.json", _prepared()["preprocessor_config.json"]),),
        _settings("image"),
    ),
    "text settings": lambda: _of_directory(
        "text settings",
        {n: d for n, d in _prepared_texts().items() if n.startswith("tokenizer")},
        ["tokenizer_config.json"],
        _settings("text"),
    ),
    "tokenizer": lambda: _of_directory(
        "tokenizer",
        {n: d for n, d in _prepared_texts().items() if n.startswith("tokenizer")},
        ["tokenizer.json"],
        _settings("text"),
    ),
    "sequence settings": lambda: _of_directory(
        "sequence settings", _prepared_sequences(), ["sequence.json"], _settings("sequence")
    ),
    "table settings": lambda: _of_directory("table settings", _prepared_tables(), ["table.json"], _settings("table")),
}
