"""demo: the whole life cycle on embedded data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session, peak_memory_bytes


def command(
    session: Session,
    *,
    out: Annotated[Path, typer.Option(help="Directory for everything the demo makes.")] = Path("demo"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier demo.")] = False,
) -> dict[str, Any]:
    """Prepare, pretrain, fine-tune on few labels and prove the gain, on handwritten digits that come along."""
    from headstart.commands.finetune import finetune
    from headstart.commands.gain import gain
    from headstart.commands.prepare import prepare
    from headstart.commands.pretrain import pretrain

    began = time.perf_counter()
    common: dict[str, Any] = {"device": session.device, "quiet": session.quiet, "overwrite": overwrite}
    data = prepare("digits")
    model = pretrain("digits", out=out / "pretrained", seed=session.seed, **common)
    tuned = finetune("digits", start=model, out=out / "finetuned", labels=50, seed=session.seed, **common)
    proof = gain("digits", start=model, out=out / "gain", labels=[20, 50, 200], seeds=5, **common)
    seconds = time.perf_counter() - began
    lines = [
        f"data:       {sum(data.splits.values()):,} digits of 8 x 8, prepared once in {data.directory}",
        f"pretrained: {model.path}/report.html",
        f"fine-tuned: {tuned.path}/report.html (50 labels)",
        f"proof:      {proof.verdict}. {proof.sentence}",
        f"report:     {out / 'gain' / 'report.html'}",
    ]
    return {
        "command": "demo", "out": str(out), "verdict": proof.verdict, "sentence": proof.sentence, "scores": {},
        "report": str(out / "gain" / "report.html"), "seconds": seconds, "peak_memory_bytes": peak_memory_bytes(),
        "warnings": proof.result.warnings, "text": "\n".join(lines),
    }  # fmt: skip
