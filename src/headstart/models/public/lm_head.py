"""How a public checkpoint turns the states of its network into guesses at the next id."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone
from headstart.core.contracts.needs import vectors_of
from headstart.core.errors import ContractError, DataError
from headstart.models.nn.foreign import in_silence, parsed
from headstart.models.trust.weights import read

_OLDER = ("embed_out",)  # what files of before transformers 5 call the same module


def head_weights(config: Mapping[str, Any], directory: Path, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
    """Weight [V, D] and bias [V] of its output: the vocabulary's own vectors, or those of a head of its own.

    ContractError for a network that does not write, or whose guesses are more than such a product (capped or scaled).
    """
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    settings = parsed(config)
    fix = "use a public causal one, such as GPT-2 or Llama"
    if type(settings) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ContractError(
            146, "transformers has no causal language model for this network", found=config["model_type"], fix=fix
        )
    with in_silence(), torch.device("meta"):  # its shape alone, without memory for weights
        whole = AutoModelForCausalLM.from_config(settings)
    head = whole.get_output_embeddings()
    if not isinstance(head, nn.Linear):
        raise _more(config, fix)
    name = next(name for name, module in whole.named_modules() if module is head)
    weight, bias = _stored(directory, name, head.bias is not None)
    if weight is None or whole.config.tie_word_embeddings:
        weight = vectors_of(backbone)
        if not whole.config.tie_word_embeddings:
            raise DataError(365, "public weights are incomplete", where=directory, found=f"no {name}.weight",
                            fix="use an intact copy of the checkpoint")  # fmt: skip
    if weight.shape != head.weight.shape:
        raise _more(config, fix)
    weight, bias = weight.detach().float(), None if bias is None else bias.float()
    if not _is_linear(whole, head, weight, bias):
        raise _more(config, fix)
    return weight, bias


def _stored(directory: Path, name: str, biased: bool) -> tuple[Tensor | None, Tensor | None]:
    """The head's own weight and bias, as far as the checkpoint's files hold them."""
    tensors: dict[str, Tensor] = {}
    for file in sorted(directory.glob("*.safetensors")):
        held = read(file)
        tensors |= {key: held[key] for key in held if key.rpartition(".")[0] in (name, *_OLDER)}
    parts = {key.rpartition(".")[2]: tensor for key, tensor in tensors.items()}
    return parts.get("weight"), parts.get("bias") if biased else None


def _is_linear(whole: Any, head: nn.Linear, weight: Tensor, bias: Tensor | None) -> bool:
    """Are its guesses nothing but states @ weight.T + bias? Asked of the network's own code, on states at random."""
    states = torch.randn(1, 3, weight.shape[1], generator=torch.Generator().manual_seed(0))
    head.weight = nn.Parameter(weight, requires_grad=False)
    head.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)  # pyright: ignore[reportAttributeAccessIssue]
    setattr(whole, whole.base_model_prefix, _Said(states))
    try:
        with torch.no_grad():
            found = whole(input_ids=torch.zeros(1, 3, dtype=torch.long)).logits
    except (ValueError, TypeError, AttributeError, RuntimeError, LookupError):  # it does more than we can follow
        return False
    expected = nn.functional.linear(states, weight, bias)
    return found.shape == expected.shape and torch.allclose(found.float(), expected, rtol=1e-4, atol=1e-4)


class _Said(nn.Module):
    """Stands where the network stood, and answers with states [1, n, D] whatever it is asked."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states

    def forward(self, *args: Any, **rest: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions as Output

        return Output(last_hidden_state=self.states)  # pyright: ignore[reportArgumentType]

    @property
    def decoder(self) -> nn.Module:
        """OPT asks a part of its network."""
        return self


def _more(config: Mapping[str, Any], fix: str) -> ContractError:
    found = config["model_type"]
    return ContractError(147, "the output layer of this network is not a single linear map", found=found, fix=fix)
