"""verify: is every file as it was written? does a recipe survive being killed?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session
from headstart.core.errors import StorageError, UsageError


def command(
    session: Session,
    path: Annotated[Path | None, typer.Argument(help="Directory of a model, a proof or prepared data.")] = None,
    *,
    resume: Annotated[Path | None, typer.Option(help="Recipe of a run to kill and go on with.")] = None,
    kills: Annotated[int, typer.Option(help="How often --resume kills the run.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Where --resume keeps both runs (default: nowhere).")] = None,
) -> dict[str, Any]:
    """Check the SHA-256 of every file against the manifest; exit code 74 if one differs.

    With --resume, run a recipe whole and once more with kills at random moments: are the weights equal? Exit code 70
    if not.
    """
    if (path is None) == (resume is None):
        found = "neither" if path is None else "both"
        raise UsageError(585, "verify takes a directory, or --resume and a recipe", found=found)
    if path is not None:
        return _files(path)
    assert resume is not None
    if kills < 1:
        raise UsageError(587, "--kills must be above 0", found=kills)
    return _resumed(session, resume, kills, out)


def _files(path: Path) -> dict[str, Any]:
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


def _resumed(session: Session, recipe: Path, kills: int, out: Path | None) -> dict[str, Any]:
    from headstart.commands.common import resume_check
    from headstart.commands.common.terminal import complain

    with _place(out) as folder:
        told = (lambda line: None) if session.quiet else complain
        proof = resume_check.prove(recipe, session, folder, kills=kills, told=told, program=resume_check.PROGRAM)
    after = ", ".join(str(step) for step in proof.kills)
    verdict = "equal, bit for bit" if proof.equal else "NOT EQUAL: this recipe does not survive being killed"
    return {
        "command": "verify", "path": str(recipe), "out": None if out is None else str(out), "equal": proof.equal,
        "kills": len(proof.kills), "steps": proof.kills, "digest": proof.whole[0], "head_digest": proof.whole[1],
        "text": f"killed after the checkpoints of steps {after}: {verdict}", "exit_code": 0 if proof.equal else 70,
    }  # fmt: skip


@contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    """Where both runs lie: a new directory, or one that is removed afterwards."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="headstart-") as folder:
            yield Path(folder)
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(588, "the output directory is not empty", where=out, fix="choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    yield out
