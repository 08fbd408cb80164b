"""list: the kinds of a family."""

from typing import Annotated, Any

from headstart.commands.common.verbs import Call
from headstart.core import catalog
from headstart.core.errors import UsageError, nearest


def list(family: Annotated[str, ", ".join(catalog.FAMILIES)]) -> dict[str, str]:
    """List the kinds of a family, with one line about each."""
    if family not in catalog.FAMILIES:
        raise UsageError(580, "unknown family", found=f"'{family}'", fix=nearest(family, catalog.FAMILIES))
    return {kind: catalog.summary(family, kind) for kind in catalog.kinds(family)}


def summary(kinds: dict[str, str], call: Call) -> dict[str, Any]:
    width = max(len(kind) for kind in kinds)
    text = "\n".join(f"{kind:{width}}  {line}" for kind, line in kinds.items())
    return {"family": call.arguments["family"], "kinds": kinds, "text": text}
