"""convert: a checkpoint of pickles, in safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session


def command(
    session: Session,
    checkpoint: Annotated[
        Path, typer.Argument(help="Directory of a checkpoint with pytorch_model.bin, .pt, .pth or .ckpt, or that file.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="New directory.")],
) -> dict[str, Any]:
    """Convert pickles of torch to safetensors, in a process that can do nothing else."""
    from headstart.models.trust.converting import convert

    done = convert(checkpoint, out)
    network = "without a network" if done.without_network else "this system let it keep the network"
    text = f"{done.tensors:,} tensors written to {out}; the pickles were read in a process of their own, {network}"
    if done.architecture:
        text += f"\nweights of torchvision, whose network is timm's {done.architecture}: finetune with --from {out}"
    return {
        "command": "convert", "out": str(out), "tensors": done.tensors, "without_network": done.without_network,
        "architecture": done.architecture, "text": text,
    }  # fmt: skip
