"""What a report is made of: frozen data, from which `page_html.py` makes a page and `model_card.py` a model card."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from headstart.core.contracts.look import Look
from headstart.core.formatting import Value

Numbers = Sequence[float] | np.ndarray

Tone = Literal["plain", "good", "bad", "unsure"]

FORMAT = 2


@dataclass(frozen=True)
class Verdict:
    """The answer in a few words and one sentence; `tone` is how it is meant, a warning is "bad"."""

    verdict: str
    sentence: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Paragraph:
    """A few sentences; empty lines part paragraphs."""

    text: str


@dataclass(frozen=True)
class Number:
    """One figure worth a tile: what it is, how much, and between which bounds it lies with 95 % confidence."""

    name: str
    value: Value
    low: float | None = None
    high: float | None = None
    note: str = ""
    format: str = ""


@dataclass(frozen=True)
class KeyNumbers:
    """The handful of figures a reader looks for first, as tiles."""

    numbers: Sequence[Number]


@dataclass(frozen=True)
class Facts:
    """Names and values, e.g. the settings of a run."""

    rows: Sequence[tuple[str, Value]]


@dataclass(frozen=True)
class Table:
    """Rows under columns. `formats` gives a column's format by its name, e.g. {"accuracy": ".3f", "share": ".1%"}."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    caption: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """One line of a chart; `low` and `high` are its interval, drawn as a band. All of one length, NaN is a gap."""

    name: str
    x: Numbers
    y: Numbers
    low: Numbers | None = None
    high: Numbers | None = None

    def __post_init__(self) -> None:
        for other in (self.y, self.low, self.high):
            assert other is None or len(other) == len(self.x), f"series {self.name}: columns of different length"


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis; `rug` are places on it where data lie."""

    name: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    log_x: bool = False
    rug: Numbers = ()


@dataclass(frozen=True)
class Pictures:
    """Rows of pictures, column under column: inputs, what was hidden, reconstructions."""

    caption: str
    rows: Sequence[tuple[str, Sequence[Image.Image]]]


@dataclass(frozen=True)
class Sheet:
    """Many small pictures side by side, e.g. the patches that a dictionary has learned."""

    caption: str
    pictures: Sequence[Image.Image]


@dataclass(frozen=True)
class Scatter:
    """A map of points, e.g. embeddings in two dimensions; `label` holds the class of each point, `titles` what is shown
    of each where the pointer rests on it, if they have such."""

    name: str
    x: Numbers
    y: Numbers
    label: Sequence[str]
    titles: Sequence[str] = ()

    def __post_init__(self) -> None:
        assert len(self.x) == len(self.y) == len(self.label), f"scatter {self.name}: columns of different length"
        assert len(self.titles) in (0, len(self.x)), f"scatter {self.name}: titles of some points"


@dataclass(frozen=True)
class Matrix:
    """Confusion matrix: counts[true][predicted]."""

    name: str
    classes: Sequence[str]
    counts: Sequence[Sequence[int]] | np.ndarray


@dataclass(frozen=True)
class Bars:
    """Counts as bars from zero, e.g. rows of each class."""

    name: str
    rows: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Intervals:
    """Scores beside each other on one axis, each a point in its 95 % interval, None where it has none."""

    name: str
    rows: Sequence[tuple[str, float, float | None, float | None]]


@dataclass(frozen=True)
class Gallery:
    """Single rows of the data as people look at them, e.g. the most wrong answers."""

    caption: str
    items: Sequence[Look]


@dataclass(frozen=True)
class Warnings:
    """What a reader must know before trusting the numbers; none are shown as good news."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Parent:
    """One step of a model's origin: a checkpoint or a data set."""

    name: str
    hash: str = ""
    licence: str = ""
    data: str = ""


@dataclass(frozen=True)
class Lineage:
    """Where a model comes from, oldest first."""

    parents: Sequence[Parent]


Words = Verdict | Paragraph | KeyNumbers | Facts | Warnings | Lineage
Drawing = Chart | Scatter | Matrix | Bars | Intervals
Examples = Gallery | Pictures | Sheet | Table
Block = Words | Drawing | Examples


@dataclass(frozen=True)
class Section:
    """Blocks under one heading, which alone is shown until it is clicked."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Front:
    """The first screen: the answer, one drawing, a table of three rows, and six examples; then warnings, if any."""

    verdict: Verdict
    drawing: Drawing | None = None
    table: Table | None = None
    examples: Examples | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """What was done, with which data, and what came out. `created` is an ISO 8601 time."""

    title: str
    sentence: str
    verb: str
    created: str
    front: Front
    sections: Sequence[Section]

    def to_json(self) -> dict[str, Any]:
        """Plain data for machines: every record with its `kind`; pictures and sounds by size only, None for numbers
        that are not finite."""
        return {"format": FORMAT, **plain(self)}


def plain(value: Any) -> Any:
    """Records as dicts with their `kind`, arrays as lists, pictures and sounds by size, numbers that are not finite as
    None."""
    if isinstance(value, Image.Image):
        return {"width": value.width, "height": value.height}
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if is_dataclass(value) and not isinstance(value, type):
        record = {each.name: plain(vars(value)[each.name]) for each in fields(value)}
        return {"kind": type(value).__name__.lower(), **record}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
