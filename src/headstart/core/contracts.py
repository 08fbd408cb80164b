"""The contracts. Everything that plugs into headstart is one of these; nothing else lives here.

Letters: B batch, N tokens, D width, T length. In every constructor positional arguments are runtime objects and
keyword-only arguments are settings, so that one signature is the Python API, the recipe table, the command's
`key=value` and the help text at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import numpy as np
from torch import Tensor, nn

from headstart.core.choice import Choice, Circumstances, Defaults
from headstart.core.duplicates import Duplicates
from headstart.core.errors import ContractError
from headstart.core.interop import Interop
from headstart.core.latent import Latent
from headstart.core.lm_head import LmHead
from headstart.core.needs import Needs, check_needs
from headstart.core.placement import Placements
from headstart.core.resize import Resize
from headstart.core.spec import Layout, Spec
from headstart.core.tokens import Tokens
from headstart.core.view import View
from headstart.core.vocabulary import Vocabulary
from headstart.core.windows import Windows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.answer import Answer
    from headstart.core.baseline import Baseline
    from headstart.core.choice import Adaptation, Circumstances, Suits
    from headstart.core.probe import LinearProbe

Example = Mapping[str, Any]
"""One raw record: {"input": what the modality reads, "label": ..., "origin": "cats/0031.jpg", "split": "train"}."""

Columns = dict[str, np.ndarray]
"""Rows taken from the store, one array a column, first axis the row."""

Row: TypeAlias = Mapping[str, np.ndarray]
"""One stored row, without row axis."""

Batch = dict[str, Tensor]
"""What one step sees: {"x": [B, ...], "keep": [B, T], "y": ..., "key": [B] int64 randomness of each row}."""

ReadOn: TypeAlias = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""Token ids [B, t] and a memory of those before them -> states [B, t, D] and the memory after them."""

Plain: TypeAlias = "np.ndarray | csr_matrix"
"""What a simple model learns from, [n, F]: an array, or a sparse matrix where nearly all of it is 0."""


class Source(Protocol):
    """Raw files -> examples, as often as asked, in the same order; nothing is decoded before the modality reads it.

    form   "table" (columns to choose from; its rows may name files that lie elsewhere), "files" (finds a file by its
           name: `find`), or "rows"
    order  sources of a lower one are asked first; of those below 0 a folder is read by nobody else
    """

    form: ClassVar[str]
    order: ClassVar[int]

    @classmethod
    def accepts(cls, given: object) -> bool:
        """Does it read this: a path, or what a program holds?"""
        ...

    def examples(self) -> Iterator[Example]: ...


class Modality(Protocol):
    """One kind of data: raw records <-> arrays. Saved with the model, so that serving repeats training exactly.

    files       a text in the input column of a table is the path of a file
    columns     None: several input columns of a table are read as a list of values; else as {name: value}, and these
                are the names that it was fitted to
    defaults    which parts suit it where nobody says so
    vocabulary  the ids of its rows, if these are sequences of ids
    placement   where things lie in its rows, if these are pictures
    duplicates  how copies of its rows are found, if equal columns do not say it
    windows     how rows are cut that are longer than a model reads, if they are
    """

    files: ClassVar[bool]
    columns: Sequence[str] | None

    @property
    def defaults(self) -> Defaults: ...
    @property
    def vocabulary(self) -> Vocabulary | None: ...
    @property
    def placement(self) -> Placements | None: ...
    @property
    def duplicates(self) -> Duplicates | None: ...
    @property
    def windows(self) -> Windows | None: ...

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        """Is this raw value one of its own? Asked of a few rows where the user does not name the modality."""
        ...

    @property
    def spec(self) -> Spec:
        """Layout, sizes, stored form and an empty row. DataError as long as nothing was fitted."""
        ...

    @property
    def augment(self) -> type[Augment]:
        """How its batches are changed at random: built as `augment(modality, *, settings)`."""
        ...

    @property
    def view(self) -> View:
        """Ready values as people see them."""
        ...

    def fit(self, examples: Iterable[Example]) -> None:
        """What `encode` must know (size, vocabulary), from undecoded examples of the train split."""
        ...

    def read(self, example: Example) -> Example:
        """Decode, check and repair one raw record; raises DataError with its place."""
        ...

    def encode(self, example: Example) -> Columns:
        """One record that was read -> compact arrays without row axis: uint8 pixels, UTF-8 bytes."""
        ...

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        """What `derive` and `ready` must know (vocabulary, mean), from stored chunks of the train split."""
        ...

    def derive(self, columns: Columns) -> Columns:
        """Further columns that follow from the stored ones, once fitted: token ids from text. {} if there are none.

        They are stored beside the others, and made anew where a model brings a modality of its own.
        """
        ...

    def collate(self, columns: Columns) -> Batch:
        """Rows taken from the store -> host tensors, vectorised over the batch; knows its padding."""
        ...

    def ready(self, batch: Batch) -> Batch:
        """On the device: compact -> what `embed` takes (float, normalised)."""
        ...

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        """What a simple baseline sees of stored rows, [n, F] each: raw pixels, word counts weighted by `learned`."""
        ...

    def with_settings(self, settings: Mapping[str, Any]) -> Modality:
        """The same with other settings of what happens after storing; RecipeError for those that decide the storage."""
        ...

    def save(self, directory: Path) -> None: ...

    @classmethod
    def load(cls, directory: Path) -> Modality: ...


