"""What foreign configs may say: real ones pass whole, and what their network does not read never reaches a library."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CONFIG_MAPPING

from headstart.core.errors import DataError
from headstart.models.trust import weights
from headstart.models.trust.config_check import admitted, dropped
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.timm_config_check import check_timm
from headstart.models.trust.weights import Held
from tests.helpers import checkpoints
from tests.helpers.programs import ROOT

HARMLESS = {"_name_or_path": "someone/model", "finetuning_task": "mnli", "adapters": None, "is_new": True}
KINDS = {**checkpoints.TEXTS, **checkpoints.PICTURES, **checkpoints.SOUND}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_network_saves_of_itself_is_admitted_whole(kind: str) -> None:
    saved = {**CONFIG_MAPPING[kind](**KINDS[kind]).to_dict(), "model_type": kind}
    read = {name: value for name, value in saved.items() if value is not None and not name.startswith("_")}
    lost = read.keys() - admitted(saved).keys()
    assert lost <= {"output_attentions", "return_dict", "backbone", "use_pretrained_backbone"}
    assert CONFIG_MAPPING[kind].from_dict(admitted(saved)).to_dict() == CONFIG_MAPPING[kind].from_dict(saved).to_dict()


def test_settings_that_only_the_network_reads_are_admitted() -> None:
    given = {"model_type": "deberta-v2", "conv_kernel_size": 3, "conv_act": "gelu", "position_buckets": 8, **HARMLESS}
    assert {"conv_kernel_size", "conv_act", "position_buckets"} <= admitted(given).keys()
    assert dropped(given) == sorted(HARMLESS)


def test_older_names_are_admitted() -> None:
    assert admitted({"model_type": "gpt2", "hidden_size": 8})["hidden_size"] == 8
    assert admitted({"model_type": "llama", "rope_theta": 5e8, "rope_scaling": {"rope_type": "linear", "factor": 2.0}})
    assert admitted({"model_type": "modernbert", "global_attn_every_n_layers": 3, "global_rope_theta": 160000})


@pytest.mark.parametrize(
    "said",
    [{"transformers_weights": None}, {"fusion_config": None}, {"_attn_implementation": "sdpa"},
     {"attn_implementation": None}, {"distributed_config": None}],
)  # fmt: skip
def test_harmless_choices_are_dropped(said: dict[str, Any]) -> None:
    assert admitted({"model_type": "bert", **said}) == {"model_type": "bert"}


def test_the_library_alone_would_hear_what_is_refused_here() -> None:
    config = {"model_type": "bert", "transformers_weights": "../other.safetensors", "fusion_config": {"a": 1}}
    assert CONFIG_MAPPING["bert"].from_dict(config).transformers_weights == "../other.safetensors"
    with pytest.raises(DataError, match="selects code or files"):
        admitted(config)


def test_the_safetensors_library_alone_takes_equal_keys(tmp_path: Path) -> None:
    entry = b'{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    header = b'{"a":' + entry + b',"a":' + entry + b"}"
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert list(load_file(path)) == ["a"]
    with pytest.raises(DataError, match="stands there twice"):
        weights.read(path)


def test_weights_are_read_bit_for_bit_and_their_check_is_cheap(tmp_path: Path) -> None:
    kinds = (torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.bool, torch.uint8)
    given = {f"{i}.{kind}": torch.randn(64, 8 + i).to(kind) for i in range(40) for kind in kinds}
    given |= {"none": torch.zeros(0, 5), "one": torch.tensor(3.0)}
    save_file(given, tmp_path / "model.safetensors", {"format": "pt"})
    found = weights.read(tmp_path / "model.safetensors")
    assert found.keys() == given.keys()
    assert all(torch.equal(found[name], given[name]) and found[name].dtype == given[name].dtype for name in given)
    held = weights.inspect(tmp_path / "model.safetensors")
    assert held.values == sum(one.numel() for one in given.values())
    big = {f"layer.{i}": torch.zeros(1_000_000) for i in range(50)}
    save_file(big, tmp_path / "big.safetensors")
    began = time.process_time()
    weights.inspect(tmp_path / "big.safetensors")
    checked, began = time.process_time() - began, time.process_time()
    weights.read(tmp_path / "big.safetensors")
    assert checked < 0.1 * (time.process_time() - began)  # 200 MB; the header alone is read


def test_the_cache_of_the_hub_may_link_to_its_blobs(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "models--a--b" / "blobs", tmp_path / "models--a--b" / "snapshots" / "0123"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    save_file({"a": torch.ones(2)}, blobs / "digest")
    (snapshot / "model.safetensors").symlink_to(Path("..") / ".." / "blobs" / "digest")
    assert weights.inspect_all(snapshot).values == 2
    save_file({"a": torch.ones(2)}, tmp_path / "elsewhere")
    (snapshot / "model.safetensors").unlink()
    (snapshot / "model.safetensors").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="link out of its directory"):
        weights.inspect_all(snapshot)


def test_a_network_larger_than_its_weights_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    held = Held({"weight": (1000, 1000)}, 1_000_000)
    with allowance(held, tmp_path):
        torch.nn.Linear(1000, 1000)
        torch.where(torch.ones(2, dtype=torch.bool), 0.0, -1e9)
    for make in (
        lambda: torch.nn.Linear(1 << 20, 1 << 20),
        lambda: [torch.empty(1 << 20) for _ in range(100)],
        lambda: [torch.empty(1) for _ in range(10_000)],
        lambda: torch.arange(1 << 30),
        lambda: torch.zeros(1 << 13, 1) + torch.zeros(1, 1 << 13),
    ):
        with pytest.raises(DataError, match="larger network"), allowance(held, tmp_path):
            make()


def test_opening_a_model_does_not_load_a_compiler() -> None:
    """The first operation under a counting guard made torch import its compiler and sympy: 1.2 s a process."""
    model = ROOT / "tests" / "golden" / "format-1" / "pixels"
    code = (
        "import sys; from headstart.inference.predictor import Predictor; "
        f"Predictor.load({str(model)!r}); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize(
    ("config", "code"),
    [({"auto_map": {"AutoModel": "evil.Model"}}, 363), ({"vision": {"auto_map": {"AutoModel": "evil.Model"}}}, 363),
     ({"attn_implementation": "someone/kernel"}, 375), ({"quantization_config": {"bits": 4}}, 367),
     ({"model_type": "rag"}, 375), ({"hidden_act": "evil"}, 376), ({"num_hidden_layers": 20_000}, 376),
     ({"num_attention_heads": 0}, 376), ({"hidden_dropout_prob": 1.5}, 376), ({"hidden_size": 1 << 24}, 376),
     ({"model_type": "vit", "image_size": 4096, "patch_size": 1}, 376), ({"id2label": ["a"] * 60_000}, 376)],
    ids=str,
)  # fmt: skip
def test_what_no_config_may_ask_for(config: dict[str, Any], code: int) -> None:
    with pytest.raises(DataError) as caught:
        admitted({"model_type": "bert", **config})
    assert caught.value.code == f"HS-D{code}"


def test_what_no_network_reads_is_left_out() -> None:
    assert set(admitted({"model_type": "bert", "hidden_size": 24, "evil_hook": 1, "_private": 2})) == {
        "model_type", "hidden_size",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"pretrained": True}, 375),
        ({"checkpoint_path": "a"}, 375),
        ({"nonsense": 1}, 377),
        ({"layers": "rm -rf /"}, 377),
    ],
    ids=str,
)
def test_what_no_network_of_timm_takes(arguments: dict[str, Any], code: int) -> None:
    with pytest.raises(DataError) as caught:
        check_timm("resnet18", arguments)
    assert caught.value.code == f"HS-D{code}"
    check_timm("resnet18", {"layers": [1, 1, 1, 1], "drop_rate": 0.1})
