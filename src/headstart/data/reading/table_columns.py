"""Which column of a table is the input, which the label, which the split."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.core.errors import DataError, alternatives, nearest
from headstart.data.reading import acting, guess_columns, letter_rows, whole_rows
from headstart.data.reading.box_columns import check_no_boxes
from headstart.data.reading.parts import split_of
from headstart.data.reading.roles import Ask, Learned, Roles
from headstart.data.reading.split_words import TICKED
from headstart.data.reading.transcript_columns import named_so, told, transcripts

_NAMING = ("image", "img", "picture", "photo", "file", "filename", "file_name", "path", "filepath", "file_path")
_WRITTEN = ("text", "sentence", "review", "document", "body", "description", "caption")
_INPUTS = ("input", *_NAMING, *_WRITTEN)
_INPUTS_LATE = ("image_path", "image_file", "bytes", "content", "title", "x")
_ANY = ("x", "input", "content", "bytes")  # of which only the cells tell whether they are an input
_WITH_TITLE = ("text", "body", "description", "content")  # columns that a title belongs to
_TARGETS = ("label", "labels", "class", "target", "category", "sentiment", "topic", "intent", "y", "events")
_WORDS = ("tokens", "words")  # columns of texts that people cut into words, a list a row
_TAGGED = ("predicates", "ner_tags", "tags")  # and of what they said of the words
_SPLITS = ("split", "subset", "part", *TICKED)
_FEW = 20  # rows looked at where names say what columns are
# columns that tell rows apart; others are called something and "id" at the end
_IDS = ("id", "_id", "uuid", "guid", "row_id", "rowid", "record_id", "example_id", "sample_id", "item_id")
_ID = re.compile(r"(?:[_\s.-][iI][dD]|[a-z]I[dD])$")


def choose(
    columns: Sequence[str], *, input: str | None, target: str | None, where: str, ask: Ask | None = None,
    rows: Iterable[Mapping[str, Any]] = (), folder: Path | None = None,
) -> Roles:  # fmt: skip
    """Columns named by the user, by name or by number from 1 (`input` several, with commas between them), else those
    that the model learned from, else those with usual names, else what the values in the first `rows` leave no doubt
    about; DataError lists the columns there are. Names of files in a column nobody named must lie in the `folder`."""
    ask = ask or Ask()
    roles, rows = acting.of_records(columns, rows, ask, input=input, target=target, where=where)
    if roles is not None:
        return roles
    if target is None and ask.learned is None:
        check_no_boxes(columns, where)
    learned = ask.learned if input is None else None
    wanted = _inputs(columns, input, where) if learned is None else _learned(columns, learned, where)
    seen, why, guessed = list[Mapping[str, Any]](), "", False
    if target is None and ask.learned is not None:
        target = _learned_target(columns, ask.learned, wanted, where)
    several = _several(columns, target, where)
    named = None if several else _named(columns, target, "target", where)
    if input is None and learned is None and ask.whole is not False:
        seen, answers = _whole_or_not(columns, wanted, (named, *several), ask, rows)
        if answers is not None:
            return _whole(columns, answers, target, where, ask, seen)
    if input is None and learned is None and letter_rows.has_sequence_name(columns):
        seen = seen or list(islice(rows, guess_columns.LOOK))
        found = letter_rows.sequence_column(columns, seen, sure=bool(wanted))
        wanted = (found,) if found is not None else wanted
    named_files = input is None and learned is None and _both(columns, wanted)
    usual_label = _usual(columns, (*_TARGETS, *_TAGGED)) is not None
    if named_files or not wanted or (target is None and not (usual_label and named_so(columns) is None)):
        seen = seen or list(islice(rows, guess_columns.LOOK))
    if named_files and not guess_columns.are_media([row.get(wanted[0]) for row in seen]):
        texts = [column for column in columns if column.strip().lower() not in _NAMING]
        wanted, why = _inputs(texts, None, where), f"'{wanted[0]}' names no picture"
    if not wanted:
        open_to = [c for c in columns if c not in (named, *several)]
        wanted = _guessed(open_to, columns, seen, where, folder)
        why, guessed = "the only column of such values", True
    words = len(wanted) == 1 and (wanted[0].strip().lower() in _WORDS or (named or "").strip().lower() in _TAGGED)
    both = next((name for name in (named, *several) if name is not None and name in wanted), None)
    if both is not None:
        raise one_column(both, where, learned=ask.learned is not None and ask.input is None)
    usual = (*_TAGGED, *_TARGETS) if words else _TARGETS
    answer = named or (None if several else _usual([c for c in columns if c not in wanted], usual))
    said = None if target is not None or ask.learned is not None else transcripts(columns, wanted, seen)
    notes = () if said is None or answer is None else (told(answer, said),)
    answer = answer or said
    seen = seen or list(islice(rows, _FEW))
    free = [c for c in columns if c not in (answer, *several, *wanted)]
    split = _usual(free, _SPLITS) or _set_column(free, seen)
    validation = _usual(free, ("validation",)) if split is not None else None
    if target is None and answer is None and ask.learned is None and not words:
        maybe = guess_columns.targets([c for c in columns if c not in (*wanted, split, ask.id, *ask.apart)], seen)
        answer, why = (maybe[0], "the only column of such values") if len(maybe) == 1 else (None, why)
    of_letters = answer is not None and len(wanted) == 1 and not words
    of_letters = of_letters and letter_rows.are_of_letters(seen, wanted[0], str(answer))
    mask = letter_rows.mask_column(seen, free, wanted[0]) if of_letters else None
    taken = (*wanted, *several, answer, split, validation, mask)
    cells = len(wanted) > 1 and input is not None and ask.whole is None and whole_rows.are_cells(wanted, seen)
    id = _id([c for c in columns if c not in taken], columns, ask, where)
    if input is None and learned is None and ask.whole is None and not words and len(wanted) == 1:
        free = [c for c in columns if c not in (*taken, *ask.apart, id)]
        notes += whole_rows.beside_text(wanted[0], free, seen, where, sure=not (guessed and (answer or several)))
    kept, unused = _kept(columns, ask.keep, id, where), tuple(c for c in columns if c not in (*taken, ask.id))
    return Roles(
        wanted, answer, split, words, id, kept, several, unused, why, notes, of_letters=of_letters,
        mask=mask, validation=validation, named=bool(ask.whole) or cells or (learned is not None and learned.whole),
    )  # fmt: skip


def _whole_or_not(
    columns: Sequence[str], wanted: Sequence[str], named: Sequence[str | None], ask: Ask,
    rows: Iterable[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], tuple[str, ...] | None]:  # fmt: skip
    """Rows that were looked at, and the columns of the label where the table is to be read whole; None where not."""
    answers = tuple(name for name in named if name is not None)
    usual = _usual([c for c in columns if c not in wanted], _TARGETS) if not answers else None
    answers = answers or (() if usual is None else (usual,))
    if wanted and not ask.whole and wanted[0].strip().lower() not in _ANY:
        return [], None
    seen = list(islice(rows, guess_columns.LOOK))
    open_to = [c for c in columns if c not in ask.apart and c != ask.id]
    return seen, answers if ask.whole or whole_rows.is_whole(open_to, wanted, answers, seen) else None


def _whole(
    columns: Sequence[str], answers: Sequence[str], target: str | None, where: str, ask: Ask,
    rows: Sequence[Mapping[str, Any]],
) -> Roles:  # fmt: skip
    """The roles in a table whose other columns are all cells of the row."""
    free = [c for c in columns if c not in answers]
    split = _usual(free, _SPLITS) or _set_column(free, rows)
    validation = _usual(free, ("validation",)) if split is not None else None
    taken = (*answers, split, validation)
    id = _id([c for c in columns if c not in taken], columns, ask, where)
    apart = (*taken, *ask.apart, id)
    inputs = tuple(c for c in columns if c not in apart)
    if not inputs:
        found, fix = "columns " + ", ".join(columns), "give a table with columns beside the label"
        raise DataError(724, "the table has no column to learn from", where=where, found=found, fix=fix)
    several = tuple(answers) if len(answers) > 1 else ()
    unused = () if id is None or id == ask.id else (f"{id}",)
    return Roles(
        inputs, None if several or not answers else answers[0], split, False, id, _kept(columns, ask.keep, id, where),
        several, unused, validation=validation, named=True,
    )  # fmt: skip


def _set_column(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """A column called set, if it says parts and nothing else."""
    name = _usual(columns, ("set",))
    if name is None:
        return None
    words = {str(row.get(name) or "").strip() for row in rows} - {""}
    return name if words and all(split_of(word) is not None for word in words) else None


def check_names(columns: Sequence[str], path: Path) -> None:
    """DataError if two columns have one name."""
    if twice := sorted(name for name, count in Counter(columns).items() if count > 1):
        fix = "rename one of them"
        raise DataError(254, "two columns have the same name", where=path.name, found=f"'{twice[0]}'", fix=fix)


def one_column(name: str, where: str, *, learned: bool = False) -> DataError:
    """The error for an input and a target that are the same column; `learned`: a model reads it."""
    fix = "name the column that holds what is to be predicted"
    fix = f"the model reads this column: learn {name} with --from scratch, or name another column" if learned else fix
    return DataError(213, "the input and the target are one column", where=where, found=f"'{name}'", fix=fix)


def is_usual(column: str) -> bool:
    """Is this what people call an input, label or split column?"""
    return column.strip().lower() in (*_INPUTS, *_INPUTS_LATE, *_WORDS, *_TARGETS, *_TAGGED, *_SPLITS)


def _inputs(columns: Sequence[str], names: str | None, where: str) -> tuple[str, ...]:
    """The columns meant by "text" or "title,text", else those with a usual name; () if there are none."""
    if names is not None:
        several = [names] if names in columns else [name.strip() for name in names.split(",")]
        return tuple(name for one in several if (name := _named(columns, one, "input", where)) is not None)
    words = _usual(columns, _WORDS)
    if words is not None and _usual(columns, _TAGGED) is not None:
        return (words,)
    found = _usual(columns, (*_INPUTS, *_INPUTS_LATE, *_WORDS))
    title = _usual(columns, ("title",))
    asked = _usual(columns, ("instruction",))
    if found is not None and asked is not None and found.strip().lower() == "input":
        return (asked, found)
    if found is not None and title is not None and found.strip().lower() in _WITH_TITLE:
        return (title, found)
    return () if found is None else (found,)


def _both(columns: Sequence[str], wanted: Sequence[str]) -> bool:
    """Is the input a column that may name files, while another one may be the text?"""
    naming = len(wanted) == 1 and wanted[0].strip().lower() in _NAMING
    return naming and _usual(columns, _WRITTEN) is not None


def _learned(columns: Sequence[str], learned: Learned, where: str) -> tuple[str, ...]:
    """The inputs of the model in this table, else those with a usual name where that is enough."""
    found = [(name, _same(columns, name)) for name in learned.inputs]
    lacking = [name for name, column in found if column is None]
    if not lacking:
        return tuple(column for _, column in found if column is not None)
    if not learned.needed:
        return _inputs(columns, None, where)
    raise _not_there(columns, lacking[0], "input", where)


def _learned_target(columns: Sequence[str], learned: Learned, inputs: Sequence[str], where: str) -> str | None:
    """The label column of the model in this table; None if it has none and needs none."""
    names = [] if learned.target is None else [learned.target]
    if learned.target is not None and _same(columns, learned.target) is None:
        names = learned.target.split(",")
    found = [column for name in names if (column := _same(columns, name)) is not None and column not in inputs]
    if names and len(found) == len(names):
        return ",".join(found)
    if learned.labelled:
        raise _not_there(columns, str(learned.target), "target", where)
    return None


def _not_there(columns: Sequence[str], name: str, role: str, where: str) -> DataError:
    """The error for a column that the model learned from and the table lacks."""
    found, fix = "columns " + ", ".join(columns), f"name the column with --{role}: {nearest(name, columns)}"
    return DataError(216, f"no column '{name}', which the model learned from", where=where, found=found, fix=fix)


def _same(columns: Sequence[str], name: str) -> str | None:
    """The column of this name, else the only one that differs from it in capitals and outer spaces alone, else the one
    of this number."""
    if name in columns:
        return name
    alike = [column for column in columns if _folded(column) == _folded(name)]
    if len(alike) == 1:
        return alike[0]
    return columns[int(name) - 1] if name.isdecimal() and 1 <= int(name) <= len(columns) else None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _id(free: Sequence[str], columns: Sequence[str], ask: Ask, where: str) -> str | None:
    """The column that tells rows apart: as asked for, as the model knows it, else one that is called so."""
    if ask.id is not None:
        return _named(columns, ask.id, "id", where)
    known = None if ask.learned is None or ask.learned.id is None else _same(columns, ask.learned.id)
    endings = [column for column in free if _ID.search(column.strip())]
    return known or _usual(free, _IDS) or (endings[0] if len(endings) == 1 else None)


def _kept(columns: Sequence[str], keep: str | None, id: str | None, where: str) -> tuple[str, ...]:
    """The columns that stay with an answer."""
    if keep is None:
        return ()
    if keep == "all":
        return tuple(columns)
    if keep == "id" and (id is not None or "id" not in columns):
        return () if id is None else (id,)
    names = [keep] if keep in columns else [name.strip() for name in keep.split(",")]
    return tuple(name for one in names if (name := _named(columns, one, "keep", where)) is not None)


def _several(columns: Sequence[str], names: str | None, where: str) -> tuple[str, ...]:
    """The columns meant by "toxic,rude"; () for one column or none."""
    if names is None or names in columns or "," not in names:
        return ()
    found = [_named(columns, one.strip(), "target", where) for one in names.split(",")]
    return tuple(name for name in found if name is not None)


def _guessed(
    open_to: Sequence[str], columns: Sequence[str], rows: Sequence[Mapping[str, Any]], where: str, folder: Path | None
) -> tuple[str, ...]:
    """The one column whose values may be the input; DataError if there is none, or several."""
    maybe = guess_columns.inputs(open_to, rows)
    if len(maybe) > 1 and folder is not None:  # beside texts, names of files that are not there are no input
        maybe = [name for name in maybe if not guess_columns.are_lost_files([row.get(name) for row in rows], folder)]
    if len(maybe) != 1:
        fix = f"pass --input {alternatives(maybe)}, or several with commas" if maybe else "pass --input COLUMN"
        found = "columns " + ", ".join(columns)
        raise DataError(211, "cannot tell which column is the input", where=where, found=found, fix=fix)
    return tuple(maybe)


def _named(columns: Sequence[str], name: str | None, role: str, where: str) -> str | None:
    if name is None or name in columns:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(columns):
        return columns[int(name) - 1]
    found, fix = "columns " + ", ".join(columns), f"for --{role}: {nearest(name, columns)}"
    raise DataError(212, f"no column '{name}'", where=where, found=found, fix=fix)


def _usual(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {c.strip().lower(): c for c in columns}
    return next((lower[name] for name in names if name in lower), None)
