"""Codes -> pictures: the one path by which models paint, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image
from torch import Tensor

from headstart.core.errors import ContractError, UsageError
from headstart.core.random import keys
from headstart.training.loop import resting

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor

ROWS = 128  # pictures painted together


class Painter:
    """A model that paints pictures from codes.

    Raises ContractError for a model of other data, and where its objective draws (`drawn`) or paints nothing.
    """

    def __init__(self, predictor: Predictor) -> None:
        if "height" not in predictor.modality.facts():
            found, fix = f"a model of data of kind {predictor.kind}", "take a model of pictures"
            raise ContractError(293, "this model paints no pictures", found=found, fix=fix)
        self._predictor = predictor
        self._objective = predictor.trainee.objective

    def drawn(self, n: int, *, seed: int = 0) -> list[Image]:
        """Pictures that nobody has seen; the first ones are the same however many are asked for."""
        _at_least(n, 1, "n")
        with resting(self._predictor.trainee), torch.inference_mode():
            key = keys(seed, 0, torch.arange(n)).to(self._predictor.device)
            return [one for part in key.split(ROWS) for one in self._shown(self._objective.prior(part))]

    def repainted(self, inputs: Any, most: int) -> list[tuple[Image, Image]]:
        """The first of the inputs as the model reads them, each beside what it paints from their codes."""
        _at_least(most, 1, "n")
        read, codes = self._read(inputs, most)
        return list(zip(read, self._shown(codes), strict=True))

    def between(self, inputs: Any, steps: int, most: int = 1000) -> list[list[Image]]:
        """Walks from every input to the next one, in equal steps of the code: the first picture, what is painted at
        `steps` places from its code to the other's, the last picture."""
        _at_least(steps, 2, "n")
        read, codes = self._read(inputs, most)
        if len(read) < 2:
            raise UsageError(
                549, "there is nothing to go to", found=f"{len(read)} picture", fix="give two inputs or more"
            )
        share = torch.linspace(0, 1, steps, device=codes.device)[:, None]  # [steps, 1]
        walks: list[list[Image]] = []
        for i in range(len(read) - 1):
            painted = self._shown(torch.lerp(codes[i][None], codes[i + 1][None], share))
            walks.append([read[i], *painted, read[i + 1]])
        return walks

    def _read(self, inputs: Any, most: int) -> tuple[list[Image], Tensor]:
        """The first inputs as pictures, and their codes [n, L]."""
        predictor, modality = self._predictor, self._predictor.modality
        batch = predictor.some(inputs, most)
        read: list[Image] = []
        codes: list[Tensor] = []
        with resting(predictor.trainee), torch.inference_mode():
            for start in range(0, len(batch["key"]), ROWS):
                ready = modality.ready({name: values[start : start + ROWS] for name, values in batch.items()})
                codes.append(self._objective.code(predictor.trainee.backbone, ready))
                read += modality.show(ready["x"])
        return read, torch.cat(codes)

    def _shown(self, codes: Tensor) -> list[Image]:
        with resting(self._predictor.trainee), torch.inference_mode():
            parts = [self._predictor.modality.show(self._objective.paint(part)) for part in codes.split(ROWS)]
        return [one for part in parts for one in part]


def _at_least(found: int, least: int, name: str) -> None:
    if found < least:
        raise UsageError(553, "too few pictures", where=f"--{name}", found=found, expected=f"{least} or more")
