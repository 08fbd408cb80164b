"""Lists of kinds and verbs in the pages are those of the catalog: none is missing, and none is there that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from headstart.commands import names
from headstart.core import catalog
from tests.helpers.programs import ROOT

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").rglob("*.md"))]
VERBS = names()
NAME = re.compile(r"`([a-z_0-9]+)`")
ROWS = ("objectives", "backbones", "modalities", "tasks", "tunings")  # of the table in the readmes; verbs come last
MOST = 0.6  # a table or a sentence that names so large a share of a family is a list of it


def kinds_of(family: str) -> set[str]:
    return set(VERBS) if family == "verbs" else set(catalog.kinds(family))


def tables(text: str) -> Iterator[list[list[str]]]:
    """Cells of every table, by row, without its head."""
    for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        yield rows[2:]


def lists(text: str) -> Iterator[list[str]]:
    """Names in the first column of each table, in each row of it, and in each sentence outside of tables and code."""
    for rows in tables(text):
        yield [name for row in rows for name in NAME.findall(row[0])]
        for row in rows:
            yield NAME.findall(" ".join(row))
    prose = re.sub(r"^\|.*\|$|^```.*?^```", "\n", text, flags=re.MULTILINE | re.DOTALL)
    for sentence in re.split(r"\n\s*\n|\. |^- ", prose, flags=re.MULTILINE):
        yield NAME.findall(sentence)


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_table_of_a_readme_is_the_catalog(readme: Path) -> None:
    table = next(rows for rows in tables(readme.read_text("utf-8")) if len(rows) == len(ROWS) + 1)
    for family, (_, listed) in zip(ROWS, table, strict=False):
        assert sorted(NAME.findall(listed)) == catalog.kinds(family), family
    assert sorted(re.split(r"[,、 ]+", table[-1][1])) == sorted(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_lists_most_of_a_family_lists_all_of_it(page: Path) -> None:
    short = []
    for listed in map(set, lists(page.read_text("utf-8"))):
        for family in {*catalog.FAMILIES, "verbs"} - {"backbones"}:  # those are listed by use
            kinds = kinds_of(family)
            if len(kinds) > 3 and MOST * len(kinds) <= len(listed & kinds) < len(kinds):
                short.append(f"{family} without {sorted(kinds - listed)}")
    assert not short, short


def test_tables_of_a_page_have_every_kind_of_its_families() -> None:
    homes = {"objectives": "pretraining.md", "backbones": "pretraining.md", "tasks": "finetuning.md"}
    homes |= {"tunings": "finetuning.md", "sources": "data.md"}
    for family, page in homes.items():
        cells = [row[0] for rows in tables((ROOT / "docs" / page).read_text("utf-8")) for row in rows]
        assert kinds_of(family) <= set(NAME.findall(" ".join(cells))), f"no table of {page} has all {family}"


def test_what_is_planned_is_not_there_yet() -> None:
    there = {name for family in (*catalog.FAMILIES, "verbs") for name in kinds_of(family)}
    concepts = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    planned = re.findall(r"^Not yet: .*?(?:\n\n|\Z)", concepts, re.MULTILINE | re.DOTALL)
    assert planned
    for readme in READMES:
        planned += [" ".join(row) for rows in list(tables(readme.read_text("utf-8")))[1:2] for row in rows]
    assert not {word for text in planned for word in re.findall(r"[\w-]+", text)} & there - {"text", "image"}
