"""A linear chain over tags: how likely one tag follows another, and the best whole row of them."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

_NEVER = -1e4  # score of what may not be: finite, so that gradients stay numbers


class Chain(nn.Module):
    """Linear-chain conditional random field (Lafferty et al. 2001) on scores of tags [B, W, K].

    begin [K], follow [K, K] (from, to) and end [K] say which tags may begin a row, follow each other and end it. With
    `learned` their scores are weights; without, all that is allowed counts alike, and `best` is the best legal row.
    """

    allowed_begin: Tensor
    allowed_follow: Tensor
    allowed_end: Tensor

    def __init__(self, begin: np.ndarray, follow: np.ndarray, end: np.ndarray, *, learned: bool) -> None:
        super().__init__()
        self.weights = nn.ParameterDict()
        for name, allowed in (("begin", begin), ("follow", follow), ("end", end)):
            scores = torch.where(torch.from_numpy(allowed), 0.0, _NEVER)
            self.register_buffer(f"allowed_{name}", scores, persistent=False)
            if learned:
                self.weights[name] = nn.Parameter(torch.zeros(allowed.shape))

    def load(self, scores: Mapping[str, np.ndarray]) -> None:
        """Put fitted scores of "begin", "follow" and "end" in."""
        with torch.no_grad():
            for name, values in scores.items():
                self.weights[name].copy_(torch.from_numpy(values))

    def surprise(self, scores: Tensor, tags: Tensor, there: Tensor) -> Tensor:
        """Negative log-likelihood of rows of tags [B, W] -> [B]; `there` [B, W] says which words exist: one or more."""
        begin, follow, end = self._scores()
        b, w, _ = scores.shape
        rows = torch.arange(b, device=scores.device)
        path = begin[tags[:, 0]] + scores[rows, 0, tags[:, 0]]
        total = begin + scores[:, 0]  # [B, K] log sum over all rows of tags that end in each
        for place in range(1, w):
            here = there[:, place]
            step = follow[tags[:, place - 1], tags[:, place]] + scores[rows, place, tags[:, place]]
            path = path + step * here
            longer = (total[:, :, None] + follow).logsumexp(1) + scores[:, place]
            total = torch.where(here[:, None], longer, total)
        return (total + end).logsumexp(1) - path - end[tags[rows, there.sum(1) - 1]]

    @torch.no_grad()
    def best(self, scores: Tensor, there: Tensor) -> list[list[int]]:
        """The best legal tags of each row (Viterbi 1967). scores [B, W, K], there [B, W]."""
        begin, follow, end = self._scores()
        _, w, _ = scores.shape
        total = begin + scores[:, 0]
        back: list[Tensor] = []
        for place in range(1, w):
            reached, came = (total[:, :, None] + follow).max(1)  # [B, K]
            back.append(came)
            total = torch.where(there[:, place, None], reached + scores[:, place], total)
        tag = (total + end).argmax(1)  # [B]
        lengths = there.sum(1)
        found = [tag]
        for place in range(w - 1, 0, -1):
            earlier = back[place - 1].gather(1, tag[:, None])[:, 0]
            tag = torch.where(there[:, place], earlier, tag)
            found.append(tag)
        tags = torch.stack(found[::-1], 1).tolist()  # row b holds its tags in its first lengths[b] places
        return [row[:length] for row, length in zip(tags, lengths.tolist(), strict=True)]

    def _scores(self) -> tuple[Tensor, Tensor, Tensor]:
        allowed = self.allowed_begin, self.allowed_follow, self.allowed_end
        if not self.weights:
            return allowed
        begin, follow, end = (
            self.weights[name] + one for name, one in zip(("begin", "follow", "end"), allowed, strict=True)
        )
        return begin, follow, end
