"""A start at another picture size than the one that it learned at."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from headstart.core import catalog
from headstart.core.catalog import settings_of
from headstart.core.contracts import Backbone
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.models.start import Start

Sizes = Mapping[str, int]
_REFUSED = ("HS-C252", "HS-C254", "HS-C256", "HS-C258")  # the library cannot build its network for these pictures


def settings_at(start: Start, spec: Spec) -> dict[str, Any]:
    """The settings of its network at these sizes; ContractError for one that is bound to its own."""
    kind, settings = start.config["backbone"]["kind"], settings_of(start.config["backbone"])
    if not is_other(start, spec):
        return settings
    network: type[Backbone] = catalog.load_saved("backbones", kind)
    if network.resize is None:
        raise _bound(kind, start.config["facts"], spec.sizes)
    return network.resize.settings(settings, start.spec, spec)


def backbone_at(start: Start, spec: Spec) -> Backbone:
    """Its network with its weights, for pictures of these sizes; ContractError for one that is bound to its own."""
    kind, settings = start.config["backbone"]["kind"], settings_at(start, spec)
    known = start.backbone()
    if not is_other(start, spec):
        return known
    network: type[Backbone] = catalog.load_saved("backbones", kind)
    made: Backbone
    try:
        made = network(spec, **catalog.check(network, settings, "backbone"))
    except ContractError as cause:
        if cause.code not in _REFUSED:
            raise
        raise _bound(kind, start.config["facts"], spec.sizes, f" ({cause.found})") from cause
    wanted = made.state_dict()
    assert network.resize is not None  # or its settings would have been refused
    given = network.resize.weights(made, known)
    odd = unlike(wanted, given)
    if odd:
        raise _bound(kind, start.config["facts"], spec.sizes, f" ({odd[0]})")
    made.load_state_dict(given)
    return made.train(known.training)


def is_other(start: Start, spec: Spec) -> bool:
    """Are these sizes of pictures other than those it learned at?"""
    return spec.layout == "grid" and dict(start.config["facts"]) != dict(spec.sizes)


def unlike(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    """Names that only one of them has, or that have different shapes."""
    shapes = [{name: t.shape for name, t in one.items()} for one in (wanted, given)]
    return sorted(name for name in shapes[0].keys() | shapes[1].keys() if shapes[0].get(name) != shapes[1].get(name))


def said(sizes: Sizes) -> str:
    """Sizes as people write them."""
    return f"{sizes['height']} x {sizes['width']} pixels in {sizes['channels']} channel(s)"


def _bound(kind: str, learned: Sizes, asked: Sizes, what: str = "") -> ContractError:
    return ContractError(
        294, f"the weights of {kind}{what} depend on the size of the pictures", where="modality.size",
        found=said(asked), expected=said(learned),
        fix="leave modality.size out, pretrain at this size, or use a start with cnn, resnet or vit",
    )  # fmt: skip