class Augment(nn.Module, ABC):
    """Batch from the store -> batch for `embed`, changed at random in train mode, `modality.ready` alone in eval mode.

    Randomness is a pure function of batch["key"] and `view`: the same rows, epoch and view give the same change.
    Targets that lie in a picture move along with it: batch["boxes"] float32 [B, M, 4], left, top, right and bottom in
    pixels of the stored picture, filled up with rows of -100; batch["mask"] integers [B, H, W], -100 where unknown.
    """

    modality: Modality

    @abstractmethod
    def forward(self, batch: Batch, view: int = 0) -> Batch: ...


class Backbone(nn.Module, ABC):
    """Batch -> Tokens, in two halves, so that an objective can hide tokens in between.

    Constructor: (spec, *, settings). `layouts` are the layouts of data that it reads. `width` is D of the encoded
    tokens. `any_subset` says that `encode` takes any subset of the places `embed` made; `causal` that a place sees only
    earlier ones; `matmul_bound` that most time goes into large matrix products, which 16-bit numbers speed up on a CPU.
    `resize` says how it is built again for inputs of another size, None: not at all. `advice` holds settings of other
    parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3}; `advice_tuned` comes on top of it where the
    weights are pretrained and adapt to a task.
    """

    layouts: ClassVar[frozenset[Layout]]
    advice: ClassVar[Mapping[str, Any]] = {}
    advice_tuned: ClassVar[Mapping[str, Any]] = {}
    resize: ClassVar[Resize | None] = None
    width: int
    any_subset: ClassVar[bool] = False
    causal: ClassVar[bool] = False
    matmul_bound: ClassVar[bool] = False

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
    def interop(self) -> Interop | None:
        """How other libraries know this network."""
        return None

    def summary(self, tokens: Tokens) -> Tensor:
        """One vector a row, [B, F]: what heads and `embed` see. Default: mean over the places."""
        return tokens.pooled()


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch says: a scalar loss to follow downhill, and scalars worth a curve."""

    loss: Tensor
    logs: dict[str, Tensor] = field(default_factory=dict)


class Objective(nn.Module, ABC):
    """A task whose labels come from the data itself. Owns the weights that only pretraining needs.

    Constructor: (backbone, sample, augment, *, settings); sizes come from the sample batch (as the store gives it).
    `needs` says what must be there and how it is fed. `latent` is the space from which rows can be drawn again, if
    there is one; `teacher_name` is the model whose vectors it learns, if there is one. `advice` holds settings of other
    parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3, "augment.crop": 0.3}. `needs_labels` says
    that it learns from labelled rows only.
    """

    needs_labels: ClassVar[bool] = False
    advice: ClassVar[Mapping[str, Any]] = {}
    latent: ClassVar[Latent | None] = None
    solved: ClassVar[bool] = False
    needs: Needs = Needs()
    teacher_name: str = ""
    augment: Augment

    def __init__(self, backbone: Backbone, augment: Augment) -> None:
        super().__init__()
        self.augment = augment  # it is called once a view
        check_needs(self.needs, type(self).__name__.lower(), backbone, augment.modality)

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        """Settings that the labels of the train rows decide, e.g. {"classes": ["cat", "dog"]}."""
        return {}

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        """The network that suits it, where the user names none; None: the data decide."""
        return None

    @abstractmethod
    def forward(self, backbone: Backbone, batch: Batch) -> Step: ...

    @property
    def as_task(self) -> Task | None:
        """The task that it learns and whose answers it can give; None for an objective without a task."""
        return None

    def after_step(self, backbone: Backbone) -> None:
        """The only hook: moving-average teachers."""

    @property
    def lm_head(self) -> LmHead | None:
        """What turns states into predictions of the next token, where it is learned."""
        return None

    def chance_loss(self, batch: int) -> float | None:
        """The loss of knowing nothing, for a batch of that many rows; None where there is no such number."""
        return None

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        """Named inputs of the modality to look at, e.g. {"input": x, "reconstruction": x_hat}; {} if there are none."""
        return {}


class Solved(Objective):
    """An objective that is not stepped but solved over batches in one go: PCA, k-means."""

    solved: ClassVar[bool] = True

    @abstractmethod
    def solve(self, backbone: Backbone, batches: Iterable[Batch]) -> Step:
        """Set the weights of backbone and objective from one pass over the batches."""


class Task(Objective):
    """An objective whose targets come from labels, or from the stored row; its own weights are the head.

    The loss comes in two halves, so that a probe can compute the features once and judge heads on them many times.
    `answer` is what kind of answers it gives. `probe` fits its head in closed form, None where no linear model can be
    the head. `baseline` is the simple model that it is compared with, None if there is none.
    """

    needs_labels: ClassVar[bool] = True
    answer: Answer
    probe: ClassVar[type[LinearProbe] | None] = None
    baseline: ClassVar[type[Baseline] | None] = None

    @property
    def as_task(self) -> Task:
        return self

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.judge(*self.examine(backbone, batch))

    @abstractmethod
    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the head reads and what it should say, one row a decision: features [n, F], targets [n, ...]."""

    @abstractmethod
    def judge(self, features: Tensor, targets: Tensor) -> Step:
        """The loss of the head on features."""

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        """How well it suits these labels of train rows, () if there are none; None: not at all."""
        return None

    @classmethod
    def class_names(cls, settings: Mapping[str, Any]) -> Sequence[str]:
        """The classes that labels name, from what `infer_settings` gave; () where labels are no classes."""
        return ()

    @classmethod
    def one_class(cls, settings: Mapping[str, Any]) -> bool:
        """Does every row have exactly one of the classes?"""
        return False

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> Sequence[str] | None:
        """A name for each label: a draw of some keeps the shares of the names. None: labels are drawn at random."""
        named = not all(isinstance(label, float | list | tuple | Mapping) for label in labels)
        return [str(label) for label in labels] if named else None

    @abstractmethod
    def label(self, example: Example, row: Row) -> Columns:
        """The training target of one row, as columns without row axis, e.g. {"y": int64}: from its label, or from the
        stored row itself, which is read when it is looked at."""

    @abstractmethod
    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        """Plain JSON, one answer per row."""

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor | None:
        """The answers as one tensor [B, ...], what an exported model gives: probabilities, values. In eval mode.

        None where answers are not plain numbers.
        """
        return None

    @abstractmethod
    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """The field's scores by their usual names; the first key is the headline."""

    @abstractmethod
    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """[n] one number a row, or [n, C] counts, whose mean the scale of the headline turns into the headline.

        One number is larger where the row is better (hits, -error^2); counts are right and wrong decisions.
        """

    def preprocess(self, example: Example) -> Example:
        """A raw record as a person gives it -> as the modality reads it: texts are cut into words to tag each word."""
        return example

    @classmethod
    def require_probe(cls) -> type[LinearProbe]:
        """The probe; ContractError where no linear model can be the head."""
        if cls.probe is None:
            fix = "use --tuning full, gradual or lora"
            raise ContractError(272, f"{cls.__name__.lower()} has no linear head to fit", fix=fix)
        return cls.probe

    def linear_probe(self) -> LinearProbe:
        """The same for this task."""
        return self.require_probe()(self)


