"""export: a model for other programs, checked before it gets its name."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session, peak_memory_bytes


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory, or public checkpoint.")],
    *,
    out: Annotated[Path, typer.Option(help="New directory.")],
    format: Annotated[str, typer.Option(help="transformers, onnx or pt2.")],
    rows: Annotated[str | None, typer.Option(help="Compare on these inputs too, beside drawn ones.")] = None,
) -> dict[str, Any]:
    """Write a model for transformers, ONNX or torch.export, and compare its answers with the model's."""
    from headstart.inference.export import CLOSE, export
    from headstart.inference.predictor import Predictor

    began = time.perf_counter()
    done = export(Predictor.load(model), format, out, rows)
    lines = [f"{out}: {', '.join(done.files)}"]
    if format == "transformers":
        lines.append(f"opens with {done.usage['opens']}")
        lines += [f"the head is head.safetensors: {done.usage['head']}"] if done.usage["head"] else []
    lines.append(f"read back, its {done.usage['gives']} differ by at most {done.difference:.1e} (limit {CLOSE:g})")
    return {
        "command": "export", "out": str(out), **done.usage, "files": done.files, "scores": {},
        "seconds": time.perf_counter() - began, "peak_memory_bytes": peak_memory_bytes(), "warnings": [],
        "text": "\n".join(lines),
    }  # fmt: skip
