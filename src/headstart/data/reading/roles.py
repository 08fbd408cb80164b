"""What the columns of a table are for: as chosen, as learned from, as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.readings import StepColumns

if TYPE_CHECKING:
    from headstart.core.contracts.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that matter; `target`, `split` and `id` are None where the table has none.

    Several `inputs` belong to one row, as title and text do. `words` says that the one input is a list of words. `kept`
    are the columns that stay with an answer, `unused` those that nothing reads. Where several columns are the label,
    `target` is None and `targets` names them. `why` says how columns without usual names were told, and `notes`
    what somebody who uses the table should know. With `of_letters`
    a label has a letter for each letter of the input, and `mask` is the column that says which of them are known. Of
    train rows those with a yes in the column `validation` are valid ones. With `named` the table is read whole: a row
    is {name: cell}, even of one column. Where rows are moments of measured series, `channels` are the columns that are
    forecast, `inputs` those beside them, `time` is that of the moments and `id` that of the series, `marks` says which
    moments are anomalies, for scores alone; with `labelled` the
    channels are what is measured, and the label is one of each series.
    Where rows are steps of episodes, `steps` names their columns.
    `taken` are the columns of inputs, labels and split.
    """

    inputs: tuple[str, ...]
    target: str | None
    split: str | None
    words: bool = False
    id: str | None = None
    kept: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns of the label, one or several; () if there is none."""
        return self.targets or (() if self.target is None else (self.target,))

    unused: tuple[str, ...] = ()
    why: str = ""
    notes: tuple[str, ...] = ()
    of_letters: bool = False
    mask: str | None = None
    validation: str | None = None
    named: bool = False
    time: str | None = None
    channels: tuple[str, ...] = ()
    labelled: bool = False
    marks: str | None = None
    steps: StepColumns | None = None
    taken: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = (*self.inputs, *self.labels, *(() if self.split is None else (self.split,)))
        object.__setattr__(self, "taken", frozenset(columns))

    def account(self) -> Account:
        """The columns by what they are taken for, and those that nothing uses."""
        if self.steps is not None:
            return Account(
                used=self._of_steps(self.steps), unused=tuple(f"column {n}" for n in self.unused), notes=self.notes
            )
        named = [] if self.named else [(name, "words" if self.words else "input") for name in self.inputs]
        named += [(name, "values over time" if self.labelled else "values to forecast") for name in self.channels]
        named += [(self.id, "the series")] if self.channels and self.id is not None else []
        named += [(name, "label of each letter" if self.of_letters else "label") for name in self.labels]
        named += [(name, "split") for name in (self.split, self.validation) if name is not None]
        named += [] if self.mask is None else [(self.mask, "mask of the labels")]
        named += [] if self.marks is None else [(self.marks, "labels of moments, for scores alone")]
        used = tuple(Used(what=f"column {name}", role=role, why=self.why) for name, role in named)
        if self.named:
            count = f"{len(self.inputs):,} column{'s' * (len(self.inputs) != 1)}"
            used = (Used(what=count, role="input", why=self.why), *used)
        return Account(used=used, unused=tuple(f"column {name}" for name in self.unused), notes=self.notes)

    def _of_steps(self, steps: StepColumns) -> tuple[Used, ...]:
        """The columns of the steps of episodes."""
        named = [(name, "observations") for name in steps.observes] + [(name, "actions") for name in steps.acts]
        others = ((steps.episode, "the episode"), (steps.frame, "number of the step"),
                  (steps.reward, "rewards"), (steps.task, "task"), (self.split, "split"))  # fmt: skip
        named += [(name, role) for name, role in others if name is not None]
        named += [(name, "end of an episode") for name in steps.ends]
        return tuple(Used(what=f"column {name}", role=role) for name, role in named)

    def to_json(self) -> dict[str, Any]:
        """What a model remembers of the tables that it learned from."""
        named = {"inputs": list(self.inputs), "target": ",".join(self.labels) or None, "id": self.id}
        named |= {"whole": True} if self.named else {}
        named |= {} if self.marks is None else {"marks": self.marks}
        return {**named, "time": self.time, "values": list(self.channels)} if self.channels else named


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The columns that a model learned from, which are looked for in another table.

    labels    how its labels are written, as `LabelReading.form` says it
    needed    a table without the inputs is refused; else the usual names are looked for there
    labelled  the same for the target
    whole     the table was read whole
    marks     the column that says which moments are anomalies, which another table may lack
    """

    inputs: tuple[str, ...]
    target: str | None = None
    id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    needed: bool = False
    labelled: bool = False
    time: str | None = None
    channels: tuple[str, ...] = ()
    whole: bool = False
    marks: str | None = None

    @classmethod
    def from_json(cls, facts: object, *, needed: bool = False, labelled: bool = False) -> Learned | None:
        """From what `Roles.to_json` gave; None if the model learned from no table. DataError if it is damaged."""
        if facts is None:
            return None
        found: Mapping[str, Any] = facts if isinstance(facts, Mapping) else {}
        inputs, others = found.get("inputs"), [found.get(name) for name in ("target", "id", "time", "marks")]
        channels = found.get("values", [])
        lists = isinstance(inputs, list) and isinstance(channels, list) and bool(inputs or channels)
        strings = lists and all(isinstance(name, str) for name in (*(inputs or ()), *channels))
        form: Any = found.get("labels") or {}
        if (
            not strings
            or not all(name is None or isinstance(name, str) for name in others)
            or not isinstance(form, Mapping)
            or not all(isinstance(value, str) for value in form.values())
        ):
            fix = "restore headstart.json or make the model again"
            raise DataError(218, "the columns of the model cannot be read", found=str(facts)[:200], fix=fix)
        target = others[0]
        return cls(
            inputs=tuple(inputs or ()), target=target, id=others[1], labels=dict(form), needed=needed,
            labelled=labelled and target is not None, time=others[2], channels=tuple(channels),
            whole=found.get("whole") is True, marks=others[3],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a verb asks of a table.

    input, target   columns by name, several with commas between them, or by number
    id       name of the column that tells rows apart; None: a usual name
    keep     columns that stay with the answer: "all", "id", or names with commas between them; None: none
    learned  the columns of the model that reads the table
    apart    columns that are known to be no labels, such as the group of a row
    follow   links, and paths in tables, may lead out of what was given
    gather   rows that name one recording, with start, end and label, are its events
    by_name  of several target columns each is a label of its own
    whole    the table is read whole (True), or has one input (False); None: as its columns say
    time     the column of the moments, where rows are such
    moments  rows are moments of measured series, whatever the columns are called
    labelled  the target of such rows is a label of their series, not what is forecast
    marks    the column that says which moments are anomalies
    acting   rows are steps of episodes; `target` names the columns of actions
    """

    input: str | None = None
    target: str | None = None
    id: str | None = None
    keep: str | None = None
    learned: Learned | None = None
    apart: tuple[str, ...] = ()
    follow: bool = False
    gather: bool = False
    by_name: bool = False
    whole: bool | None = None
    time: str | None = None
    moments: bool = False
    labelled: bool = False
    marks: str | None = None
    acting: bool = False

    def of_records(self, timeline: Timeline | None) -> Ask:
        """The same for rows that are moments of longer records, if there is a timeline."""
        if timeline is None:
            return self
        return replace(self, moments=True, labelled=timeline.whole, acting=timeline.acting)
