"""A few affine maps with batch norms and ReLUs between them: projectors and predictors of objectives."""

from collections.abc import Sequence

from torch import nn


def perceptron(widths: Sequence[int]) -> nn.Sequential:
    """[B, widths[0]] -> [B, widths[-1]]; the last map is bare."""
    parts: list[nn.Module] = []
    for i in range(len(widths) - 1):
        if i:
            parts += [nn.BatchNorm1d(widths[i]), nn.ReLU(inplace=True)]
        parts.append(nn.Linear(widths[i], widths[i + 1]))
    return nn.Sequential(*parts)
