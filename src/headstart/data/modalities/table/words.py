"""What is said of the columns of a table before time is spent: one phrase a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headstart.data.modalities.table.column import Column

_SHOWN = 8
_PLURAL = {"number": "numbers", "category": "categories", "date": "dates", "text": "texts"}


def phrases(columns: Sequence[Column], left: Mapping[str, str]) -> list[str]:
    """ "6 columns as numbers: age, fnlwgt, ..."; "1 column left out (id): row"."""
    named: dict[str, list[str]] = {}
    for kind, words in _PLURAL.items():
        named[f"as {words}"] = [one.name for one in columns if one.kind == kind]
    for name, why in left.items():
        named.setdefault(f"left out ({why})", []).append(name)
    return [f"{len(names):,} column{'s' * (len(names) != 1)} {how}: {_some(names)}" for how, names in named.items()
            if names]  # fmt: skip


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
