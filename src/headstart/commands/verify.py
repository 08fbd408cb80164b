"""verify: are the files unchanged, and does a recipe resume exactly?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import StorageError, UsageError
from headstart.core.shown import Unscored, Unwarned

if TYPE_CHECKING:
    from headstart.commands.common.resume_check import Proof


@dataclass(frozen=True, slots=True)
class Verified(Unscored, Unwarned):
    """How many files are as they were written; or, with `resume`, what came of killing the run."""

    files: int = 0
    resumed: Proof | None = None


def verify(
    path: Annotated[str | Path | None, "Directory of a model, a gain result or prepared data."] = None,
    *,
    resume: Annotated[str | Path | None, "Recipe of a run to kill and resume."] = None,
    kills: Annotated[int, "Number of kills with --resume."] = 5,
    out: Annotated[str | Path | None, "Keep both runs of --resume here."] = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Verified:
    """Check the SHA-256 of every file against the manifest; exit code 74 if one differs. With --resume, run a recipe
    once without and once with kills at random moments, and compare the weights; exit code 70 if they differ.
    """
    if (path is None) == (resume is None):
        found = "neither" if path is None else "both"
        raise UsageError(585, "verify takes a directory, or --resume and a recipe", found=found)
    if path is not None:
        return Verified(files=_files(Path(path)))
    if kills < 1:
        raise UsageError(587, "--kills must be above 0", found=kills)
    from headstart.commands.common import resume_check
    from headstart.commands.common.request import requested
    from headstart.commands.common.terminal import complain
    from headstart.core import recipe as recipes

    file = Path(str(resume))
    recipe = requested(recipes.read(file).verb, {}, seed=seed, recipe=file, settings=settings)
    with resume_check.folder_for(out) as folder:
        report = (lambda line: None) if quiet else complain
        proof = resume_check.prove(file, recipe, folder, kills=kills, device=device, report=report)
    return Verified(resumed=proof)


def _files(path: Path) -> int:
    """How many files a manifest has; StorageError if one of them changed."""
    from headstart.core.files import changed_files
    from headstart.core.rundir import refuse_unfinished

    refuse_unfinished(path)
    if not (path / "manifest.json").is_file():
        fix = "give a finished model, proof or prepared directory"
        raise UsageError(582, "nothing to verify", where=path, found="no manifest.json", fix=fix)
    count, changed = changed_files(path)
    if changed:
        found, fix = ", ".join(changed[:5]), "restore the files or make the directory again"
        raise StorageError(
            310, f"{len(changed)} of {count} files are not as they were written", where=path, found=found, fix=fix
        )
    return count


def summary(result: Verified, call: Call) -> dict[str, Any]:
    proof = result.resumed
    if proof is None:
        text = f"{result.files} files, all as written"
        return {"path": str(call.arguments["path"]), "files": result.files, "changed": [], "text": text}
    after = ", ".join(str(step) for step in proof.kills)
    verdict = "equal, bit for bit" if proof.equal else "NOT EQUAL: this recipe does not survive being killed"
    return {
        "path": str(call.arguments["resume"]), "equal": proof.equal, "kills": len(proof.kills), "steps": proof.kills,
        "digest": proof.whole[0], "head_digest": proof.whole[1],
        "text": f"killed after the checkpoints of steps {after}: {verdict}", "exit_code": 0 if proof.equal else 70,
    }  # fmt: skip
