"""Codes -> pictures: how models generate pictures."""

from itertools import pairwise

import torch
from PIL.Image import Image
from torch import Tensor

from headstart.core import catalog
from headstart.core.contracts import Batch, Modality
from headstart.core.contracts.latent import Latent
from headstart.core.errors import ContractError, UsageError, alternatives
from headstart.core.random import keys
from headstart.training.loop import Trainee, resting

ROWS = 128  # pictures painted together


class Painter:
    """A model that paints pictures from codes.

    Raises ContractError for a model of other data, and where its objective draws (`drawn`) or paints nothing.
    """

    def __init__(self, modality: Modality, trainee: Trainee, *, device: str) -> None:
        if modality.spec.layout != "grid":
            found, fix = f"a model of data of kind {type(modality).__name__.lower()}", "use a model of pictures"
            raise ContractError(293, "this model does not generate pictures", found=found, fix=fix)
        self._modality, self._trainee, self._device = modality, trainee, device
        self._objective = trainee.objective

    def drawn(self, n: int, *, seed: int = 0) -> list[Image]:
        """New pictures; the first ones are the same however many are asked for."""
        at_least(n, 1)
        with resting(self._trainee), torch.inference_mode():
            key = keys(seed, 0, torch.arange(n)).to(self._device)
            return [one for part in key.split(ROWS) for one in self._shown(self._sampled(part))]

    def repainted(self, batch: Batch) -> list[tuple[Image, Image]]:
        """Pictures as the model reads them, each beside what it paints from its code."""
        read, codes = self._read(batch)
        return list(zip(read, self._shown(codes), strict=True))

    def between(self, batch: Batch, steps: int) -> list[list[Image]]:
        """Walks from every picture to the next one, in equal steps of the code: the first picture, what is painted at
        `steps` places from its code to the other's, the last picture."""
        read, codes = self._read(batch)
        if len(read) < 2:
            found, fix = f"{len(read)} picture", "give two inputs or more"
            raise UsageError(549, "interpolation needs two pictures", found=found, fix=fix)
        share = torch.linspace(0, 1, steps, device=codes.device)[:, None]  # [steps, 1]
        steps_of = [torch.lerp(one[None], other[None], share) for one, other in pairwise(codes)]
        return [[a, *self._shown(walk), b] for (a, b), walk in zip(pairwise(read), steps_of, strict=True)]

    def _read(self, batch: Batch) -> tuple[list[Image], Tensor]:
        """Rows as pictures, and their codes [n, L]."""
        read, codes = list[Image](), list[Tensor]()
        with resting(self._trainee), torch.inference_mode():
            for start in range(0, len(batch["key"]), ROWS):
                ready = self._modality.ready({name: values[start : start + ROWS] for name, values in batch.items()})
                codes.append(self._latent().encode(self._objective, self._trainee.backbone, ready))
                read += self._modality.view.render(ready["x"])
        return read, torch.cat(codes)

    def _sampled(self, key: Tensor) -> Tensor:
        latent = self._objective.latent
        if latent is None or latent.sample is None:
            able = [kind for kind, other in _latents().items() if other.sample is not None]
            fix = f"pretrain one with --objective {alternatives(able)}"
            raise ContractError(149, f"{_name(self._objective)} cannot generate new rows", fix=fix)
        return latent.sample(self._objective, key)

    def _latent(self) -> Latent:
        if self._objective.latent is None:
            fix = f"pretrain one with --objective {alternatives([*_latents()])}"
            raise ContractError(155, f"{_name(self._objective)} cannot decode codes", fix=fix)
        return self._objective.latent

    def _shown(self, codes: Tensor) -> list[Image]:
        with resting(self._trainee), torch.inference_mode():
            parts = [self._latent().decode(self._objective, part) for part in codes.split(ROWS)]
            return [one for part in parts for one in self._modality.view.render(part)]


def _latents() -> dict[str, Latent]:
    """The latent space of every kind of objective that has one."""
    spaces = {kind: catalog.load("objectives", kind).latent for kind in catalog.kinds("objectives")}
    return {kind: space for kind, space in spaces.items() if space is not None}


def _name(part: object) -> str:
    return type(part).__name__.lower()


def at_least(found: int, least: int) -> int:
    """The number that was asked for; UsageError if that is too few."""
    if found < least:
        raise UsageError(553, "too few pictures", where="--n", found=found, expected=f"{least} or more")
    return found
