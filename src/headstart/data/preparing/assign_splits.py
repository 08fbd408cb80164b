"""The split of every kept row, and what somebody who trains on it should be warned of."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.core.errors import DataError, UsageError
from headstart.data.labels.moments import moments
from headstart.data.preparing import duplicates, label_warnings
from headstart.data.preparing.row_table import RowTable
from headstart.data.preparing.split import NAMES, by_group, by_hash, by_time, cover_classes, fractions, group_keys

_SHOWN = 5  # words of a warning
_UNSAID = re.compile(r"[\s._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How rows are judged and split; the settings of `prepare`."""

    split: dict[str, float] | str | None
    group: str | None
    time: str | None
    skip_bad: bool
    max_bad: float
    near: str
    licence: str
    unknown: str | None = None
    time_format: str | None = None

    @property
    def takes_parts(self) -> bool:
        """Are given parts kept? Not where both shares and groups are asked for: then new parts are made."""
        return self.split is None or self.group is None


def assign(ledger: RowTable, keep: np.ndarray, related: np.ndarray, rules: Rules) -> tuple[np.ndarray, list[str]]:
    """Split number of each row to keep [n], int8 [k], and warnings: as given, else by time, by group or by hash;
    near duplicates (related int64 [p, 2]) are not divided."""
    rows = np.flatnonzero(keep)
    given = ledger.parts[rows]
    if (given >= 0).any():
        if rules.split is not None or (rules.time is not None and not ledger.steps):
            fix = "prepare without --split and --time, or give the data without their splits"
            raise UsageError(314, "the data have train, valid or test splits already", found=rules.split or "", fix=fix)
        numbers = np.maximum(given, 0)
        notes = [*_of_parts(ledger, int((given < 0).sum())), *_across(ledger, rows, numbers)]
        if clashes := duplicates.held_out_clashes(ledger.exact, ledger.labels, ledger.parts):
            what = "given valid or test rows have the same content as another there, with other labels"
            notes.append(f"{clashes} {what}")
        _check_classes(ledger, rows, numbers, rules.unknown)
    else:
        numbers, notes = _made(ledger, rows, related, rules), _of_groups(ledger)
    return numbers, [*notes, *_warnings(ledger, rows, numbers, rules.unknown)]


def _of_parts(ledger: RowTable, outside: int) -> list[str]:
    """What is said of parts with other names, and of rows of none."""
    read = [f"'{word}' as {part} ({count:,})" for (word, part), count in ledger.words.items() if part]
    other = [f"'{word}'" for word, part in ledger.words if not part]
    notes = [f"parts were read by their names: {', '.join(read)}"] if read else []
    if outside:
        names = f" ({', '.join(other[:_SHOWN])})" if other else ""
        notes.append(f"{outside} rows outside the given parts{names} count as train")
    return notes


def _of_groups(ledger: RowTable) -> list[str]:
    told = [f"{n:,} rows have no group and count each for itself"] if (n := ledger.ungrouped) else []
    other = "the given parts were not used: new ones were made of whole groups, as shares and groups were asked for"
    return [*told, other] if ledger.parts_unused else told


def _across(ledger: RowTable, rows: np.ndarray, numbers: np.ndarray) -> list[str]:
    """What to say of groups that lie in train and in another given part: scores would be of rows that are known."""
    if not ledger.groups:
        return []
    names = [ledger.groups[row] for row in rows]
    trained = {name for name, number in zip(names, numbers, strict=True) if number == 0}
    told = []
    for part in (1, 2):
        both = sorted(trained & {name for name, number in zip(names, numbers, strict=True) if number == part})
        if both:
            some = ", ".join(both[:_SHOWN]) + (", ..." if len(both) > _SHOWN else "")
            told.append(f"{len(both):,} groups lie in train and {NAMES[part]} both ({some}): "
                        f"scores on {NAMES[part]} rows say little about new groups")  # fmt: skip
    return told


