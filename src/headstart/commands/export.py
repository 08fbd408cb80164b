"""export: a model for other programs, compared with the original."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.inference.export import Exported


def export(
    model: Annotated[Any, "Model directory, or public checkpoint."],
    *,
    out: Annotated[str | Path, "New directory."],
    format: Annotated[str, "transformers, onnx or pt2."],
    rows: Annotated[Any, "Compare on these inputs too, beside random ones."] = None,
) -> Exported:
    """Export a model to transformers, ONNX or torch.export, and compare its answers with the model's."""
    from headstart.commands.common.request import model_of
    from headstart.inference.export import export as write_form

    return write_form(model_of(model, device="cpu"), format, Path(out), rows)


def summary(result: Exported, call: Call) -> dict[str, Any]:
    from headstart.inference.export import CLOSE

    out, usage = call.arguments["out"], result.usage
    lines = [f"{out}: {', '.join(result.files)}"]
    if call.arguments["format"] == "transformers":
        lines.append(f"opens with {usage['opens']}")
        lines += [f"the head is head.safetensors: {usage['head']}"] if usage["head"] else []
    lines.append(f"read back, its {usage['gives']} differ by at most {result.difference:.1e} (limit {CLOSE:g})")
    return {**usage, "files": result.files, "text": "\n".join(lines)}
