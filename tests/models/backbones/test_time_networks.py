"""Networks that read numbers over time in stretches: series, spectra and waveforms."""

from __future__ import annotations

import pytest
import torch

from headstart.core.contracts import Backbone
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.models.backbones.decoder import Decoder
from headstart.models.backbones.encoder import Encoder
from headstart.models.backbones.rnn import Rnn
from tests.helpers.specs import picture_spec, sound_spec

SPECTRA, WAVES, SERIES = picture_spec(1, 8, 100), sound_spec(400), picture_spec(1, 1, 96)
each = pytest.mark.parametrize("network", [Encoder, Decoder, Rnn])


def read(spec: Spec, rows: int = 2) -> torch.Tensor:
    sizes = spec.sizes
    shape = (sizes["channels"], sizes["height"], sizes["width"]) if spec.layout == "grid" else (sizes["length"], 1)
    return torch.randn(rows, *shape, generator=torch.Generator().manual_seed(0))


def made(network: type[Backbone], spec: Spec, **settings: int) -> Backbone:
    torch.manual_seed(0)
    return network(spec, width=32, depth=2, **settings).eval()


@each
@pytest.mark.parametrize(("spec", "grid"), [(SPECTRA, (1, 50)), (WAVES, (58,)), (SERIES, (1, 48))])
def test_a_row_is_cut_into_64_stretches_or_fewer(network: type[Backbone], spec: Spec, grid: tuple[int, ...]) -> None:
    tokens = made(network, spec)({"x": read(spec)})
    assert tokens.grid == grid
    assert tokens.x.shape == (2, grid[-1], 32)


@each
def test_what_lies_behind_the_end_of_a_clip_is_not_heard(network: type[Backbone]) -> None:
    backbone, x = made(network, WAVES, patch=10), read(WAVES)
    keep = torch.ones(2, 400, dtype=torch.bool)
    keep[1, 250:] = False
    other = x.clone()
    other[1, 250:] = 5.0
    one, two = ({"x": values, "keep": keep} for values in (x, other))
    assert torch.allclose(backbone.summary(backbone(one)), backbone.summary(backbone(two)), atol=1e-6)
    assert backbone(one).keep.sum(1).tolist() == [40, 25]


@each
def test_the_order_of_steps_counts(network: type[Backbone]) -> None:
    backbone, x = made(network, SERIES), read(SERIES)
    assert not torch.allclose(
        backbone.summary(backbone({"x": x})), backbone.summary(backbone({"x": x.flip(-1)})), atol=1e-3
    )


def test_what_comes_last_is_in_a_stretch_of_its_own_where_steps_are_no_multiple() -> None:
    """The first step is repeated in front: the last stretch holds the last `patch` steps."""
    backbone, x = made(Encoder, SERIES, patch=10), read(SERIES)
    changed = x.clone()
    changed[..., 86:] += 1
    one, two = (backbone.embed({"x": values}).x for values in (x, changed))
    assert one.shape[1] == 10
    assert torch.equal(one[:, :9], two[:, :9])
    assert not torch.equal(one[:, 9], two[:, 9])


@each
def test_a_patch_longer_than_a_row_is_refused(network: type[Backbone]) -> None:
    with pytest.raises(ContractError, match="a patch is longer than a row"):
        network(SERIES, patch=97)  # pyright: ignore[reportCallIssue]
