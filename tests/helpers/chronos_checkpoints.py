"""Tiny checkpoints of Chronos-Bolt with chosen weights, as they are published."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.models.nn.chronos_bolt import ChronosBolt

LEVELS = [round(0.1 * level, 1) for level in range(1, 10)]
FORM: dict[str, Any] = {
    "context_length": 64, "prediction_length": 8, "input_patch_size": 8, "input_patch_stride": 8, "quantiles": LEVELS,
    "use_reg_token": True,
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "architectures": ["ChronosBoltModelForForecasting"], "model_type": "t5", "d_model": 16, "d_ff": 32, "d_kv": 4,
    "num_heads": 4, "num_layers": 2, "num_decoder_layers": 2, "vocab_size": 2, "pad_token_id": 0, "eos_token_id": 1,
    "decoder_start_token_id": 0, "reg_token_id": 1, "feed_forward_proj": "relu", "dense_act_fn": "relu",
    "initializer_factor": 0.05, "is_encoder_decoder": True, "chronos_pipeline_class": "ChronosBoltPipeline",
}  # fmt: skip


def config(**form: Any) -> dict[str, Any]:
    return {**SETTINGS, "chronos_config": {**FORM, **form}}


def write(path: Path, *, seed: int = 0, **form: Any) -> ChronosBolt:
    """A checkpoint with random weights."""
    import torch
    from transformers import T5Config

    from headstart.models.nn.chronos_bolt import ChronosBolt

    torch.manual_seed(seed)
    said = config(**form)
    net = ChronosBolt(T5Config(**{name: value for name, value in SETTINGS.items() if name != "architectures"}),
                      said["chronos_config"])  # fmt: skip
    return save(path, net, said)


def save(path: Path, net: ChronosBolt, said: dict[str, Any]) -> ChronosBolt:
    from safetensors.torch import save_file

    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(said), "utf-8")
    copies = {f"{stack}.embed_tokens.weight": net.shared.weight.detach().clone() for stack in ("encoder", "decoder")}
    save_file({**net.state_dict(), **copies}, path / "model.safetensors", {"format": "pt"})
    return net.eval()


def write_constant(path: Path, above: float, spread: float) -> None:
    """One that says of every series the mean of what it reads and so many deviations more, with normal quantiles."""
    import torch

    net = write(path)
    with torch.no_grad():
        for parameter in net.output_patch_embedding.parameters():
            parameter.zero_()
        said = [above + spread * NormalDist().inv_cdf(level) for level in LEVELS]
        net.output_patch_embedding.output_layer.bias.copy_(torch.tensor(said).repeat_interleave(net.ahead))
    save(path, net, config())
