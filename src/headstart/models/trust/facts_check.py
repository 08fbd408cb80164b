"""What headstart.json must say before a model is used: of whatever type it is read as later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headstart.core.errors import DataError

_Count = Annotated[int, Field(ge=0)]


class _Data(BaseModel):
    model_config = ConfigDict(strict=True)
    source: list[str]
    rows: _Count
    hash: str
    licence: str
    modality: str


class _Parent(BaseModel):
    model_config = ConfigDict(strict=True)
    name: str
    hash: str
    verb: str
    data: str
    licence: str


class _Cost(BaseModel):
    model_config = ConfigDict(strict=True)
    seconds: float
    rows: _Count
    steps: _Count


class _Facts(BaseModel):
    model_config = ConfigDict(strict=True)
    verb: str
    data: _Data
    lineage: Annotated[list[_Parent], Field(max_length=10_000)]
    scores: dict[str, float | int]
    cost: _Cost
    weights: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reasons: list[str]
    warnings: list[str]


def check_facts(facts: Mapping[str, Any], where: Path) -> None:
    """DataError for a field that is missing or of another type."""
    try:
        _Facts.model_validate(facts)
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        found = f"{'.'.join(map(str, first['loc']))[:100]}: {first['msg']}"
        fix = "restore the file or make the model again"
        raise DataError(353, "what the model says of itself is damaged", where=where, found=found, fix=fix) from cause
