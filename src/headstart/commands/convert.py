"""convert: a checkpoint of pickles, in safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.models.public.converting import Converted


def convert(
    checkpoint: Annotated[
        str | Path, "Directory of a checkpoint with pytorch_model.bin, .pt, .pth or .ckpt, or that file."
    ],
    *,
    out: Annotated[str | Path, "New directory."],
) -> Converted:
    """Convert a pickled checkpoint to safetensors, in an isolated process."""
    from headstart.models.public.converting import convert as write_safetensors

    return write_safetensors(Path(checkpoint), Path(out))


def summary(result: Converted, call: Call) -> dict[str, Any]:
    out = call.arguments["out"]
    network = "without a network" if result.without_network else "this system let it keep the network"
    text = f"{result.tensors:,} tensors written to {out}; the pickles were read in a process of their own, {network}"
    if result.architecture:
        text += f"\nweights of torchvision, whose network is timm's {result.architecture}: finetune with --from {out}"
    facts = {"tensors": result.tensors, "without_network": result.without_network, "architecture": result.architecture}
    return {**facts, "text": text}
