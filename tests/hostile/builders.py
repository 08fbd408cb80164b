"""Hostile model files, made small: each builder spoils a copy of a sound model and says in one sentence how."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Spoil = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to spoil the sound model of a family ("hf", "timm", "own"), and words of the line that refuses it."""

    family: str
    name: str
    spoil: Spoil
    says: str


CASES: list[Case] = []


def case(family: str, name: str, says: str, spoil: Spoil) -> None:
    CASES.append(Case(family, name, spoil, says))


# --- pickles: whoever unpickles them touches the file OWNED


class Touch:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.path / 'OWNED'}'",)


def short(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def command(path: Path) -> str:
    return f"touch '{path / 'OWNED'}'"


PICKLES: dict[str, Callable[[Path], bytes]] = {
    "reduce": lambda path: pickle.dumps(Touch(path)),
    "reduce of protocol 0": lambda path: pickle.dumps(Touch(path), 0),
    "reduce of protocol 5 behind a sound list": lambda path: pickle.dumps([1, Touch(path)], 5),
    "GLOBAL": lambda path: b"\x80\x02cposix\nsystem\n" + short(command(path)) + b"\x85R.",
    "INST": lambda path: b"(S" + repr(command(path)).encode() + b"\niposix\nsystem\n.",
    "OBJ": lambda path: b"(cposix\nsystem\n" + short(command(path)) + b"o.",
    "STACK_GLOBAL": lambda path: b"\x80\x04" + short("posix") + short("system") + b"\x93" + short(command(path))
    + b"\x85R.",
    "names from the memo": lambda path: b"\x80\x04" + short("system") + b"q\x000" + short("posix")
    + b"q\x010h\x01h\x00\x93" + short(command(path)) + b"\x85R.",
    "eval by the builtins": lambda path: b"\x80\x02cbuiltins\neval\n"
    + short(f"__import__('os').system({command(path)!r})") + b"\x85R.",
    "getattr chain": lambda path: b"\x80\x02cbuiltins\ngetattr\ncos\nsystem\n" + short("__call__") + b"\x86R"
    + short(command(path)) + b"\x85R.",
    "BUILD of a state": lambda path: b"\x80\x02ctypes\nSimpleNamespace\n)\x81}" + short("a")
    + b"cposix\nsystem\n" + short(command(path)) + b"\x85Rsb.",
}  # fmt: skip


def torch_zip(path: Path, inner: bytes) -> bytes:
    """What torch.save writes, with another pickle inside."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", inner)
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def nested_zip(path: Path) -> bytes:
    return torch_zip(path, torch_zip(path, PICKLES["reduce"](path)))


def truncated(path: Path) -> bytes:
    return PICKLES["reduce"](path)[:-3]


def pickled(name: str, make: Callable[[Path], bytes]) -> Spoil:
    """Weights in place of safetensors."""

    def spoil(path: Path) -> None:
        (path / "model.safetensors").unlink()
        (path / name).write_bytes(make(path))

    return spoil


def object_array(path: Path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Touch(path)], object), allow_pickle=True)
    return buffer.getvalue()


def onnx(path: Path) -> bytes:
    return b"\x08\x07\x12\x00:\x10" + b"location../../../etc/passwd"


for opcode, make in PICKLES.items():
    case("hf", f"pickle, {opcode}", "no safetensors.*headstart convert", pickled("pytorch_model.bin", make))
case("hf", "torch zip with a pickle inside", "headstart convert",
     pickled("pytorch_model.bin", lambda path: torch_zip(path, PICKLES["reduce"](path))))  # fmt: skip
case("hf", "zip in a zip", "headstart convert", pickled("model.pt", nested_zip))
case("hf", "truncated pickle", "headstart convert", pickled("model.pth", truncated))
case("hf", "checkpoint of a trainer", "headstart convert", pickled("last.ckpt", PICKLES["reduce"]))
case("hf", "metadata of a distributed checkpoint", "distributed", pickled(".metadata", PICKLES["reduce"]))
case("hf", "distributed checkpoint", "distributed", pickled("__0_0.distcp", PICKLES["reduce"]))
case("hf", "NumPy array of objects", "NumPy", pickled("model.npy", object_array))
case("hf", "NumPy archive", "NumPy", pickled("model.npz", lambda path: torch_zip(path, object_array(path))))
case("hf", "plain pickle", "a pickle", pickled("model.pkl", PICKLES["reduce"]))
case("hf", "ONNX with data elsewhere", "ONNX", pickled("model.onnx", onnx))
case("hf", "Keras", "Keras", pickled("tf_model.h5", lambda path: b"\x89HDF\r\n\x1a\n"))
case("hf", "Flax", "Flax", pickled("flax_model.msgpack", lambda path: b"\x81\xa1a\xc7"))
case("hf", "GGUF", "GGUF", pickled("model.gguf", lambda path: b"GGUF" + b"\xff" * 20))
case("own", "own model with a pickle for weights", "missing", pickled("model.bin", PICKLES["reduce"]))


# --- safetensors


def header(path: Path, entries: object, data: bytes = b"", *, length: int | None = None) -> None:
    """A file of safetensors with any header."""
    content = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    start = struct.pack("<Q", len(content) if length is None else length)
    (path / "model.safetensors").write_bytes(start + content + data)


def tensor(shape: object, first: object = 0, last: object = 4, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [first, last]}


HEADERS: dict[str, Spoil] = {
    "equal keys": lambda p: header(p, b'{"a":' + json.dumps(tensor([1])).encode() + b',"a":'
                                   + json.dumps(tensor([1])).encode() + b"}", bytes(4)),
    "equal fields": lambda p: header(
        p, b'{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
    "overlap": lambda p: header(p, {"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, bytes(12)),
    "hole": lambda p: header(p, {"a": tensor([1]), "b": tensor([1], 8, 12)}, bytes(12)),
    "bytes behind the end": lambda p: header(p, {"a": tensor([1])}, bytes(400)),
    "end behind the file": lambda p: header(p, {"a": tensor([100], 0, 400)}, bytes(4)),
    "one span for two": lambda p: header(p, {"a": tensor([1]), "b": tensor([1])}, bytes(4)),
    "100,000 tensors": lambda p: header(p, {f"t{i}": tensor([0], 0, 0) for i in range(100_000)}),
    "huge header": lambda p: header(p, b'{"a":{}}' + b" " * 40_000_000),
    "header longer than the file": lambda p: header(p, {"a": tensor([1])}, bytes(4), length=1 << 40),
    "header of 2^64 - 1 bytes": lambda p: header(p, {"a": tensor([1])}, bytes(4), length=(1 << 64) - 1),
    "header of no bytes": lambda p: header(p, b"", bytes(4)),
    "empty file": lambda p: (p / "model.safetensors").write_bytes(b"") and None,
    "negative side": lambda p: header(p, {"a": tensor([-1, -1])}, bytes(4)),
    "huge side": lambda p: header(p, {"a": tensor([1 << 62])}, bytes(4)),
    "product that overflows to 4 bytes": lambda p: header(p, {"a": tensor([1 << 33, 1 << 31, 1])}, bytes(4)),
    "product that overflows to 0": lambda p: header(p, {"a": tensor([1 << 32, 1 << 32], 0, 0)}),
    "a thousand sides": lambda p: header(p, {"a": tensor([1] * 1000)}, bytes(4)),
    "side that is True": lambda p: header(p, {"a": tensor([True])}, bytes(4)),
    "side that is a fraction": lambda p: header(p, {"a": tensor([1.0])}, bytes(4)),
    "unknown dtype": lambda p: header(p, {"a": tensor([1], kind="OBJECT")}, bytes(4)),
    "dtype that is a list": lambda p: header(p, {"a": tensor([1], kind=["F32"])}, bytes(4)),
    "wrong length": lambda p: header(p, {"a": tensor([3], 0, 8)}, bytes(8)),
    "offsets that go back": lambda p: header(p, {"a": tensor([1], 4, 0)}, bytes(4)),
    "no JSON": lambda p: header(p, b"\x80\x04." * 100, bytes(4)),
    "no UTF-8": lambda p: header(p, b'{"\xff":{}}'),
    "list in place of an object": lambda p: header(p, []),
    "100,000 levels": lambda p: header(p, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a million empty objects": lambda p: header(p, b"{" + b",".join(b'"%d":{}' % i for i in range(1_000_000)) + b"}"),
    "metadata that are no strings": lambda p: header(p, {"__metadata__": {"a": {"b": 1}}, "a": tensor([1])}, bytes(4)),
    "metadata that are a list": lambda p: header(p, {"__metadata__": ["a"], "a": tensor([1])}, bytes(4)),
}  # fmt: skip
for name, spoil in HEADERS.items():
    case("hf", f"safetensors, {name}", "cannot be (read|used)", spoil)
for name in ("equal keys", "overlap", "100,000 tensors", "product that overflows to 4 bytes"):
    case("timm", f"safetensors of timm, {name}", "cannot be read", HEADERS[name])
    case("own", f"safetensors of ours, {name}", "cannot be read", HEADERS[name])


def linked(name: str) -> Spoil:
    """A file of the model that is a link to a secret two directories up."""

    def spoil(path: Path) -> None:
        secret = path.parent / "secret"
        secret.write_text("{}", "utf-8")
        (path / name).unlink(missing_ok=True)
        (path / name).symlink_to(Path("..") / "secret")

    return spoil


def piped(path: Path) -> None:
    (path / "config.json").unlink()
    os.mkfifo(path / "config.json")


def index(places: object) -> Spoil:
    def spoil(path: Path) -> None:
        (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}), "utf-8")

    return spoil


for name in ("model.safetensors", "config.json", "tokenizer.json"):
    case("hf", f"link out of the directory, {name}", "link out of its directory", linked(name))
for name in ("model.safetensors", "config.json", "headstart.json", "seen.bin", "preprocessor_config.json"):
    case("own", f"link out of our directory, {name}", "link out of its directory", linked(name))
case("hf", "pipe for a config", "pipe", piped)
case("hf", "index with ../", "index of the weights", index({"a": "../secret.safetensors"}))
case("hf", "index with an absolute path", "index of the weights", index({"a": "/etc/passwd"}))
case("hf", "index of pickles", "index of the weights", index({"a": "pytorch_model.bin"}))
case("hf", "index that is a list", "index of the weights", index(["model.safetensors"]))


# --- config.json


def changed(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        (path / "config.json").write_text(json.dumps({**config, **fields}), "utf-8")

    return spoil


def with_code(**fields: Any) -> Spoil:
    """A config that names a module beside it."""

    def spoil(path: Path) -> None:
        (path / "evil.py").write_text(f"import os; os.system({command(path)!r})\nclass Evil: pass\n", "utf-8")
        changed(**fields)(path)

    return spoil


def written(name: str, content: bytes) -> Spoil:
    return lambda path: (path / name).write_bytes(content) and None


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"a": inner}
    return inner


CONFIGS: dict[str, tuple[str, Spoil]] = {
    "auto_map": ("never run", with_code(auto_map={"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil"})),
    "custom_pipelines": ("never run", with_code(custom_pipelines={"a": {"impl": "evil.Evil"}})),
    "trust_remote_code": ("never run", with_code(trust_remote_code=True)),
    "auto_map in a part": ("never run", with_code(text_config={"auto_map": {"AutoModel": "evil.Evil"}})),
    "_attn_implementation_internal": ("chooses code", changed(_attn_implementation_internal="kernels-community/evil")),
    "_attn_implementation": ("chooses code", changed(_attn_implementation="someone/kernel:evil")),
    "attn_implementation": ("chooses code", changed(attn_implementation="kernels-community/flash-attn")),
    "attn_implementation in parts": ("chooses code", changed(attn_implementation={"": "kernels-community/a"})),
    "_experts_implementation": ("chooses code", changed(_experts_implementation="someone/kernel")),
    "use_kernels": ("chooses code", changed(use_kernels=True)),
    "transformers_weights": ("chooses code", changed(transformers_weights="../secret.safetensors")),
    "adapter": ("chooses code", changed(base_model_name_or_path="someone/else", peft_type="LORA")),
    "backbone of another hub's model": ("chooses code", changed(backbone="resnet50", use_pretrained_backbone=True)),
    "wrapper of timm": ("chooses code", changed(model_type="timm_wrapper")),
    "quantization_config": ("quantised", changed(quantization_config={"quant_method": "gptq"})),
    "absurd width": ("no network needs", changed(hidden_size=1 << 40)),
    "absurd layers": ("no network needs", changed(num_hidden_layers=10**9)),
    "9,999 layers": ("larger network|no network needs", changed(num_hidden_layers=9_999)),
    "width of 10^12 weights": ("larger network", changed(hidden_size=1 << 20, intermediate_size=1 << 20,
                                                         num_attention_heads=1)),
    "vocabulary of 16 million": ("larger network", changed(vocab_size=(1 << 24) - 1, hidden_size=1024)),
    "places of 16 million": ("larger network", changed(max_position_embeddings=(1 << 24) - 1)),
    "negative width": ("does not fit|no network needs", changed(hidden_size=-16)),
    "activation that is a path": ("no network needs", changed(hidden_act="../../evil")),
    "activation nobody knows": ("no network needs", changed(hidden_act="evil")),
    "activation that is a list": ("does not fit|no network needs", changed(hidden_act=["gelu"])),
    "width that is text": ("does not fit", changed(hidden_size="__import__")),
    "1,000 levels": ("cannot be read", changed(rope_scaling=deep(900))),
    "100,000 levels": ("cannot be read", written("config.json", b'{"a":' * 100_000)),
    "list in place of an object": ("config", written("config.json", b"[1]")),
    "string in place of an object": ("config", written("config.json", b'"bert"')),
    "100 MB": ("larger", lambda path: os.truncate(path / "config.json", 100_000_000)),
    "NaN": ("cannot be read", changed(layer_norm_eps=float("nan"))),
    "infinity by 1e999": ("cannot be read", written("config.json", b'{"model_type":"bert","layer_norm_eps":1e999}')),
    "equal keys": ("cannot be read", written("config.json", b'{"model_type":"bert","model_type":"evil"}')),
    "no UTF-8": ("cannot be read", written("config.json", b'{"model_type":"\xff"}')),
    "whole number of 10,000 digits": ("cannot be read", written("config.json", b'{"a":' + b"9" * 10_000 + b"}")),
    "4 million brackets": ("cannot be read", written("config.json", b"[" + b"[]," * 2_000_000 + b"[]]")),
    "unknown model_type": ("knows no such network", changed(model_type="evil")),
    "model_type that is a path": ("knows no such network", changed(model_type="../../evil")),
    "model_type that is a list": ("config", changed(model_type=["bert"])),
    "id2label of a million": ("larger", changed(id2label={i: f"LABEL_{i}" for i in range(1_000_000)})),
}  # fmt: skip
for name, (says, spoil) in CONFIGS.items():
    case("hf", f"config, {name}", says, spoil)


# --- tokenizers and processors


def tokenizer_with(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        whole = json.loads((path / "tokenizer.json").read_text("utf-8"))
        (path / "tokenizer.json").write_text(json.dumps({**whole, **fields}), "utf-8")

    return spoil


def cutting(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def without_tokenizer(**files: bytes) -> Spoil:
    """Other files than tokenizer.json, by name with __ for a dot."""

    def spoil(path: Path) -> None:
        (path / "tokenizer.json").unlink()
        for name, content in files.items():
            (path / name.replace("__", ".")).write_bytes(content)

    return spoil


VOCABULARY = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijk"]).encode()
TOKENIZERS: dict[str, tuple[str, Spoil]] = {
    "pattern (a+)+$": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("(a+)+$"))),
    "pattern (a|aa)*b": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("(a|aa)*b"))),
    "pattern of 100,000 letters": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("a?" * 50_000))),
    "pattern that refers back": ("tokenizer", tokenizer_with(pre_tokenizer=cutting(r"(.*)\1\1\1x"))),
    "100 MB": ("larger", lambda path: os.truncate(path / "tokenizer.json", 100_000_000)),
    "100,000 levels": ("tokenizer", written("tokenizer.json", b'{"a":' * 100_000)),
    "no object": ("tokenizer", written("tokenizer.json", b"[]")),
    "merges of words that are not there": ("tokenizer", written("tokenizer.json", json.dumps({
        "version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["x y"]}}).encode())),
    "auto_map": ("never run", written(
        "tokenizer_config.json", b'{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}}')),
    "auto_map beside a vocabulary": ("never run", without_tokenizer(
        vocab__txt=VOCABULARY, tokenizer_config__json=b'{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}}')),
    "100,000 levels of its config": ("cannot be read", written("tokenizer_config.json", b"[" * 100_000)),
    "sentencepiece that is a pickle": ("no tokenizer", without_tokenizer(spiece__model=pickle.dumps([1]))),
    "vocabulary that is no JSON": ("no tokenizer", without_tokenizer(vocab__json=b"\xff\xff", merges__txt=b"a b")),
    "image processor with auto_map": ("never run", written(
        "preprocessor_config.json", b'{"auto_map": {"AutoImageProcessor": "evil.Evil"}}')),
}  # fmt: skip
for name, (says, spoil) in TOKENIZERS.items():
    case("hf", f"tokenizer, {name}", says, spoil)


# --- timm


def timm_args(**args: Any) -> Spoil:
    return changed(model_args=args)


def timm_about(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        config["pretrained_cfg"] = {**config["pretrained_cfg"], **fields}
        (path / "config.json").write_text(json.dumps(config), "utf-8")

    return spoil


TIMM: dict[str, tuple[str, Spoil]] = {
    "architecture hf-hub:": ("knows no such network", changed(architecture="hf-hub:someone/evil")),
    "architecture local-dir:": ("knows no such network", changed(architecture="local-dir:/tmp/evil")),
    "architecture that is a path": ("knows no such network", changed(architecture="../../evil")),
    "architecture of a megabyte": ("knows no such network", changed(architecture="a" * 1_000_000)),
    "architecture that is a number": ("config", changed(architecture=3)),
    "checkpoint_path": ("chooses code", timm_args(checkpoint_path="/etc/passwd")),
    "pretrained": ("chooses code", timm_args(pretrained=True)),
    "pretrained_cfg in the arguments": ("chooses code", timm_args(pretrained_cfg={"url": "http://evil"})),
    "cache_dir": ("chooses code", timm_args(cache_dir="/tmp")),
    "arguments nobody knows": ("does not take", timm_args(evil="x")),
    "arguments that are a list": ("config", changed(model_args=["a"])),
    "layer named by a module": ("does not take", timm_args(norm_layer="os:system")),
    "block named by a module": ("does not take", timm_args(act_layer="evil/evil")),
    "absurd channels": ("does not take", timm_args(channels=[1 << 40] * 4)),
    "network of 10^9 weights": ("larger network", timm_args(channels=[64, 8192, 8192, 8192])),
    "9,999 layers": ("larger network|cannot build", timm_args(layers=[9999] * 4)),
    "input of 10^6 by 10^6": ("does not take", timm_about(input_size=[3, 10**6, 10**6])),
    "mean that is text": ("does not take", timm_about(mean="evil")),
    "input that is a file": ("does not take", changed(pretrained_cfg="/etc/passwd")),
}  # fmt: skip
for name, (says, spoil) in TIMM.items():
    case("timm", f"timm, {name}", says, spoil)


# --- our own models


def own(**fields: Any) -> Spoil:
    """Parts of our config replaced."""

    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        for name, value in fields.items():
            config["headstart"][name] = value
        (path / "config.json").write_text(json.dumps(config), "utf-8")

    return spoil


def own_class(path: Path) -> None:
    (path / "evil.py").write_text(f"import os; os.system({command(path)!r})\nclass Evil: pass\n", "utf-8")
    own(backbone={"kind": "evil:Evil"})(path)


OWN: dict[str, tuple[str, Spoil]] = {
    "a class beside it": ("outside headstart", own_class),
    "os:system": ("no such class", own(backbone={"kind": "os:system"})),
    "subprocess:Popen": ("this is no", own(backbone={"kind": "subprocess:Popen"})),
    "antigravity": ("outside headstart", own(backbone={"kind": "antigravity:Evil"})),
    "modality from outside": ("outside headstart", own(modality={"kind": "evil.module:Evil"})),
    "task from outside": ("outside headstart", own(task={"kind": "evil.module:Evil"})),
    "augment from outside": ("outside headstart", own(augment={"kind": "evil.module:Evil"})),
    "augment that is a list": ("damaged", own(augment=["image"])),
    "kind that is a path": ("unknown", own(backbone={"kind": "../../evil"})),
    "kind of a megabyte": ("damaged|unknown", own(backbone={"kind": "a" * 1_000_000})),
    "hf with auto_map": ("never run|larger", own(backbone={"kind": "hf", "config": {
        "model_type": "bert", "auto_map": {"AutoModel": "evil.Evil"}}})),
    "hf with a kernel": ("chooses code", own(backbone={"kind": "hf", "config": {
        "model_type": "bert", "attn_implementation": "kernels-community/evil"}})),
    "timm with other weights": ("chooses code", own(backbone={"kind": "timm", "architecture": "resnet18",
                                                              "model_args": {"checkpoint_path": "/etc/passwd"}})),
    "timm hf-hub:": ("knows no such network", own(backbone={"kind": "timm", "architecture": "hf-hub:evil/evil"})),
    "layers of 10^12 weights": ("larger network", own(backbone={"kind": "mlp", "widths": [1 << 20, 1 << 20]})),
    "a million layers": ("larger network", own(backbone={"kind": "mlp", "widths": [1] * 1_000_000})),
    "pictures of 10^12 values": ("damaged|larger network", own(facts={"channels": 1, "height": 10**6, "width": 10**6})),
    "absurd facts": ("damaged", own(facts={"channels": 10**12})),
    "levels in the config": ("cannot be read", written("config.json", b'{"headstart":' * 100_000)),
    "levels in the facts": ("cannot be read", written("headstart.json", b'{"format":' * 100_000)),
    "equal keys in the facts": ("cannot be read", written("headstart.json", b'{"format": 1, "format": 1}')),
    "facts of 100 MB": ("larger", lambda path: os.truncate(path / "headstart.json", 100_000_000)),
    "another format": ("unknown model format", written("headstart.json", b'{"format": 99}')),
    "odd seen.bin": ("rows that the model saw", written("seen.bin", b"1234567")),
    "seen.bin of 100 GB": ("larger", lambda path: os.truncate(path / "seen.bin", 100 << 30)),
    "truncated head": ("cannot be read", lambda path: os.truncate(path / "head.safetensors", 40)),
    "settings of pictures in 100,000 levels": ("cannot be read", written("preprocessor_config.json", b"[" * 100_000)),
    "pictures of the settings": ("damaged|cannot be read", lambda path: _spoil_shape(path)),
}  # fmt: skip


def _spoil_shape(path: Path) -> None:
    fields = json.loads((path / "preprocessor_config.json").read_text("utf-8"))
    fields["headstart"]["shape"] = [3, 10**6, 10**6]
    (path / "preprocessor_config.json").write_text(json.dumps(fields), "utf-8")


for name, (says, spoil) in OWN.items():
    case("own", f"ours, {name}", says, spoil)


def manifest(change: Callable[[dict[str, Any]], object]) -> Spoil:
    """A manifest that is changed but has its digest right."""

    def spoil(path: Path) -> None:
        from headstart.core import files

        whole = json.loads((path / "manifest.json").read_text("utf-8"))
        whole.pop("digest")
        change(whole)
        whole["digest"] = files._digest(whole)
        (path / "manifest.json").write_bytes(files._manifest(whole))

    return spoil


# what only `verify` reads, and refuses
MANIFESTS: dict[str, Spoil] = {
    "name that leaves the directory": manifest(lambda m: m["files"].update({"../secret": "0" * 64})),
    "absolute name": manifest(lambda m: m["files"].update({"/etc/passwd": "0" * 64})),
    "file that is missing": manifest(lambda m: m["files"].update({"evil.py": "0" * 64})),
    "levels": written("manifest.json", b'{"files":' * 100_000),
    "list": written("manifest.json", b"[]"),
    "changed size": lambda path: os.truncate(path / "model.safetensors", 100),
}
