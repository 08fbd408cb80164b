"""Labels and parts of the files of a folder or an archive: by its folders, by names of files, and by lists of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.file_names import field_asked, field_columns, name_fields
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.folder_layout import Place, is_hidden, places
from headstart.data.reading.name_classes import classes_in, repeated_fields
from headstart.data.reading.part_lists import PartLists, part_lists
from headstart.data.reading.parts import SPLITS


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """Label and part of each of `names`, and how they were found."""

    names: Sequence[str]
    places: Sequence[Place]
    _labelled: Sequence[Used]
    _lists: PartLists
    _notes: Sequence[str]

    def account(self, every: Sequence[str]) -> Account:
        """What `every` file was taken for."""
        parts = [split for split in SPLITS if any(place.split == split for place in self.places)]
        where = self._lists.files or (f"folders of {', '.join(parts)}",)
        used = [Used(what=counted(len(self.names), "data file"), role="input"), *self._labelled]
        used += [Used(what=some(where), role="split")] if parts else []
        left = {name for name in every if not is_hidden(name)} - {*self.names, *self._lists.files}
        return Account(used=tuple(used), unused=files_as(left), notes=tuple(self._notes))


def file_places(
    every: Sequence[str], names: Sequence[str], read: Callable[[str], bytes], target: str | None
) -> FilePlaces:
    """Where `names`, the data files among `every` file, lie. `read` gives the bytes of a list; `target` may ask for a
    field of the file names, as `name:1`. Raises DataError if a name has no such field."""
    lists = part_lists(every, names, read)
    found = [
        place._replace(split=lists.of.get(name, place.split)) for name, place in zip(names, places(names), strict=True)
    ]
    field = field_asked(target)
    if field is not None:
        labels = [_field(name, field) for name in names]
        told = Used(what=f"field {field} of the file names ({some(sorted(set(labels)))})", role="label")
        return FilePlaces(names, _labelled(found, labels), [told], lists, ())
    classes = sorted({place.label for place in found if place.label is not None})
    folders = Used(what=f"{counted(len(classes), 'class folder')} ({some(classes)})", role="label")
    if len({place.label for place in found}) > 1:
        return FilePlaces(names, found, [folders], lists, _other_fields(names, found))
    said = classes_in(names, [place.split for place in found])
    notes = [said.note] if said.note else [] if classes else _offers(names)
    if not any(said.labels):
        return FilePlaces(names, found, [folders] if classes else [], lists, notes)
    words = sorted({label for label in said.labels if label is not None})
    told = Used(what=f"names of files ({some(words)})", role="label", why="each is a word and a number")
    return FilePlaces(names, _labelled(found, said.labels), [told], lists, notes)


def _labelled(found: Sequence[Place], labels: Sequence[str | None]) -> list[Place]:
    return [Place(label, place.split) for label, place in zip(labels, found, strict=True)]


def _field(name: str, number: int) -> str:
    fields = name_fields(name)
    if number > len(fields):
        raise DataError(
            540, "the name of a file has no such field", where=name, found=counted(len(fields), "field"),
            expected=f"field {number} for --target name:{number}", fix="name another field, or move the file away",
        )  # fmt: skip
    return fields[number - 1]


def _offers(names: Sequence[str]) -> list[str]:
    """What is said where nothing tells classes, but names of files have fields that come again."""
    fields = repeated_fields(field_columns(names))
    return [f"nothing is taken as a label; {_told(fields)}; if one is: --target name:N"] if fields else []


def _other_fields(names: Sequence[str], found: Sequence[Place]) -> list[str]:
    """What is said where the folder stands in the names too, as a speaker's does, and other fields come again."""
    columns = field_columns(names)
    fields = repeated_fields(columns)
    folders = [place.label or "" for place in found]
    same = [n for n in fields if all(map(str.endswith, folders, columns[n]))]
    others = {place: values for place, values in fields.items() if place not in same}
    if not same or not others:
        return []
    return [f"the names of the files repeat their folders, and {_told(others)}; if one is the label: --target name:N"]


def _told(fields: Mapping[int, Sequence[str]]) -> str:
    told = "; ".join(f"name:{place} ({some(values)})" for place, values in fields.items())
    return f"fields of the file names come again: {told}"
