"""Latent codes: encode a picture as one vector, decode a vector to a picture, and draw new codes."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.latent import Latent
from headstart.core.contracts.needs import Needs, fresh_decoder
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError, RecipeError
from headstart.core.random import normal
from headstart.models.nn.sizes import outcome

Likelihood = Literal["bernoulli", "gaussian"]
"""What painted values mean: logits of chances of white, or means of bell curves about ready values."""

IN_TRAINING, UNSEEN = 5, 6  # streams of codes drawn while learning, and of codes to paint from


class Layout:
    """The places of a backbone's tokens, so that a row of numbers can be laid out as tokens again."""

    def __init__(self, backbone: Backbone, ready: Batch) -> None:
        tokens = outcome(backbone, ready)
        self.grid = tokens.grid
        _, self.places, self.depth = tokens.body.shape
        self.count = self.places * self.depth  # numbers of a row

    def tokens(self, code: Tensor) -> Tokens:
        """The opposite of `flat`: [B, N * D] -> Tokens of N places."""
        return Tokens.full(code.unflatten(1, (self.places, self.depth)), self.grid)


def flat(tokens: Tokens) -> Tensor:
    """All places in a row, without the summary places in front: [B, N, D] -> [B, N * D]."""
    return tokens.body.flatten(1)


class CodeHead(nn.Module):
    """Tokens -> `outputs` numbers a row, by one affine map of all places. [B, N, D] -> [B, outputs].

    Of all places and not of the backbone's summary, which forgets where things are (docs/decisions.md has the numbers).
    """

    def __init__(self, layout: Layout, outputs: int) -> None:
        super().__init__()
        self.affine = nn.Linear(layout.count, outputs)

    def forward(self, tokens: Tokens) -> Tensor:
        return self.affine(F.relu(flat(tokens)))  # the last layer of some backbones is affine itself


class Generator(nn.Module):
    """Codes -> what is painted, by an affine map to the backbone's places and its mirror. [B, L] -> [B, C, H, W]."""

    def __init__(self, backbone: Backbone, layout: Layout, width: int) -> None:
        super().__init__()
        self.layout = layout
        self.affine = nn.Linear(width, layout.count)
        self.decoder = fresh_decoder(backbone)

    def forward(self, code: Tensor) -> Tensor:
        return self.decoder(self.layout.tokens(F.relu(self.affine(code))))


class OutputDistribution:
    """What painted values mean: how they look as ready values, and how unlikely they make a picture.

    "bernoulli" values are logits of pixels in [0, 1], as people see them, however the modality scales them for the
    network. ContractError where the values of the data have no such range.
    """

    def __init__(self, augment: Augment, sample: Batch, likelihood: Likelihood) -> None:
        self._modality, self._bernoulli = augment.modality, likelihood == "bernoulli"
        seen = self._modality.view.denormalise(self._modality.ready(sample)["x"])
        if self._bernoulli and not bool(((seen > -1e-4) & (seen < 1 + 1e-4)).all()):
            found = f"values from {float(seen.min()):.3g} to {float(seen.max()):.3g}"
            where, fix = "objective.likelihood", "set objective.likelihood = 'gaussian'"
            raise ContractError(292, "this likelihood needs values between 0 and 1", where=where, found=found, fix=fix)

    def mean(self, painted: Tensor) -> Tensor:
        """Painted values -> ready values. [B, C, H, W] both."""
        if not self._bernoulli:
            return painted
        denormalise = self._modality.view.denormalise
        black, white = (denormalise(painted.new_full((1, painted.shape[1], 1, 1), end)) for end in (0.0, 1.0))
        return (painted.sigmoid() - black) / (white - black)  # `denormalise` is affine; this is the way back

    def nll(self, painted: Tensor, clean: Tensor, variance: Tensor) -> Tensor:
        """-log p(clean | painted) in nats, [B]. `variance` is that of the bell curves."""
        if self._bernoulli:
            seen = self._modality.view.denormalise(clean).clamp(0, 1)
            return F.binary_cross_entropy_with_logits(painted, seen, reduction="none").flatten(1).sum(1)
        return ((painted - clean).square() / variance + (2 * torch.pi * variance).log()).flatten(1).sum(1) / 2


class LatentModel(Objective):
    """Pictures as codes: the backbone and an affine map encode, their mirror decodes, and new codes can be drawn.

    `squeezer` is that affine map to `outputs` numbers a row, of which the first `code` are the code. RecipeError for a
    code without a number and for `weights` of the loss, by the names of their settings, that are below 0.
    """

    needs = Needs(layouts=frozenset({"grid"}), decoder=True)
    cpu_network: ClassVar[str]

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        code: int,
        outputs: int,
        likelihood: Likelihood,
        weights: Mapping[str, float],
    ) -> None:
        super().__init__(backbone, augment)
        check_weights(weights)
        if code < 1:
            raise RecipeError(292, "a code needs at least one number", where="objective.code", found=code)
        self.width = code
        self.output = OutputDistribution(augment, sample, likelihood)
        layout = Layout(backbone, augment.modality.ready(sample))
        self.squeezer = CodeHead(layout, outputs)
        self.generator = Generator(backbone, layout, code)

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        if about.device != "cpu":
            return None
        return Choice(cls.cpu_network, "on a CPU it trains on ten times the pictures of a convolutional decoder")

    def encode(self, backbone: Backbone, batch: Batch) -> Tensor:
        return self.squeezer(backbone(batch)).float()[:, : self.width]

    def decode(self, code: Tensor) -> Tensor:
        return self.output.mean(self.generator(code).float())

    def sample(self, key: Tensor) -> Tensor:
        """Codes to paint from, [B, width] from the standard normal distribution."""
        return normal(key, self.width, UNSEEN)

    latent: ClassVar[Latent | None] = Latent(encode, decode, sample)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            ready = self.augment(batch)
            again, new = self.decode(self.encode(backbone, ready)), self.decode(self.sample(batch["key"]))
        return {"input": ready["x"], "reconstruction": again, "sample": new}


def check_weights(weights: Mapping[str, float]) -> None:
    """RecipeError for a weight below 0; `weights` by the names of their settings."""
    for name, weight in weights.items():
        if weight < 0:
            raise RecipeError(291, "setting must not be below 0", where=f"objective.{name}", found=weight)
