"""Batch norms that rest: a network adapts to a few small batches without taking over their statistics."""

from collections.abc import Iterable

from torch import nn

BatchNorm = nn.modules.batchnorm._BatchNorm


def batch_norms(network: nn.Module) -> list[nn.Module]:
    """Every batch norm of a network."""
    return [module for module in network.modules() if isinstance(module, BatchNorm)]


def rest(norms: Iterable[nn.Module]) -> None:
    """Norms use the statistics that they have and keep them; their weights still learn."""
    for norm in norms:
        norm.eval()
