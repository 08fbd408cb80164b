"""list: what there is of a family."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session
from headstart.core import catalog
from headstart.core.errors import UsageError, nearest


def command(
    session: Session,
    family: Annotated[str, typer.Argument(help=", ".join(catalog.FAMILIES))],
) -> dict[str, Any]:
    """Name every backbone, objective, task, tuning or modality, with a line about each."""
    if family not in catalog.FAMILIES:
        raise UsageError(580, "unknown family", found=f"'{family}'", fix=nearest(family, catalog.FAMILIES))
    found = {kind: catalog.summary(family, kind) for kind in catalog.kinds(family)}
    width = max(len(kind) for kind in found)
    text = "\n".join(f"{kind:{width}}  {line}" for kind, line in found.items())
    return {"command": "list", "family": family, "kinds": found, "text": text}
