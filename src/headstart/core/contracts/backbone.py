"""The contract of a network.

Letters: B batch, N tokens, D width, T length. In every constructor positional arguments are runtime objects and
keyword-only arguments are settings, so that one signature is the Python API, the recipe table, the command's
`key=value` and the help text at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.core import Core
from headstart.core.contracts.grown import Grown
from headstart.core.contracts.in_context import InContext
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout
from headstart.core.contracts.tokens import Tokens
from headstart.core.contracts.types import Ahead, Batch, ReadOn


class Backbone(nn.Module, ABC):
    """Batch -> Tokens, in two halves, so that an objective can hide tokens in between.

    Constructor: (spec, *, settings). `layouts` are the layouts of data that it reads. `width` is D of the encoded
    tokens. `any_subset` says that `encode` takes any subset of the places `embed` made; `causal` that a place sees only
    earlier ones; `matmul_bound` that most time goes into large matrix products, which 16-bit numbers speed up on a CPU.
    `resize` says how it is built again for inputs of another size, None: not at all. `core` are its layers that read
    places of whatever kind of data, None: there are none. `advice` holds settings of other
    parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3}; `advice_tuned` comes on top of it where the
    weights are pretrained and adapt to a task, `advice_scratch` where fresh weights learn one. `tuning_scratch` is how
    fresh weights learn a task, None: all of them by steps; `tuning_pretrained` how trained ones do, None: as suits the
    labels. `plain` says that it reads rows as few numbers where their
    modality has such (`Modality.plain`), if fresh weights learn a task. `members` are networks that it is made of and
    that answer together: its summary is their vectors behind each other, each divided by their number, and a linear
    head learns what each member says alone. `regrown` says that weights are made anew from the labels of every task: of
    a start only the settings and the reading of the data stay.
    """

    layouts: ClassVar[frozenset[Layout]]
    advice: ClassVar[Mapping[str, Any]] = {}
    advice_tuned: ClassVar[Mapping[str, Any]] = {}
    advice_scratch: ClassVar[Mapping[str, Any]] = {}
    tuning_scratch: ClassVar[Choice | None] = None
    tuning_pretrained: ClassVar[Choice | None] = None
    resize: ClassVar[Resize | None] = None
    core: ClassVar[Core | None] = None
    plain: ClassVar[bool] = False
    width: int
    any_subset: ClassVar[bool] = False
    causal: ClassVar[bool] = False
    matmul_bound: ClassVar[bool] = False
    members: int = 1

    regrown: ClassVar[bool] = False

    @classmethod
    def has_weights(cls, settings: Mapping[str, Any]) -> bool:
        """Would a network of these settings have weights? Without any, a model is its task alone."""
        return True

    @classmethod
    def completed(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """All settings of a fresh network, with those that a file which they name says."""
        return settings

    @classmethod
    def advised(cls, about: Circumstances, *, task: bool, pretrained: bool) -> Mapping[str, Any]:
        """Its advice for a run, which may go by the data: for pretraining, or for a task and (pretrained) weights."""
        if not task:
            return cls.advice
        return {**cls.advice, **(cls.advice_tuned if pretrained else cls.advice_scratch)}

    @classmethod
    def learner(cls, about: Circumstances) -> Choice | None:
        """The objective that suits this network, where the user names none; None: the data decide."""
        return None

    @abstractmethod
    def embed(self, batch: Batch) -> Tokens: ...

    @abstractmethod
    def encode(self, tokens: Tokens) -> Tokens: ...

    @abstractmethod
    def layers(self) -> Sequence[nn.Module]:
        """Every trained part, input side first: gradual unfreezing, layer-wise rates and adapters go by it."""

    def forward(self, batch: Batch) -> Tokens:
        return self.encode(self.embed(batch))

    def pyramid(self, batch: Batch) -> list[Tokens]:
        """Several scales, finest first, for detection and segmentation."""
        return [self(batch)]

    def depths(self, batch: Batch) -> tuple[list[Tokens], Tokens]:
        """The places after every inner layer that it hands out, input side first, and the last ones, as `forward` gives
        them. Default: its several scales, in a second pass; none, if there is one scale."""
        scales = self.pyramid(batch)
        return (scales if len(scales) > 1 else []), self(batch)

    @property
    def decoder(self) -> Callable[[], nn.Module] | None:
        """Makes a fresh decoder, tokens -> the ready input [B, ...], shaped like this backbone turned round."""
        return None

    @property
    def token_vectors(self) -> Tensor | None:
        """The vectors of all token ids, [V, E], for objectives that predict ids with them."""
        return None

    @property
    def cache(self) -> ReadOn | None:
        """Reads further ids [B, t] behind those in a memory (None: none were read) -> states [B, t, D], new memory.

        Equal to one pass over all ids without padding; the memory that was given is used up.
        """
        return None

    @property
    def ahead(self) -> Ahead | None:
        """What comes next in series, where it was taught to say it of series that it has not seen."""
        return None

    @property
    def grown(self) -> Grown | None:
        """Its trees, which are grown from labels in one go where the head is solved."""
        return None

    @property
    def in_context(self) -> InContext | None:
        """How labelled rows are kept with it, if it answers from such; where the head is solved."""
        return None

    def begin(self) -> None:
        """Read the weights that a fresh network begins with, where the constructor does not make them."""

    def odd_weights(self) -> str:
        """What no training would make of weights that came from a file, in a few words; "" for sound ones."""
        return ""

    @property
    def interop(self) -> Interop | None:
        """How other libraries know this network."""
        return None

    def summary(self, tokens: Tokens) -> Tensor:
        """One vector a row, [B, F]: what heads and `embed` see. Default: mean over the places."""
        return tokens.pooled()
