"""The child that opens a pickle of torch, with nothing it could harm: `-m headstart.models.trust.unpickling FILE NEW`.

torch's own restricted unpickler reads it (only tensors and plain containers); limits, a closed network and a watch over
what the process does stand behind it, should that have a hole. Its last line on stderr says what was refused.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import pickle
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

REFUSED, CAUGHT = 65, 77  # exit codes
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # flags of unshare(2)
_MOST_SETTINGS = 1 << 16  # characters
_SPARE = 1 << 29  # bytes that a child may take beside three times the file
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.remove", "os.rename",
              "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "os.chown", "os.putenv", "os.kill",
              "os.truncate", "subprocess.Popen", "pty.spawn", "ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function",
              "shutil.rmtree", "compile", "code.__new__", "import", "mmap.resize", "sys.setprofile",
              "sys.settrace")  # fmt: skip
_WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which trainers keep the weights


def main(arguments: list[str]) -> int:
    """Write the tensors of a pickle of torch as safetensors."""
    given, new = Path(arguments[0]), Path(arguments[1])
    alone = _leave_network()
    import torch
    from safetensors.torch import save_file

    _warm_up()
    size = given.stat().st_size
    zipped = zipfile.is_zipfile(given)
    _limit(size)
    _watch(new)
    try:
        whole = torch.load(given, weights_only=True, map_location="cpu", mmap=zipped)
        tensors, settings = dict(_tensors(whole, size)), _settings(whole)
    except pickle.UnpicklingError as cause:
        return _refused(_short(cause))
    except (RuntimeError, ValueError, TypeError, LookupError, EOFError, AttributeError, AssertionError,
            OSError) as cause:  # fmt: skip
        return _refused(f"{type(cause).__name__}: {_short(cause)}")
    except (MemoryError, RecursionError, OverflowError, ImportError) as cause:
        return _refused(f"{type(cause).__name__}: more than such a file can hold")
    save_file(tensors, new, {"format": "pt", **settings})
    sys.stdout.write(f"{len(tensors)} {'without' if alone else 'with'}\n")
    return 0


def _tensors(whole: Any, size: int) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors, those that share memory on their own; ValueError for anything else."""
    import torch

    state = whole
    for name in _WRAPPERS:
        if isinstance(state, Mapping) and isinstance(state.get(name), Mapping):
            state = state[name]
    if not isinstance(state, Mapping):
        raise ValueError(f"a {type(state).__name__} instead of named tensors")
    tensors = {name: one for name, one in state.items() if isinstance(one, torch.Tensor)}
    if not tensors or not all(isinstance(name, str) for name in tensors):
        raise ValueError("no named tensors")
    plain = (
        one.layout == torch.strided and not one.is_quantized and one.device.type == "cpu" for one in tensors.values()
    )
    if not all(plain):
        raise ValueError("sparse, quantised or empty tensors")
    if sum(one.numel() * one.element_size() for one in tensors.values()) > 4 * size + _SPARE // 8:
        raise ValueError("tensors much larger than their file")
    seen: set[int] = set()
    for name, one in tensors.items():
        storage = one.untyped_storage()
        alone = storage.data_ptr() not in seen and storage.nbytes() == one.numel() * one.element_size()
        seen.add(storage.data_ptr())
        yield name, one.detach().contiguous() if alone else one.detach().contiguous().clone()


def _settings(whole: Any) -> dict[str, str]:
    """The settings of a network that stand beside its weights, as JSON under "config": plain values alone."""
    said = whole.get("config") if isinstance(whole, Mapping) else None
    if not isinstance(said, Mapping):
        return {}
    kept = {name: value for name, value in said.items()
            if isinstance(name, str) and (value is None or type(value) in (bool, int, float, str))}  # fmt: skip
    text = json.dumps(kept, sort_keys=True)
    return {"config": text} if kept and len(text) <= _MOST_SETTINGS else {}


def _leave_network() -> bool:
    """Leave the network of this machine, where Linux lets a process do so; while there is one thread only."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(_NEW_NETWORK) == 0 or libc.unshare(_NEW_USER | _NEW_NETWORK) == 0


def _warm_up() -> None:
    """Let torch import whatever reading and writing needs, so that later imports are the pickle's."""
    import torch
    from safetensors.torch import save

    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.serialization.save({"a": torch.zeros(2)}, buffer, _use_new_zipfile_serialization=zipped)
        buffer.seek(0)
        save(torch.load(buffer, weights_only=True, map_location="cpu"))


def _limit(size: int) -> None:
    """Memory, time, processes and files, as much as a file of this size needs."""
    import resource  # not there on Windows

    now = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    seconds = 30 + size // 10_000_000
    wanted = {
        resource.RLIMIT_AS: now + 3 * size + _SPARE,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 4 * size + _SPARE,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,  # no process and no thread beside those that run already
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _watch(new: Path) -> None:
    """From here on the process ends at once where it does what no reading of tensors does."""
    allowed = os.fspath(new)

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        bad = event in _FORBIDDEN or event.startswith("socket.") or (
            event == "open" and _writes(arguments) and str(arguments[0]) != allowed
        )  # fmt: skip
        if bad:
            os.write(2, f"\nthe process did {event} {str(arguments[:1])[:100]}\n".encode("utf-8", "replace"))
            os._exit(CAUGHT)

    sys.addaudithook(look)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _short(cause: BaseException) -> str:
    """What torch's unpickler refused, without its advice to read the file nevertheless."""
    text = " ".join(str(cause).split()).split(" Check the doc")[0]
    named = re.search(r"GLOBAL [\w.]+", text)
    if named:
        return named[0].rstrip(".")
    return text.split("WeightsUnpickler error:")[-1].split(" Please ")[0].strip()[:200] or "nothing"


def _refused(what: str) -> int:
    sys.stderr.write(f"\n{' '.join(what.split())}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
