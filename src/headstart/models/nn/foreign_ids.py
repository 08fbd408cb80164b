"""How a network of the transformers library begins with ids: by vectors alone, or by a module that does more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from headstart.models.nn.stem_and_body import REFUSING

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_IDS = 6


@torch.no_grad()
def begins_by_itself(model: PreTrainedModel) -> bool:
    """Does it leave its first module out where it is given vectors? ESM adds positions there, and scales by how many
    ids are hidden."""
    inner = dict(model.named_children()).get("embeddings")
    table = model.get_input_embeddings()
    if inner is None or not isinstance(table, nn.Embedding):
        return False
    marks = {model.config.to_dict().get(f"{name}_token_id") for name in ("pad", "mask", "bos", "eos", "cls", "sep")}
    ids = torch.tensor([[n for n in range(len(table.weight)) if n not in marks][:_IDS]])
    keep = torch.ones_like(ids)
    try:
        whole = _last(model(input_ids=ids, attention_mask=keep))
        if torch.allclose(whole, _last(model(inputs_embeds=table(ids), attention_mask=keep)), rtol=1e-3, atol=1e-5):
            return False
        ahead = first_states(model, ids, keep.bool())
        return torch.allclose(whole, _last(model(inputs_embeds=ahead, attention_mask=keep)), rtol=1e-3, atol=1e-5)
    except REFUSING:  # told where it is tried in halves
        return False


def first_states(model: PreTrainedModel, x: Tensor, keep: Tensor) -> Tensor:
    """What its first module makes of ids x [B, T], which are padding where `keep` is False: [B, T, D]."""
    return model.get_submodule("embeddings")(input_ids=x, attention_mask=keep.long())


def _last(out: Any) -> Tensor:
    return out.last_hidden_state
