"""Data sets of the hub, here as folders laid out like one: the same rows as the files hold, by their names."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from headstart.core.errors import DataError, UsageError
from headstart.data.cache import open_data
from headstart.data.inputs import examples_of
from headstart.data.modalities.text.text import Text
from headstart.data.reading.open_raw import open_raw
from headstart.data.records import Blob, Words
from tests.helpers.sentences import sentences

datasets = pytest.importorskip("datasets")


def shards(place: Path, columns: dict[str, list[Any]], kinds: dict[str, Any], *splits: str) -> Path:
    (place / "data").mkdir(parents=True)
    made = datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))
    for split in splits:
        made.to_parquet(place / "data" / f"{split}-00000-of-00001.parquet")
    return place


def read(given: Any, **options: str) -> list[dict[str, Any]]:
    raw = open_raw(given, modality="auto", input=options.get("input"), target=options.get("target"))
    return [dict(example) for example in raw.examples()]


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    kind = datasets.ClassLabel(names=["O", "B-PER"])
    columns = {
        "tokens": [["John", "sleeps"], ["Yes"]],
        "ner_tags": [[1, 0], [0]],
        "good": [1, -1],
        "extra": [{"a": 1}] * 2,
    }
    kinds = {"tokens": datasets.List(datasets.Value("string")), "ner_tags": datasets.List(kind),
             "good": datasets.ClassLabel(names=["no", "yes"]), "extra": {"a": datasets.Value("int32")}}  # fmt: skip
    return shards(tmp_path / "set", columns, kinds, "train", "validation", "test")


def test_tags_and_classes_go_by_their_names(tagged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tagged.parent)
    for given in ("hf:./set", f"hf:{tagged}", tagged, str(tagged)):
        found = read(given)
        assert [e["input"] for e in found] == [Words(("John", "sleeps")), Words(("Yes",))] * 3
        assert [e["label"] for e in found] == [["B-PER", "O"], ["O"]] * 3
        assert [e["split"] for e in found] == ["train"] * 2 + ["valid"] * 2 + ["test"] * 2
        assert len({e["origin"] for e in found}) == 6
    assert [e.get("label") for e in read("hf:./set", target="good")] == ["yes", None] * 3


def test_pictures_are_bytes_or_files(tmp_path: Path) -> None:
    Picture.new("RGB", (5, 4), (200, 0, 0)).save(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    kinds = {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    images = [{"bytes": data, "path": None}, {"bytes": None, "path": str(tmp_path / "x.png")}]
    raw = open_raw(
        shards(tmp_path / "set", {"image": images, "label": [1, 0]}, kinds, "train"),
        modality="auto", input=None, target=None,
    )  # fmt: skip
    assert raw.modality == "image"
    found = [(e["input"].read() if isinstance(e["input"], Blob) else e["input"], e["label"]) for e in raw.examples()]
    assert found == [(data, "dog"), (data, "cat")]


def test_the_read_me_may_say_which_files_are_the_data(tmp_path: Path) -> None:
    rows = [{"text": text, "label": label} for text, label in zip(*sentences(40), strict=True)]
    for name, some in (("one.jsonl", rows[:30]), ("two.jsonl", rows[30:]), ("never.jsonl", rows)):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in some))
    front = "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: one.jsonl\n"
    (tmp_path / "README.md").write_text(f"---\n{front}  - split: test\n    path: two.jsonl\n---\n# Sentences\n")
    assert [(e["input"], e["label"], e["split"]) for e in read(tmp_path)] == [
        (row["text"], row["label"], "train" if n < 30 else "test") for n, row in enumerate(rows)
    ]
    store = open_data(f"hf:{tmp_path}", settings={"vocab": 300})
    assert store.splits == {"train": 30, "test": 10}
    assert [e["input"] for e in examples_of(f"hf:{tmp_path}", modality=Text())] == [row["text"] for row in rows]


def test_a_folder_with_a_usual_read_me_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "one"}\n')
    for text in ("# Title\nconfigs: data_files\n", "---\nlicense: mit\n---\nconfigs:\ndata_files"):
        (tmp_path / "README.md").write_text(text)
        assert [e["origin"] for e in read(tmp_path)] == ["train.jsonl:1"]


def test_splits_that_are_no_parts_are_rows_only_where_there_are_no_others(tmp_path: Path) -> None:
    columns, kinds = {"text": ["a text", "another"]}, {"text": datasets.Value("string")}
    both = shards(tmp_path / "both", columns, kinds, "train", "unsupervised")
    assert [e["split"] for e in read(both)] == ["train"] * 2
    alone = shards(tmp_path / "alone", columns, kinds, "unsupervised")
    assert [e.get("split") for e in read(alone)] == [None] * 2


def test_the_process_talks_as_before(tagged: Path) -> None:
    datasets.enable_progress_bars()
    levels = [logging.getLogger(name).level for name in ("datasets", "huggingface_hub")]
    read(tagged)
    assert not datasets.are_progress_bars_disabled()
    assert [logging.getLogger(name).level for name in ("datasets", "huggingface_hub")] == levels


def test_without_the_library_the_error_says_what_to_install(tagged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UsageError, match=r'pip install "headstart\[hub\]"') as caught:
        read(f"hf:{tagged}")
    assert caught.value.code == "HS-U326"


def test_a_program_in_a_data_set_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "set.py").write_text(f"import os; os.mkdir({str(tmp_path / 'ran')!r})\n")
    (tmp_path / "set" / "train.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError) as caught:
        read(f"hf:{tmp_path / 'set'}")
    assert caught.value.code == "HS-D286"
    assert not os.path.exists(tmp_path / "ran")


def test_a_server_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(place: str, config: str | None, *, revision: str | None) -> Any:
        raise ConnectionError(f"Couldn't reach '{place}' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(DataError, match=r"HS-D286\]: hf:org/name: .*: found Couldn't reach 'org/name' on the Hub"):
        read("hf:org/name")


def test_a_name_says_repository_configuration_and_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def load_dataset(place: str, config: str | None, *, revision: str | None) -> Any:
        asked.append((place, config, revision))
        return datasets.DatasetDict(train=datasets.Dataset.from_dict({"text": ["a"]}))

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    for name in (
        "hf:imdb",
        "hf:org/name",
        "hf:org/name@v1.0",
        "hf:nyu-mll/glue/sst2",
        "hf:org/name/one@refs/convert/parquet",
    ):
        assert [e["input"] for e in read(name)] == ["a"]
    assert asked == [
        ("imdb", None, None), ("org/name", None, None), ("org/name", None, "v1.0"), ("nyu-mll/glue", "sst2", None),
        ("org/name", "one", "refs/convert/parquet"),
    ]  # fmt: skip
