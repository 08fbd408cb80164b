"""Which rows stay together in one part: those of a column, of a field of file names, related ones, or none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.account import Used
from headstart.core.errors import DataError, UsageError, nearest
from headstart.data.file_names import field_asked, field_columns, name_fields
from headstart.data.reading.accounts import some
from headstart.data.reading.table_rows import OWN
from headstart.data.records import is_missing

SIMILARITY = "similarity"
"""The group of a row is its family: rows that its modality knows to be related."""

NONE = "none"

LOOK = 20_000  # rows looked at
ONE_FAMILY, RELATED = 0.5, 0.02  # shares of the rows: in one family, and of held-out ones related to train rows
FEWEST = 3  # groups, of which each part gets one
# columns that say of whom or of what a row is: rows of one are alike whatever their labels
_USUAL = (
    "speaker", "speaker_id", "spk", "spk_id", "client_id", "singer", "recording", "recording_id", "patient",
    "patient_id", "patientid", "subject", "subject_id", "participant", "participant_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grouping:
    """What rows are grouped by: a column, `name:2`, "similarity" or None; why, where nobody asked; and what to say."""

    name: str | None
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Used, ...]:
        """What the account says of it."""
        field = field_asked(self.name)
        what = "similarity of rows" if self.name == SIMILARITY else f"column {self.name}"
        what = what if field is None else f"field {field} of the file names"
        return () if self.name is None else (Used(what=what, role="group", why=self.why),)


def grouping(
    examples: Iterable[contracts.Example], modality: contracts.Modality, asked: str | None, *, timed: bool
) -> Grouping:
    """The groups that were asked for; else those of a column that is called as speakers and patients usually are.

    `timed`: rows are split by time. DataError for a column that is not there, UsageError where nothing is known of
    related rows.
    """
    rows = ({**row, "input": None} for row in islice(examples, LOOK))  # contents, such as pictures, would be gigabytes
    first: Mapping[str, Any] = next(rows, {})
    if asked is not None:
        if asked not in first and asked != NONE:
            _check(asked, first, rows, modality)
        return Grouping(None if asked == NONE and asked not in first else asked)
    columns = [name for name in first if name not in OWN and name.strip().lower() in _USUAL]
    if timed or not (first and (columns or modality.files)):
        return Grouping(None)  # nothing to be found in the other rows
    looked = [first, *rows]
    repeated = {name: values for name in columns if (values := _repeated([row.get(name) for row in looked]))}
    parted = any("split" in row for row in looked)
    if not repeated:
        fields = _of_names(looked) if modality.files and not parted else {}
        if modality.name_groups and len(fields) == 1:
            place, values = fields.popitem()
            told = f"it repeats: {some(values)}; prepare --group none splits at random"
            return Grouping(f"name:{place}", told)
        return Grouping(None, notes=tuple(_offer(place, values) for place, values in fields.items()))
    name, values = max(repeated.items(), key=lambda one: len(one[1]))
    if parted:
        return Grouping(None, notes=_shared(name, looked))
    if len(values) < FEWEST:
        return Grouping(None, notes=(f"column {name} has {len(values)} values only, too few to keep them apart",))
    return Grouping(name, f"{len(values):,} values repeat; prepare --group none splits at random")


def reader(group: str | None) -> Callable[[contracts.Example], Any] | None:
    """What gives the group of an example; None where there are none, or where families are found later."""
    if group is None or group == SIMILARITY:
        return None
    field = field_asked(group)
    if field is None:
        return lambda example: example[group]
    place = field - 1

    def of_name(example: contracts.Example) -> str | None:
        fields = name_fields(str(example["origin"]))
        return fields[place] if place < len(fields) else None

    return lambda example: example[group] if group in example else of_name(example)


def named(families: np.ndarray | None, keep: np.ndarray) -> list[str]:
    """The group of every row, by the families [k] of those to keep [n] bool; DataError if they are one family."""
    assert families is not None, "only a modality that knows which rows are related is asked"
    if len(families) and (families == families[0]).all():
        fix = "prepare without it, and split by another column or at random"
        raise DataError(
            435, "all rows are related to each other", found=f"{len(families):,} rows of one family", fix=fix
        )
    names = np.full(len(keep), "", object)
    names[keep] = [f"family {number}" for number in families]
    return names.tolist()


def divided(families: np.ndarray | None, parts: np.ndarray, *, given: bool) -> list[str]:
    """What is said of held-out rows whose family has train rows; families int64 [k] or None, parts int8 [k]."""
    if families is None or not (parts == 0).any() or not (parts > 0).any():
        return []
    _, of_row, sizes = np.unique(families, return_inverse=True, return_counts=True)
    if sizes.max() > ONE_FAMILY * len(families):
        told = f"most rows are related ({sizes.max() / len(families):.0%} are of one family), such as variants of one "
        return [f"{told}sequence: no split can keep them apart"]
    related = np.isin(of_row[parts > 0], of_row[parts == 0])
    if related.mean() < RELATED:
        return []
    told = f"{related.mean():.0%} of the valid and test rows are related to train rows: scores on them say little "
    shares = " --split train=.8,valid=.1,test=.1" if given else ""
    return [f"{told}about rows that are not; to keep relatives in one part: prepare --group similarity{shares}"]


def _check(
    asked: str, first: contracts.Example, others: Iterable[contracts.Example], modality: contracts.Modality
) -> None:
    """UsageError or DataError if nothing is called so; the other rows are read up to the first that has it."""
    if asked == SIMILARITY:
        if modality.kinship is None:
            found = f"data of kind {type(modality).__name__.lower()}"
            fix = "name a column: prepare --group COLUMN"
            raise UsageError(612, "it is not known which of these rows are related", found=found, fix=fix)
        return
    field = field_asked(asked)
    named = chain((first,), others) if first and modality.files else ()
    if field is None or not any(len(name_fields(str(row["origin"]))) >= field for row in named):
        raise no_column(asked, first)


def no_column(name: str, example: contracts.Example) -> DataError:
    """The error for a column that these data do not have."""
    known = sorted(set(example) - {"input", "origin"})
    found, fix = ", ".join(known) or "none", nearest(name, known) if known else "use a table"
    return DataError(212, f"no column '{name}'", found=f"columns {found}", fix=fix)


def _repeated(values: Sequence[Any]) -> dict[str, int]:
    """How often each value occurs; {} unless most of them come again."""
    counts = Counter(str(value) for value in values if not is_missing(value) and str(value).strip())
    return dict(counts) if 1 < len(counts) <= counts.total() / 2 else {}


def _of_names(looked: Sequence[contracts.Example]) -> dict[int, list[str]]:
    """The fields of file names that repeat, counted from 1, with their values: neither the label nor a counter."""
    labels = [str(row.get("label")) for row in looked]
    found: dict[int, list[str]] = {}
    for place, values in field_columns(str(row["origin"]) for row in looked).items():
        names = _repeated(values)
        if len(names) >= FEWEST and not _counts(names) and not _is_label(values, labels):
            found[place] = sorted(names)
    return found


def _offer(place: int, values: Sequence[str]) -> str:
    """What is said of a field of file names that may be the group of a row."""
    told = (
        f"field {place} of the file names repeats ({some(values)}): if it is a speaker, a patient or a recording, keep"
    )
    return f"{told} its rows in one part with prepare --group name:{place}"


def _counts(names: Iterable[str]) -> bool:
    """Are these numbers one after the other, or single letters?"""
    if all(len(name) == 1 for name in names):
        return True
    if not all(name.isascii() and name.isdecimal() for name in names):
        return False
    numbers = sorted(map(int, names))
    return numbers[-1] - numbers[0] < 2 * len(numbers)


def _is_label(values: Sequence[str], labels: Sequence[str]) -> bool:
    """Does each value go with one label, and each label with one value?"""
    pairs = set(zip(values, labels, strict=True))
    return len(pairs) == len(set(values)) == len(set(labels))


def _shared(column: str, looked: Sequence[contracts.Example]) -> tuple[str, ...]:
    """What is said of values that lie in train and in another given part."""
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for row in looked:
        if not is_missing(row.get(column)):
            parts[str(row[column])].add(str(row.get("split", "train")))
    both = sorted(value for value, places in parts.items() if "train" in places and len(places) > 1)
    if not both:
        return ()
    return (f"values of {column} lie in train and in other given parts ({some(both)}): scores say little about a new "
            f"{column}; for that, prepare --group {column} "
            "--split train=.8,valid=.1,test=.1",)  # fmt: skip
