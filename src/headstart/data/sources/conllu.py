"""CoNLL-U files, with columns of roles or without, and CoNLL-2009: trees, of which words, tags and roles are read."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.opening.compressed import inner_name
from headstart.data.reading import conll_columns
from headstart.data.reading.conll_columns import Block, Rows, blocks
from headstart.data.reading.dependency_columns import (
    CONLL_2009,
    FEATURES,
    UNIVERSAL,
    has_trees,
    layout,
    tree_form,
    words,
)
from headstart.data.reading.role_columns import RoleColumns, role_columns
from headstart.data.reading.table_columns import one_column
from headstart.data.reading.word_rows import marked
from headstart.data.records import Words

_SUFFIXES = (".conllu", ".conllup", ".conllx", ".conll09", ".conll2009")


class Conllu:
    """Sentences of a CoNLL-U file: its words and a column of tags, or the roles.

    `target` is upos, xpos, feats, deprel or the number of a column; by default the roles where the file has any, else
    upos. `input` is form or lemma. Multiword tokens (3-4) and empty nodes (5.1) are passed over.

    Roles stand behind the ten columns: one marks predicates, and each has a column with its role at the head of every
    argument (Universal Propositions); so they do in CoNLL-2009. A role then is a span of one word. A sentence whose
    tags are all "_" has none.
    """

    form: ClassVar = "table"
    roles: ClassVar = None
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access, *, input: str | None = None, target: str | None = None) -> None:
        self.path, self._budget = path, access.budget
        self._form = tree_form(path, access.budget)
        found = layout(path, access.budget)
        old = inner_name(path).endswith((".conll09", ".conll2009"))
        self._layout = found or (CONLL_2009 if old else UNIVERSAL)
        self._word = self._layout.column(input or "form", "input", path)
        self._tag = self._layout.column(target or "upos", "target", path)
        self._roles = self._found_roles() if target is None else None
        if self._word == self._tag:
            raise one_column(str(target), path.name)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if not isinstance(given, Path) or not given.is_file():
            return False
        return inner_name(given).endswith(_SUFFIXES) or (
            inner_name(given).endswith(".conll") and has_trees(given, access.budget)
        )

    def account(self) -> Account:
        label = "roles of predicates" if self._roles is not None else f"column {self._tag + 1}"
        read = Used(what=f"column {self._word + 1} of {self.path.name}", role="words")
        return Account(used=(read, Used(what=label, role="label")))

    def examples(self) -> Iterator[dict[str, Any]]:
        return conll_columns.examples(self.path, self._form, self._example, self._budget)

    def _example(self, every: Rows, where: str) -> dict[str, Any]:
        conll_columns.too_long(every, where)
        rows = words(every, where)
        short = min(len(row) for row in rows)
        if short < self._layout.columns:
            raise conll_columns.misfit(where, f"a line of {short} columns", f"{self._layout.columns} or more")
        made = tuple(row[self._word] for row in rows)
        if self._roles is not None:
            label = self._roles.label(rows, where)
            return {"input": Words(made, marked(label)), "label": label}
        tags = [row[self._tag] for row in rows]
        unknown = set(tags) == {"_"} and self._tag != self._layout.fields[FEATURES]
        return {"input": Words(made)} if unknown else {"input": Words(made), "label": tags}

    def _found_roles(self) -> RoleColumns | None:
        if self._layout is CONLL_2009:  # FILLPRED marks the predicates also where nobody says which they are
            return RoleColumns(predicate=12, begin=14, style="heads")
        looked = []
        for block in islice(blocks(self.path, self._form, self._budget), conll_columns.LOOK):
            try:
                looked.append(Block(block.line, words(block.rows, self.path.name)))
            except DataError:  # said where the sentence is read
                continue
        return role_columns(looked, self._layout.columns - 1, "heads") if looked else None
