"""The name of a public checkpoint -> the directory that holds it, from the disk, the cache or the network."""

from dataclasses import dataclass
from pathlib import Path

from headstart.core.errors import UsageError, nearest

# What a model and its tokenizer need, and the card for the licence: no other weights, no code.
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "README.md")
_UNWANTED = ("*/*", "consolidated*.safetensors")  # other formats and second copies


@dataclass(frozen=True, slots=True)
class Found:
    """Where a checkpoint lies, which library wrote it ("hf" or "timm"), and its commit if it came from a hub."""

    path: Path
    library: str
    revision: str


def find(name: str) -> Found:
    """ "hf:org/name[@revision]", "hf:/directory", "timm:name[.tag][@revision]", "timm:/directory"; else UsageError."""
    library, _, place = name.partition(":")
    if library not in ("hf", "timm") or not place:
        forms = "hf:org/name, hf:/directory, timm:name or timm:/directory"
        raise UsageError(592, "this is not the name of a public checkpoint", found=name, expected=forms)
    if Path(place).expanduser().is_dir():
        return Found(Path(place).expanduser(), library, "")
    if place.startswith(("/", ".", "~")):
        raise UsageError(593, "no such directory of a checkpoint", found=place, fix="check the path")
    repository, _, revision = place.partition("@")
    if library == "timm" and "/" not in repository:
        repository = _of_timm(repository)
    path = _snapshot(repository, revision or None, name)
    return Found(path, library, path.name)


def _of_timm(name: str) -> str:
    """ "resnet18" -> "timm/resnet18.a1_in1k": the hub's name of timm's own choice of weights."""
    import timm

    tagged = timm.list_pretrained()
    is_timm = name in tagged or ("." not in name and timm.is_model(name))
    known = timm.get_pretrained_cfg(name) if is_timm else None
    if known is None or not known.hf_hub_id:
        fix = nearest(name, tagged)
        raise UsageError(594, "timm has no such pretrained network", found=name, fix=fix)
    return str(known.hf_hub_id)


def _snapshot(repository: str, revision: str | None, name: str) -> Path:
    """The directory of a hub's checkpoint: from the cache if it is there whole, else from the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    # failures of the network come as the errors of whatever library it is spoken through
    network_error: type[BaseException] = HfHubHTTPError.__mro__[1]
    for offline in (True, False):
        try:
            path = snapshot_download(
                repository, revision=revision, local_files_only=offline, allow_patterns=list(_WANTED),
                ignore_patterns=list(_UNWANTED),
            )  # fmt: skip
        except (OSError, ValueError, network_error) as cause:
            if offline and isinstance(cause, OSError):  # a wrong name is a ValueError, and wrong online too
                continue
            what = str(cause).strip().split("\n")[0][:200]
            fix = (
                "check the name; without network, download it elsewhere, and copy the cache (HF_HOME) or give its "
                f"directory: {name.partition(':')[0]}:/directory"
            )
            raise UsageError(591, "public checkpoint was not found", where=name, found=what, fix=fix) from cause
        if not offline or any(Path(path).glob("*.safetensors")):  # the cache may hold another program's few files
            return Path(path)
    raise AssertionError("the second attempt returns or raises")
