"""manifest.json of a prepared directory: what lies there, where it came from, and the checksum of every file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headstart.core.errors import StorageError
from headstart.core.files import MANIFEST, digest_of, seal

FORMAT = 1
NAME = MANIFEST

# A file name of the manifest never leaves its directory.
_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]


class _Column(BaseModel):
    file: _FileName
    dtype: Annotated[str, Field(pattern=r"^[<>|=]?(b1|[iu][1248]|f[248])$")]
    rows: Annotated[int, Field(ge=0)]
    shape: list[Annotated[int, Field(ge=-1)]]
    offsets: _FileName | None = None


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="allow")
    modality: str
    columns: dict[str, _Column]
    splits: dict[str, Annotated[int, Field(ge=0)]]
    files: dict[_FileName, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]
    warnings: list[str]
    digest: str


def content_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 over the checksums of all files: equal for equal data."""
    return digest_of(manifest["files"])


def write(directory: Path, fields: Mapping[str, Any]) -> None:
    """Add the checksum of every file in the directory, and one of the manifest itself, and write it."""
    seal(directory, {"format": FORMAT, **fields})


def read(directory: Path) -> dict[str, Any]:
    """The manifest, checked; StorageError if it is absent, of an unknown format, damaged or edited."""
    path = directory / NAME
    fix = "prepare the data again"
    try:
        body = json.loads(path.read_text("utf-8"))
        version = body["format"]
    except FileNotFoundError as cause:
        raise StorageError(201, "not a prepared directory", where=directory, found=f"no {NAME}", fix=fix) from cause
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as cause:
        raise StorageError(202, "the manifest cannot be read", where=path, found=repr(cause), fix=fix) from cause
    if version != FORMAT:
        fix = "use a newer headstart, or prepare the data again"
        raise StorageError(203, "unknown format", where=path, found=repr(version), expected=FORMAT, fix=fix)
    try:
        _Manifest.model_validate(body, strict=True)
    except ValidationError as cause:
        first = cause.errors()[0]
        where = f"{path}:{'.'.join(map(str, first['loc']))}"
        raise StorageError(204, "the manifest is damaged", where=where, found=first["msg"], fix=fix) from cause
    if body["digest"] != digest_of({k: v for k, v in body.items() if k != "digest"}):
        raise StorageError(205, "the manifest was changed after it was written", where=path, fix=fix)
    return body