def _made(ledger: RowTable, rows: np.ndarray, related: np.ndarray, rules: Rules) -> np.ndarray:
    labels = ledger.labels[rows]
    shares = fractions(rules.split, bool((labels >= 0).any()), timed=bool(ledger.steps))
    if ledger.steps and rules.group is None:
        return by_time(np.array(ledger.times)[rows], shares, np.array(ledger.steps)[rows])
    if rules.time is not None:
        return by_time(moments(ledger.times, rules.time, ledger.origins, rules.time_format)[rows], shares)
    if rules.group is not None:
        return by_group(group_keys(ledger.groups)[rows], shares)
    keys = ledger.exact[:, 0][duplicates.families(len(ledger), related)][rows]
    numbers = by_hash(keys, shares)
    if ledger.are_classes():
        numbers = cover_classes(numbers, keys, labels, shares)
    return numbers if (numbers == 0).any() else np.zeros_like(numbers)  # a handful of rows: all of them train


def _check_classes(ledger: RowTable, rows: np.ndarray, numbers: np.ndarray, unknown: str | None) -> None:
    """A given test part with a class that nobody can learn is a mistake in the data, unless it means no class."""
    labels = ledger.labels[rows]
    trained = set(labels[(numbers == 0) & (labels >= 0)].tolist())
    missing = set(labels[(numbers > 0) & (labels >= 0)].tolist()) - trained
    names = sorted({str(json.loads(ledger.texts[code])) for code in missing} - {unknown})
    if trained and names and ledger.are_classes():
        fix = "add train rows of it, or remove it from valid and test; "
        fix += "if it means no class, say prepare --unknown or data.unknown"
        fix = _alike(names, [str(json.loads(ledger.texts[code])) for code in trained]) or fix
        raise DataError(342, "a class is missing in the train split", found=", ".join(names[:5]), fix=fix)


def _alike(missing: Sequence[str], trained: Sequence[str]) -> str:
    """Advice where missing classes differ from those of train rows in capitals, blanks and punctuation alone."""
    known = {bare: name for name in trained if (bare := _UNSAID.sub("", name).casefold())}
    pairs = [(name, known.get(_UNSAID.sub("", name).casefold())) for name in missing]
    if not all(other for _, other in pairs):
        return ""
    name, other = pairs[0]
    return (
        f"write labels alike in all files: '{name}' here and '{other}' in train differ in capitals or punctuation alone"
    )


def _warnings(ledger: RowTable, rows: np.ndarray, numbers: np.ndarray, unknown: str | None) -> list[str]:
    labels = ledger.labels[rows]
    warnings = []
    unlabelled = int((labels < 0).sum())
    if 0 < unlabelled < len(rows):
        warnings.append(f"{unlabelled} of {len(rows)} rows have no label")
    if unlabelled == len(rows):
        return warnings
    if not ledger.are_classes():
        values = [json.loads(ledger.texts[code]) if code >= 0 else None for code in labels]
        told = label_warnings.of_lists if ledger.are_nested() else label_warnings.of_numbers
        return [*warnings, *told(values, [ledger.origins[row] for row in rows])]
    codes, counts = np.unique(labels[labels >= 0], return_counts=True)
    names = [str(json.loads(ledger.texts[code])) for code in codes]
    if len(codes) == 1:
        warnings.append(f"there is only one class: {names[0]}")
    warnings += label_warnings.of_classes(dict(zip(names, counts.tolist(), strict=True)))
    rare = [name for name, count in zip(names, counts, strict=True) if count < 2]
    if rare and len(codes) > 1:
        warnings.append(f"classes with a single row: {len(rare)}, e.g. {rare[0]}")
    held = [n for n in (1, 2) if (numbers == n).any()]
    absent = sorted({names[np.searchsorted(codes, c)] for n in held for c in np.setdiff1d(codes, labels[numbers == n])})
    if absent and not rare:
        warnings.append(f"classes missing in {' or '.join(NAMES[n] for n in held)}: {len(absent)}, e.g. {absent[0]}")
    lost = np.setdiff1d(labels[(numbers > 0) & (labels >= 0)], labels[numbers == 0])
    untrained = [name for code in lost if (name := str(json.loads(ledger.texts[code]))) != unknown]
    if untrained:
        warnings.append(f"classes missing in train: {len(untrained)}, e.g. {untrained[0]}")
    return warnings
