"""Files of a model that nobody vouches for are plain files of its own folder, and their JSON is plain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.models.trust.pickled import kind_of, refuse_pickles
from headstart.models.trust.safe_files import plain_file, read_object
from headstart.models.trust.weights import inspect_all
from tests.helpers.hostile.headers import header, index, tensor


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for place in (tmp_path / "secret.json", folder / "real.json"):
        place.write_text("{}")
    (folder / "out.json").symlink_to(Path("..") / "secret.json")
    (folder / "in.json").symlink_to("real.json")
    assert read_object(folder / "in.json") == {}
    with pytest.raises(DataError, match="HS-D372"):
        read_object(folder / "out.json")


def test_a_pipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(DataError, match="HS-D369"):
            plain_file(tmp_path / name)


def test_a_file_may_be_as_large_as_was_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert read_object(tmp_path / "a.json", most=8) == {"a": 1}
    with pytest.raises(DataError, match="HS-D370"):
        read_object(tmp_path / "a.json", most=7)


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"a": 1, "a": 2}', "stands there twice"), ('{"a": NaN}', "is no number"), ('{"a": 1e999}', "infinite"),
     ('{"a": ' + "[" * 60 + "]" * 60 + "}", "too many levels"), ('{"a": [' + "[]," * 250_000 + "[]]}", "more parts")],
    ids=["twice", "nan", "infinite", "deep", "many"],
)  # fmt: skip
def test_json_is_plain(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=told):
        read_object(tmp_path / "a.json")


def test_an_index_names_files_beside_it(tmp_path: Path) -> None:
    for name in ("model", "other"):
        (tmp_path / name).mkdir()
        header(tmp_path / name, {"a": tensor([1])}, bytes(4))
    index({"a": "model.safetensors"})(tmp_path / "model")
    assert inspect_all(tmp_path / "model").values == 1
    index({"a": "../other/model.safetensors"})(tmp_path / "model")
    with pytest.raises(DataError, match="index of the weights"):
        inspect_all(tmp_path / "model")


@pytest.mark.parametrize("name", ["a.bin", "a.pt", "a.pth", "a.ckpt", "a.pkl", "a.npz"])
def test_what_may_hold_code_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    assert kind_of(tmp_path / name)
    with pytest.raises(DataError, match=name):
        refuse_pickles(tmp_path)
