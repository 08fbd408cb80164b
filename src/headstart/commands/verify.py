"""verify: is every file as it was written?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.session import Session
from headstart.core.errors import StorageError, UsageError


def command(
    session: Session,
    path: Annotated[Path, typer.Argument(help="Directory of a model, a proof or prepared data.")],
) -> dict[str, Any]:
    """Check the SHA-256 of every file against the manifest; exit code 74 if one differs."""
    from headstart.core.files import changed_files

    if not (path / "manifest.json").is_file():
        fix = "give a finished model, proof or prepared directory"
        raise UsageError(582, "nothing to verify", where=path, found="no manifest.json", fix=fix)
    count, changed = changed_files(path)
    if changed:
        found, fix = ", ".join(changed[:5]), "restore the files or make the directory again"
        raise StorageError(
            310, f"{len(changed)} of {count} files are not as they were written", where=path, found=found, fix=fix
        )
    return {
        "command": "verify",
        "path": str(path),
        "files": count,
        "changed": [],
        "text": f"{count} files, all as written",
    }