@dataclass(slots=True)
class Group:
    """Parameters that share a learning rate. `rate` multiplies the plan's; 0 means frozen now."""

    name: str
    parameters: list[nn.Parameter]
    rate: float = 1.0


class Tuning(ABC):
    """What may change while a model adapts to a task, and how fast.

    A `closed_form` tuning is not stepped but solved: the features are computed once and the head is fitted to them.
    `advice` holds settings of other parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3}. `adapts`
    says that it needs pretrained weights, `quicker` how many times the rate that a backbone advises suits it.
    `unlabelled` is how many train rows without labels it wants beside the labelled ones; their targets are -100.
    """

    closed_form: ClassVar[bool] = False
    adapts: ClassVar[bool] = False
    quicker: ClassVar[float] = 1.0
    advice: ClassVar[Mapping[str, Any]] = {}
    unlabelled: int = 0

    @classmethod
    def suits(cls, about: Adaptation) -> Suits | None:
        """How well it suits a model, a task and so many labels; None: it is taken only where somebody names it."""
        return None

    def begin(self, backbone: Backbone) -> None:  # noqa: B027 - a tuning that puts nothing in needs none
        """Once, when the parts are built and before any checkpoint is read: adapters go in here."""

    @abstractmethod
    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        """Every parameter that may ever change, in groups."""

    def at(self, done: float) -> None:  # noqa: B027 - a tuning that never changes needs none
        """Progress in [0, 1]: set rates and `requires_grad` of the groups for the next step."""

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        """Fit the head in one go. Only if `closed_form`."""
        raise AssertionError(f"{type(self).__name__} is not solved in closed form")

    def end(self, backbone: Backbone) -> None:  # noqa: B027 - a tuning that put nothing in needs none
        """Once, when the run is over and its best weights are on: what was put in comes out, with equal answers."""

    def files(self, backbone: Backbone, base: str) -> Mapping[str, bytes]:
        """Further files of the finished model by name; `base` is the name of what it started from."""
        return {}
