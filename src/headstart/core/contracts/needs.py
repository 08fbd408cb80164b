"""What an objective needs of the data and of the network, and the one place that checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch import Tensor, nn

from headstart.core import catalog
from headstart.core.errors import ContractError

if TYPE_CHECKING:
    from headstart.core.contracts.backbone import Backbone
    from headstart.core.contracts.modality import Modality

Feed = Literal["rows", "packed", "windows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What must be there before an objective can be built, and how it is fed.

    layouts           layouts of data that it learns from; empty: all
    any_subset        the network must encode any subset of its places
    causal            True: a place must see earlier ones only; False: later ones too; None: either
    token_vectors     the network must have vectors of token ids
    decoder           the network must have a decoder
    mask              the vocabulary must have a mask token
    lm_head           it begins with the language-model head of its start, whose form decides `tied` and `bias`
    feed              "rows"; "packed", rows one behind the other, cut anywhere; "windows" of long rows
    rows_independent  the loss is a mean over rows, so that a batch may be cut and accumulated
    """

    layouts: frozenset[str] = frozenset()
    any_subset: bool = False
    causal: bool | None = None
    token_vectors: bool = False
    decoder: bool = False
    mask: bool = False
    lm_head: bool = False
    feed: Feed = "rows"
    rows_independent: bool = True


def check_needs(needs: Needs, kind: str, backbone: Backbone, modality: Modality) -> None:
    """ContractError that names the first thing that the objective needs and that is not there."""
    layout, name = modality.spec.layout, type(backbone).__name__.lower()
    if needs.layouts and layout not in needs.layouts:
        wanted, fix = " or ".join(sorted(needs.layouts)), "take another one of `headstart list objectives`"
        raise ContractError(
            303, f"{kind} does not learn from these data", where="objective", found=f"data of layout {layout}",
            expected=wanted, fix=fix,
        )  # fmt: skip
    if needs.mask and (modality.vocabulary is None or modality.vocabulary.mask is None):
        fix = "use another objective, or a tokenizer that has a mask token"
        raise ContractError(224, "the tokenizer has no mask token", where="objective", fix=fix)
    if needs.token_vectors:
        vectors_of(backbone)
    if needs.decoder:
        _decoder_of(backbone)
    if needs.any_subset and not backbone.any_subset:
        fix = _instead("backbones.any_subset")
        raise ContractError(304, f"{name} cannot leave places out", where="objective", found=kind, fix=fix)
    if needs.causal is False and backbone.causal:
        fix = "use another objective, or a network that sees both sides"
        raise ContractError(225, f"{name} is causal, so it cannot predict hidden tokens", found=kind, fix=fix)
    if needs.causal and not backbone.causal:
        fix = _instead("backbones.causal")
        raise ContractError(226, f"{name} is not causal: it sees the tokens it should predict", found=kind, fix=fix)


def vectors_of(backbone: Backbone) -> Tensor:
    """The vectors of all token ids, [V, E]; ContractError for a network that has none."""
    vectors = backbone.token_vectors
    if vectors is None:
        name = type(backbone).__name__.lower()
        raise ContractError(
            141, f"{name} does not read token ids", where="objective", fix=_instead("backbones.token_vectors")
        )
    return vectors


def fresh_decoder(backbone: Backbone) -> nn.Module:
    """A decoder back to the input, with fresh weights; ContractError for a network that has none."""
    return _decoder_of(backbone)()


def _decoder_of(backbone: Backbone) -> Callable[[], nn.Module]:
    if backbone.decoder is None:
        name = type(backbone).__name__.lower()
        raise ContractError(140, f"{name} has no decoder", where="objective", fix=_instead("backbones.decoder"))
    return backbone.decoder


def _instead(member: str) -> str:
    return f"use another objective, or backbone {catalog.having(member)}"
