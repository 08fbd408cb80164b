"""What a network says of every moment: its places along time, whatever grid it lays them out in."""

from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Batch
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError


def over_time(tokens: Tokens, ready: Batch) -> tuple[Tensor, Tensor]:
    """Vectors of moments [B, T, F], and which of them are there [B, T].

    Of a grid (H, W) time is the width, and a moment is the H places above each other, F = H * D; of steps (T,) it is a
    place. Moments of which all of the ready batch's `keep` [B, frames] is padding, or all places, are not there.
    ContractError for other grids.
    """
    if len(tokens.grid) not in (1, 2):
        found, fix = f"a grid of {len(tokens.grid)} sides", "use a network whose places lie along time"
        raise ContractError(505, "the places of this network do not lie along time", found=found, fix=fix)
    b, _, d = tokens.body.shape
    keep, body = tokens.keep[:, tokens.prefix :], tokens.body
    if len(tokens.grid) == 2:
        height, width = tokens.grid
        body = body.reshape(b, height, width, d).transpose(1, 2).flatten(2)  # [B, W, H * D]
        keep = keep.reshape(b, height, width).any(1)
    if "keep" in ready and ready["keep"].ndim == 2:
        keep = keep & reduced(ready["keep"], body.shape[1])
    return body, keep


def reduced(keep: Tensor, moments: int) -> Tensor:
    """Which of so many moments have something that is kept under them: [B, frames] -> [B, moments]."""
    if keep.shape[1] == moments:
        return keep
    return functional.adaptive_max_pool1d(keep[:, None].float(), moments)[:, 0] > 0


def seconds_per_moment(ready: Batch, moments: int, rate: float) -> float:
    """How long a moment lasts, where the ready input has `rate` places a second; 0 where nobody knows the rate."""
    places = ready["x"].shape[3] if ready["x"].ndim == 4 else ready["x"].shape[1]
    return places / moments / rate if rate else 0.0
