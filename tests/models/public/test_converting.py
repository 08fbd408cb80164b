"""Checkpoints of pickles in safetensors: the same weights, and nothing that a pickle asks for."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from headstart.core.errors import DataError, UsageError
from headstart.models.public.converting import convert
from headstart.models.public.hub import open_checkpoint
from headstart.models.trust.unpickling import _tensors
from headstart.models.trust.weights import inspect, read
from tests.helpers import checkpoints


def written(path: Path, value: Any, **options: Any) -> Path:
    path.mkdir(exist_ok=True)
    torch.save(value, path / "pytorch_model.bin", **options)
    return path


@pytest.mark.parametrize("zipped", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_converted_checkpoint_is_the_same_network(zipped: bool, tmp_path: Path) -> None:
    network = checkpoints.write_hf("bert", checkpoints.BERT, tmp_path / "old")
    (tmp_path / "old" / "model.safetensors").unlink()
    state = OrderedDict(network.state_dict())
    state["again"] = state["embeddings.word_embeddings.weight"]  # shares its memory
    torch.save(state, tmp_path / "old" / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    with pytest.raises(DataError, match=r"hs\.convert"):
        open_checkpoint(f"hf:{tmp_path / 'old'}")
    done = convert(tmp_path / "old", tmp_path / "new")
    assert done.tensors == len(state)
    found = read(tmp_path / "new" / "model.safetensors")
    assert all(torch.equal(found[name], one) for name, one in state.items())
    open_checkpoint(f"hf:{tmp_path / 'new'}").backbone()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.slow
def test_parts_that_an_index_names_stay_parts(tmp_path: Path) -> None:
    import json

    old = tmp_path / "old"
    old.mkdir()
    for i, name in enumerate(("one.bin", "two.bin")):
        torch.save({f"{i}": torch.full((3,), float(i))}, old / name)
    index = {"weight_map": {"0": "one.bin", "1": "two.bin"}}
    (old / "pytorch_model.bin.index.json").write_text(json.dumps(index), "utf-8")
    convert(old, tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").glob("*.safetensors")) == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    ]  # fmt: skip
    assert inspect(tmp_path / "new" / "model-00002-of-00002.safetensors").shapes == {"1": (3,)}


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_does_something_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    old = written(tmp_path / "old", {"a": Touch(tmp_path / "owned")})
    with pytest.raises(DataError, match=r"HS-D380.*posix\.mkdir"):
        convert(old, tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["old"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "says"),
    [([torch.zeros(3)], "instead of named tensors"), ({"a": 1}, "no named tensors"),
     ({"a": torch.zeros(1).expand(10**10)}, "much larger"), ({1: torch.zeros(1)}, "no named tensors")],
)  # fmt: skip
def test_what_is_no_set_of_weights_is_refused(value: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        convert(written(tmp_path / "old", value), tmp_path / "new")


def test_an_impossible_conversion_is_refused(tmp_path: Path) -> None:
    old = written(tmp_path / "old", {"a": torch.zeros(1)})
    with pytest.raises(UsageError, match="not empty"):
        convert(old, old)
    with pytest.raises(UsageError, match="no such directory"):
        convert(tmp_path / "nothing", tmp_path / "new")
    (old / "pytorch_model.bin").rename(old / "a.pt")
    (old / "b.pt").write_bytes(b"")
    with pytest.raises(UsageError, match="several files"):
        convert(old, tmp_path / "new")
    for name in ("a.pt", "b.pt"):
        (old / name).unlink()
    (old / "model.onnx").write_bytes(b"")
    with pytest.raises(DataError, match="ONNX"):
        convert(old, tmp_path / "new")


WATCHED = {
    "system": "import os; os.system('true')",
    "process": "import subprocess; subprocess.run(['true'])",
    "fork": "import os; os.fork()",
    "network": "import socket; socket.socket()",
    "library": "import ctypes; ctypes.CDLL('libm.so.6')",
    "writing": "open('elsewhere', 'w')",
    "new module": "import antigravity",
    "program": "compile('1', 'a', 'eval')",
}


@pytest.mark.parametrize("deed", WATCHED)
def test_the_watch_ends_a_process_that_does_more_than_reading(deed: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    from headstart.models.trust.unpickling import CAUGHT

    modules = "import os, subprocess, socket, ctypes; "  # what is there already can still be called
    program = (
        f"{modules}from pathlib import Path; from headstart.models.trust import unpickling; "
        f"code = compile({WATCHED[deed]!r}, 'deed', 'exec'); unpickling._watch(Path('new')); exec(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == CAUGHT, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_unpickler_itself_knows_tensors_only(tmp_path: Path) -> None:
    """Before the watch sees anything: a pickle that does something is not carried out at all."""
    import subprocess
    import sys

    from headstart.models.trust.unpickling import REFUSED

    given = written(tmp_path, {"a": Touch(tmp_path / "owned")}) / "pytorch_model.bin"
    words = [sys.executable, "-W", "ignore", "-m", "headstart.models.trust.unpickling", str(given), str(tmp_path / "n")]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == REFUSED, done.stderr
    assert not (tmp_path / "owned").exists()


def test_tensors_much_larger_than_their_file_are_refused() -> None:
    tensors = {"a": torch.zeros(1).expand(20_000_000)}  # 80 MB of one stored number
    with pytest.raises(ValueError, match="much larger"):
        list(_tensors(tensors, 1000))
    assert [name for name, _ in _tensors(tensors, 80_000_000)] == ["a"]
