"""A checkpoint of pickles -> the same checkpoint in safetensors, written aside and checked before it gets its name."""

import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from headstart.core import swap
from headstart.core.errors import DataError, UsageError
from headstart.core.files import write_json
from headstart.core.rundir import refuse_unfinished
from headstart.core.shown import Unscored, Unwarned
from headstart.models.public.detector_backbone import residual
from headstart.models.trust.config_check import refuse_code
from headstart.models.trust.pickled import TORCH, kind_of, refuse_pickles
from headstart.models.trust.safe_files import MOST_TOKENIZER, parse_object, plain_file, read_object
from headstart.models.trust.unpickling import CAUGHT, REFUSED
from headstart.models.trust.weights import INDEX, inspect, metadata

_BESIDE = ("config.json", "preprocessor_config.json", "tokenizer*.json", "special_tokens_map.json", "added_tokens.json",
           "vocab.*", "merges.txt", "*.model", "README.md", "LICENSE*")  # fmt: skip
_USUAL = "pytorch_model.bin"
_BYTES_PER_SECOND, _PATIENCE = 10_000_000, 60


@dataclass(frozen=True, slots=True)
class Converted(Unscored, Unwarned):
    """How many tensors were written, whether the children had no network while they read, and what timm calls the
    network in weights that came without a config, where it is a residual one of torchvision; else ""."""

    tensors: int
    without_network: bool
    architecture: str = ""


def convert(given: Path, out: Path) -> Converted:
    """Convert a directory or a lone file; DataError if a pickle holds more than tensors, UsageError if there is none or
    `out` is taken, or the system is not Linux."""
    if sys.platform != "linux":
        fix = "convert on Linux (on Windows: in WSL), or use a copy of the checkpoint in safetensors"
        raise UsageError(569, "pickles can be opened safely on Linux only", found=sys.platform, fix=fix)
    refuse_unfinished(given)
    lone = given.is_file() and given.suffix in TORCH
    pickles, beside = ([plain_file(given)], ()) if lone else (_pickles(given), _BESIDE)
    swap.tidy(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(597, "the directory of the result is not empty", where=out, fix="choose another --out")
    if not lone and (given / "config.json").exists():
        refuse_code(read_object(given / "config.json"), given / "config.json")
    with swap.made_aside(out) as aside:
        names = _names(len(pickles))
        alone = [_convert_one(pickle, aside / name) for pickle, name in zip(pickles, names, strict=True)]
        held = {name: inspect(aside / name) for name in names}
        if len(names) > 1:
            places = {tensor: name for name in names for tensor in held[name].shapes}
            write_json(aside / INDEX, {"metadata": {}, "weight_map": places})
        for pattern in beside:
            for file in sorted(given.glob(pattern)):
                shutil.copyfile(plain_file(file, most=MOST_TOKENIZER), aside / file.name)
        network = None
        if not (aside / "config.json").exists():
            network = residual({name: shape for one in held.values() for name, shape in one.shapes.items()})
            if network:
                write_json(aside / "config.json", network)
            elif "config" in (said := metadata(aside / names[0])):
                settings = parse_object(said["config"].encode(), aside / names[0])
                write_json(aside / "config.json", {"config": settings})
    tensors = sum(len(one.shapes) for one in held.values())
    return Converted(tensors, all(alone), network["architecture"] if network else "")


def _pickles(directory: Path) -> list[Path]:
    """The files that hold the weights: one, or those that an index names."""
    if not directory.is_dir():
        fix, found = "give the directory of a checkpoint, or its .pt, .pth or .ckpt", "a file" * directory.is_file()
        raise UsageError(598, "no such directory to convert", where=directory, found=found, fix=fix)
    index = directory / f"{_USUAL}.index.json"
    if index.exists():
        places = read_object(index).get("weight_map")
        names = sorted(set(map(str, places.values()))) if isinstance(places, dict) else []
        if not names or any(name != Path(name).name or not (directory / name).exists() for name in names):
            fix, found = "use an intact copy of the checkpoint", ", ".join(names)[:200]
            raise DataError(374, "the index of the weights cannot be used", where=index, found=found, fix=fix)
        return [plain_file(directory / name) for name in names]
    there = sorted(p for p in directory.iterdir() if p.suffix in TORCH)
    there = [p for p in there if p.name == _USUAL] or there
    if not there:
        if any(kind_of(p) is not None for p in directory.iterdir()):
            refuse_pickles(directory)
        found, fix = "", "give the directory of a checkpoint"
        if any(directory.glob("*.safetensors")):
            found, fix = "safetensors", "use it as it is"
        raise UsageError(599, "there is nothing to convert", where=directory, found=found, fix=fix)
    if len(there) > 1:
        found = ", ".join(p.name for p in there[:5])
        fix = "leave the file with the weights alone in a directory"
        raise UsageError(590, "several files could hold the weights", where=directory, found=found, fix=fix)
    return [plain_file(there[0])]


def _names(count: int) -> list[str]:
    if count == 1:
        return ["model.safetensors"]
    return [f"model-{i:05}-of-{count:05}.safetensors" for i in range(1, count + 1)]


def _convert_one(given: Path, new: Path) -> bool:
    """One file in a child of its own; did it have no network?"""
    # -I: neither the environment nor the current directory say which modules are loaded
    command = [sys.executable, "-I", "-W", "ignore", "-m", "headstart.models.trust.unpickling", str(given.resolve()),
               str(new.resolve())]  # fmt: skip
    quiet = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "LC_ALL": "C.UTF-8"}
    patience = _PATIENCE + given.stat().st_size // _BYTES_PER_SECOND
    fix = "do not open it; use a copy of the checkpoint in safetensors"
    try:
        done = subprocess.run(
            command, env=quiet, cwd=new.parent, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as cause:
        raise DataError(381, "reading the pickle took too long", where=given, found=f"{patience} s", fix=fix) from cause
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    if done.returncode == CAUGHT:
        raise DataError(382, "the pickle tried a forbidden operation", where=given, found=said[0], fix=fix)
    if done.returncode == REFUSED:
        fix = "save the model's state_dict() where it comes from, or use a copy of the checkpoint in safetensors"
        raise DataError(380, "the pickle holds more than weights", where=given, found=said[0], fix=fix)
    if done.returncode != 0:
        ended = signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit {done.returncode}"
        found = f"{ended} {' '.join(said)[:200]}"
        raise DataError(383, "the pickle cannot be read within its limits", where=given, found=found, fix=fix)
    return done.stdout.decode("ascii").split()[1] == "without"
