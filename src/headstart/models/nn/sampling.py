"""Which id comes next: the likeliest, or one drawn from the likely ones. Pure functions of logits and a generator."""

import torch
from torch import Tensor


def likeliest(logits: Tensor) -> Tensor:
    """The id with the highest logit, [B, V] -> [B]; of equals the first."""
    if logits.device.type != "cpu":
        return logits.argmax(-1)
    return torch.from_numpy(logits.numpy().argmax(-1))  # 16 x 16,000: 0.1 ms, 0.9 ms by torch (2.14)


def shares(logits: Tensor, *, temperature: float, top_k: int, top_p: float) -> tuple[Tensor, Tensor]:
    """Probabilities to draw from, and the ids they belong to, [B, K] each, the likeliest first unless all are kept.

    Logits [B, V] are divided by `temperature`; of them stay the `top_k` highest (0: all; Fan et al. 2018) and, of
    these, the fewest that hold `top_p` of the probability together (1: all; Holtzman et al. 2020, section 3.1).
    """
    count = logits.shape[-1]
    kept = min(top_k, count) if top_k else count
    if kept == count and top_p >= 1:
        return (logits / temperature).softmax(-1), torch.arange(count, device=logits.device).expand_as(logits)
    highest, ids = logits.topk(kept, -1) if kept < count else logits.sort(-1, descending=True)
    probabilities = (highest / temperature).softmax(-1)  # [B, K]
    before = probabilities.cumsum(-1) - probabilities  # what the likelier ones hold: below top_p, one more is needed
    probabilities = probabilities.masked_fill(before >= top_p, 0.0)
    return probabilities / probabilities.sum(-1, keepdim=True), ids


def drawn(
    logits: Tensor, generator: torch.Generator, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Tensor:
    """An id drawn for every row, [B, V] -> [B]; an infinitely low logit is never drawn."""
    probabilities, ids = shares(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    return ids.gather(1, torch.multinomial(probabilities, 1, generator=generator))[:, 0]
