"""The name of a public checkpoint -> the directory that holds it, from the disk, the cache or the network."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from headstart.core.cache_folder import directory
from headstart.core.errors import UsageError, nearest
from headstart.core.files import write_whole

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
    """The directory of a hub's checkpoint: from the cache if it is there whole, else from the network.

    The hub's library takes what a killed download left for the whole, so a download is noted until it has ended.
    """
    from huggingface_hub.errors import HfHubHTTPError

    # failures of the network come as the errors of whatever library it is spoken through
    network_error: type[BaseException] = HfHubHTTPError.__mro__[1]
    begun = directory() / "downloads" / hashlib.sha256(f"{repository}@{revision}".encode()).hexdigest()[:32]
    cached = None if begun.exists() else _cached(repository, revision)
    if cached is not None and any(cached.glob("*.safetensors")):  # it may hold another program's few files
        return cached
    begun.parent.mkdir(exist_ok=True)
    write_whole(begun, name.encode())
    try:
        path = _fetched(repository, revision, offline=False)
    except (OSError, ValueError, network_error) as cause:
        what, library = str(cause).strip().split("\n")[0][:200], name.partition(":")[0]
        fix = "check the name; without network, download it elsewhere, and copy the cache (HF_HOME) or give its "
        fix += f"directory: {library}:/directory"
        if _cached(repository, revision) is None:
            begun.unlink()
        else:
            fix = f"connect to the network, for its download was cut off; or, if the cache is whole now, remove {begun}"
        raise UsageError(591, "public checkpoint was not found", where=name, found=what, fix=fix) from cause
    begun.unlink()
    return path


def _cached(repository: str, revision: str | None) -> Path | None:
    """What the hub's cache holds of a checkpoint; None if that is nothing."""
    try:
        return _fetched(repository, revision, offline=True)
    except (OSError, ValueError):  # the latter for an impossible name
        return None


def _fetched(repository: str, revision: str | None, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            repository, revision=revision, local_files_only=offline, allow_patterns=list(_WANTED),
            ignore_patterns=list(_UNWANTED),
        )
    )  # fmt: skip
