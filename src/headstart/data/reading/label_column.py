"""What the labels of all sources mean together, decided once, and each label read by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from headstart.core.errors import DataError
from headstart.data.labels.census import Census
from headstart.data.labels.numbers import NumberForm, are_measured, form_of, is_integer, is_point_zero, plain_number
from headstart.data.labels.several import listed, mark_of, pieces
from headstart.data.labels.spelling import MISSING_NUMBER, cleaned, dotted_names, is_no_label, is_whole, spelled
from headstart.data.reading import label_columns
from headstart.data.reading.char_spans import spans_of, tagged
from headstart.data.reading.number_labels import NumberLabels
from headstart.data.records import Words, short

if TYPE_CHECKING:
    from headstart.core.contracts import Example

_CHOICES = ("choices", "choice")  # as Label Studio writes classes
_TWINS = 3  # examples of a warning
_SURE = frozenset({"true", "false"})

Read = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class LabelReading:
    """How labels are read. `read(label, where)` gives the label, or the facts of the whole row for spans.

    told      what the labels are, "" where they are names or numbers as they stand
    warnings  what somebody who trains on them should know
    form      the same as a model remembers it, for a table with a few rows (see `reading_as`); {} where rows say it
    """

    read: Read
    told: str = ""
    warnings: tuple[str, ...] = ()
    form: Mapping[str, str] = field(default_factory=dict)

    def example(self, example: Example) -> Example:
        """The row with its label as it is meant; a label that cannot be read makes the row unreadable."""
        label = example.get("label")
        if label is None or isinstance(example["input"], Words | DataError):
            return example
        try:
            found = None if is_missing_text(label) else self.read(label, str(example["origin"]))
            if isinstance(found, _Spans):
                return {**example, **tagged(example["input"], found.spans, str(example["origin"]))}
        except DataError as error:
            return {**{name: value for name, value in example.items() if name != "label"}, "input": error}
        rest = {name: value for name, value in example.items() if name != "label"}
        return rest if found is None else {**rest, "label": found}


@dataclass(frozen=True, slots=True)
class _Spans:
    spans: Sequence[Any]


def reading_of(sources: Iterable[Iterable[Any]], *, spans: bool = True, by_name: bool = False) -> LabelReading:
    """What the labels of the sources mean, from every one of them; `spans`: they may be spans of texts; `by_name`: of
    several columns each is a label of its own."""
    parts = []
    for labels in sources:
        part = Census()
        for label in labels:
            part.add(label)
        parts.append(part)
    if not parts:
        return AS_WRITTEN
    return _of_columns(parts, by_name=by_name) or _of_values(parts, spans=spans)


def _of_values(parts: Sequence[Census], *, spans: bool) -> LabelReading:
    """One value a row, whatever it is."""
    missing = sum((part.missing for part in parts), Counter[str]())
    packed = any(part.are_lists for part in parts)
    if packed:
        parts = [part.unpacked() if part.are_lists else part for part in parts]
    found = _of_nested(parts, spans=spans) or _of_names(parts, missing)
    if packed:
        inner = found.read
        found = replace(found, read=lambda label, where: inner(_unpacked(label), where))
    return replace(found, warnings=(*found.warnings, *_missing(missing)))


def reading_as(form: Mapping[str, str]) -> LabelReading | None:
    """Labels as a model learned them; None where their table tells it itself."""
    kind, mark = form.get("kind"), form.get("mark", "")
    if kind == "numbers":
        return LabelReading(NumberLabels.from_json(form), form=form)
    if kind == label_columns.KIND:
        reads = {name: reading_as(one) for name, one in label_columns.forms_in(form).items()}
        each = {name: _name if one is None else one.read for name, one in reads.items()}
        return LabelReading(label_columns.NamedLabels(each), form=form)
    if kind == "several" and mark:
        return LabelReading(lambda label, where: _set(_names_in(label, mark)), form=form)
    return LabelReading(_name, form=form) if kind == "names" else None


def names_only(label: Any, where: str) -> Any:
    """A label as a name: a text, as written, and 1 for 1.0; anything else as it is."""
    if isinstance(label, float):
        return int(label) if is_whole(label) else label
    return cleaned(label) if isinstance(label, str) else label


def _missing(counts: Mapping[str, int]) -> list[str]:
    """What is said of texts that stand for no label."""
    said = [f"'{text}' ({count:,})" for text, count in counts.items() if text]
    return [f"labels that count as missing: {', '.join(said)}"] if said else []


AS_WRITTEN = LabelReading(names_only)


def is_missing_text(label: Any) -> bool:
    """Is this a text that stands for no label?"""
    return isinstance(label, str) and is_no_label(cleaned(label))


def _unpacked(label: Any) -> Any:
    found = listed(label) if isinstance(label, str) else None
    return label if found is None else found


def _of_nested(parts: Sequence[Census], *, spans: bool) -> LabelReading | None:
    """Spans, or lists; None where labels are single values."""
    objects = [one for part in parts for one in part.objects]
    lists = sum(part.lists for part in parts)
    if objects and spans and all(spans_of(one) for one in objects):
        return LabelReading(_spans, "spans of the text, read as a tag for each word")
    if objects and all(isinstance(one, Mapping) and _chosen(one) is not None for one in objects):
        several = any(isinstance(_chosen(one), list) for one in objects)
        return LabelReading(lambda label, where: _set(_chosen(label)), "several labels a row" * several)
    if lists and not objects:
        ordered = any(part.ordered for part in parts)
        return LabelReading(_list if ordered else lambda label, where: _set(label), "lists" if ordered else "sets")
    return LabelReading(lambda label, where: label) if objects else None


def _of_columns(parts: Sequence[Census], *, by_name: bool) -> LabelReading | None:
    """Several columns: one a label that says yes or no, numbers without gaps, or labels that are read each by itself;
    None where there are no columns."""
    columns = {name: [part.columns.get(name, Counter()) for part in parts] for part in parts for name in part.columns}
    cells = [cell for parts in columns.values() for counts in parts for cell in counts]
    if columns and not by_name and label_columns.are_ticks(cells):
        return LabelReading(label_columns.ticked, f"several labels a row, one column each: {', '.join(columns)}")
    if columns and not by_name and label_columns.are_numbers(cells) and not any(part.gaps for part in parts):
        return LabelReading(label_columns.vector, f"{len(columns)} numbers a row: {', '.join(columns)}")
    found = {name: _of_values([*map(Census.of, counts)], spans=False) for name, counts in columns.items()}
    return None if not found else LabelReading(
        label_columns.NamedLabels({name: one.read for name, one in found.items()}),
        f"a label for each of {len(found)} columns: {', '.join(found)}",
        tuple(f"column {name}: {warning}" for name, one in found.items() for warning in one.warnings),
        label_columns.form_of_columns({name: dict(one.form) for name, one in found.items()}),
    )  # fmt: skip


def _of_names(parts: Sequence[Census], missing: Counter[str]) -> LabelReading:
    """Single values: true and false, whole numbers, measured numbers, several names in one text, or names."""
    cells = sum((part.cells for part in parts), Counter[str]())
    texts = sum((part.texts for part in parts), Counter[str]())
    every = cells + texts
    numbers, fractions = sum(part.numbers for part in parts), sum(part.fractions for part in parts)
    if any(part.truths for part in parts) and {text.lower() for text in every} <= _SURE and not numbers:
        return LabelReading(_truth)
    if not every:
        return LabelReading(_number if fractions else _whole)
    real = Counter({text: count for text, count in every.items() if text.lower() not in MISSING_NUMBER})
    if real and not fractions and (cells or numbers) and _are_whole(parts, real):
        _say_missing(every, real, missing)
        return LabelReading(_whole_text)
    if fractions and all(plain_number(text) is not None for text in real):
        _say_missing(every, real, missing)
        return _numbers(NumberForm())
    form = None if numbers or not real else form_of(real)
    if form is not None and are_measured(real, form):
        _say_missing(every, real, missing)
        return _numbers(form)
    mark = mark_of(every)
    if mark is not None:
        told = f"several labels a row, with '{mark}' between them"
        reading = LabelReading(lambda label, where: _set(_names_in(label, mark)), told)
        return replace(reading, form={"kind": "several", "mark": mark})
    dotted = dotted_names([set(part.cells + part.texts) for part in parts])
    if dotted:
        told = f"labels of one file end with a dot and are read as those of the other: {_pairs(dotted)}"
        twins = _twins({name: count for name, count in every.items() if name not in dotted})
        return LabelReading(partial(_undotted, dotted), warnings=(told, *twins), form={"kind": "names"})
    return LabelReading(_name, warnings=tuple(_twins(every)), form={"kind": "names"})


def _numbers(form: NumberForm) -> LabelReading:
    read = NumberLabels(form)
    return LabelReading(read, "" if form == NumberForm() else form.words, form=read.to_json())


def _are_whole(parts: Sequence[Census], real: Counter[str]) -> bool:
    """Are all labels whole numbers in one spelling? Or 1 in some sources and 1.0 in others, each in its own way?"""
    sources = [
        [text for text in part.cells + part.texts if text in real] for part in parts if part.cells or part.texts
    ]  # fmt: skip
    plain = [all(map(is_integer, texts)) for texts in sources]
    pointed = [all(map(is_point_zero, texts)) for texts in sources]
    one_way = all(one or other for one, other in zip(plain, pointed, strict=True))
    return one_way and (any(plain) or any(part.numbers for part in parts))


def _say_missing(every: Counter[str], real: Counter[str], missing: Counter[str]) -> None:
    missing.update({text: every[text] for text in every if text not in real})


def _twins(counts: Mapping[str, int]) -> list[str]:
    """A warning for names that differ in nothing but capitals."""
    groups: dict[str, list[str]] = {}
    for name in counts:
        groups.setdefault(name.casefold(), []).append(name)
    twins = [" and ".join(f"'{name}'" for name in names) for names in groups.values() if len(names) > 1]
    many = 2 * len(groups) > sum(counts.values())  # texts of their own
    if not twins or many:
        return []
    return [f"labels that differ in capitals alone are labels of their own: {', '.join(twins[:_TWINS])}"]


def _pairs(names: Mapping[str, str]) -> str:
    return ", ".join(f"'{one}' as '{other}'" for one, other in list(names.items())[:_TWINS])


def _chosen(label: Any) -> Any:
    """What {"choices": ...} holds, or the label itself where it is no object; None for another object."""
    if not isinstance(label, Mapping):
        return label
    found = [label[name] for name in _CHOICES if name in label]
    return found[0] if len(found) == 1 and len(label) == 1 else None


def _set(labels: Any) -> Any:
    """Names of a list in one order, each once; numbers are names as they are spelled."""
    if not isinstance(labels, list):
        return _name(labels, "")
    named = {_whole(one, "") if isinstance(one, float) and is_whole(one) else names_only(one, "") for one in labels}
    return sorted(named - {None}, key=lambda name: (isinstance(name, str), name))


def _list(label: Any, where: str) -> Any:
    return label


def _names_in(label: Any, mark: str) -> list[str] | None:
    return pieces(cleaned(label), mark) if isinstance(label, str) else label


def _spans(label: Any, where: str) -> Any:
    spans = spans_of(label)
    if spans is None:
        found = f"{type(label).__name__} {short(str(label))}"
        raise DataError(269, "this is no list of spans", where=where, found=found, expected='[[0, 4, "PER"]]',
                        fix="correct the row, or prepare with --skip-bad")  # fmt: skip
    return _Spans(spans)


def _truth(label: Any, where: str) -> Any:
    return label if not isinstance(label, str) else {"true": True, "false": False}.get(cleaned(label).lower())


def _name(label: Any, where: str) -> Any:
    return spelled(label) if isinstance(label, int | float) else names_only(label, where)


def _undotted(dotted: Mapping[str, str], label: Any, where: str) -> Any:
    name = _name(label, where)
    return dotted.get(name, name) if isinstance(name, str) else name


def _number(label: Any, where: str) -> Any:
    return float(label) if isinstance(label, int | float) and not isinstance(label, bool) else label


def _whole(label: Any, where: str) -> Any:
    return int(label) if isinstance(label, float) else label


def _whole_text(label: Any, where: str) -> Any:
    if not isinstance(label, str):
        return _whole(label, where)
    number = plain_number(cleaned(label))
    return None if number is None else int(cleaned(label).partition(".")[0])
