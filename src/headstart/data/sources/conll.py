"""Column files of tagged words or of roles: one token a line, blank lines between sentences, plain or compressed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.opening.compressed import inner_name
from headstart.data.reading import conll_columns
from headstart.data.reading.conll_columns import TAG, Block, Rows, blocks, form, has_tags, is_numbered
from headstart.data.reading.dependency_columns import has_trees
from headstart.data.reading.role_columns import is_2012, role_columns
from headstart.data.reading.table_columns import one_column
from headstart.data.reading.word_rows import marked
from headstart.data.records import Words

_SUFFIXES = (".conll", ".conll2003", ".bio", ".iob", ".iob2", ".tags", "gold_conll")
_LOOSE = (".txt", ".train", ".dev", ".valid", ".test", ".testa", ".testb")  # columns, if they look so


class Conll:
    """Sentences of a column file. `input` and `target` count columns from 1: the word and its tag.

    Files called .txt, .train or .testa are such if their last column holds tags (B-PER, O).

    By default the first column is the word (the second, where the first counts the tokens of every sentence) and the
    last one its tag; a file of one column has words alone. Columns are divided by tabs or, where no line has one, by
    blanks. Lines that begin with `-DOCSTART-`, and comments `# ...` before a sentence, are passed over.

    Where one column marks predicates and each of them has a column of its own behind it, as tags (B-A0 I-A0 O), in
    brackets ((A0* * *)) or at head words, the label is the roles. So it is in CoNLL-2012 files. A sentence with too
    many or too few columns is unreadable.
    """

    form: ClassVar = "table"
    roles: ClassVar = None
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access, *, input: str | None = None, target: str | None = None) -> None:
        self.path, self._budget = path, access.budget
        self._form = form(path, access.budget)
        looked = list(islice(blocks(path, self._form, access.budget), conll_columns.LOOK))
        if not looked:
            raise conll_columns.no_sentence(path)
        width = max(self._form.width, len(looked[0].rows[0]))
        usual = 3 if all(map(is_2012, looked)) else int(is_numbered(looked, 0) and width > 1)
        self._word = usual if input is None else _number(input, width, "input", path)
        self._roles = None if target is not None else role_columns(looked, self._word)
        self._tag = self._form.width - 1 if target is None else _number(target, width, "target", path)
        self._strict = target is None
        if target is not None and self._tag == self._word:
            raise one_column(target, path.name)
        if self._roles is None and self._tag == self._word and _are_tags(looked, self._word):
            found, fix = f"'{looked[0].rows[0][self._word]}'", "give a file with the words in a column before the tags"
            raise DataError(219, "the file has tags and no words", where=path.name, found=found, fix=fix)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if not isinstance(given, Path) or not given.is_file():
            return False
        name = inner_name(given)
        if name.endswith(_LOOSE):
            return has_tags(given, access.budget)
        return name.endswith(_SUFFIXES) and not (name.endswith(".conll") and has_trees(given, access.budget))

    def account(self) -> Account:
        label = "roles of predicates" if self._roles is not None else f"column {self._tag + 1}"
        read = Used(what=f"column {self._word + 1} of {self.path.name}", role="words")
        has_tags = self._roles is not None or self._tag != self._word
        return Account(used=(read, Used(what=label, role="label")) if has_tags else (read,))

    def examples(self) -> Iterator[dict[str, Any]]:
        return conll_columns.examples(self.path, self._form, self._example, self._budget)

    def _example(self, rows: Rows, where: str) -> dict[str, Any]:
        conll_columns.too_long(rows, where)
        if self._roles is not None:
            label = self._roles.label(rows, where)
            return {"input": Words(self._cells(rows, self._word, where), marked(label)), "label": label}
        if self._strict and (wrong := {len(row) for row in rows} - {self._form.width}):
            expected = f"{self._form.width} as in most lines"
            raise conll_columns.misfit(where, f"a line of {min(wrong)} columns", expected)
        words = self._cells(rows, self._word, where)
        if self._tag == self._word:
            return {"input": Words(words)}
        return {"input": Words(words), "label": list(self._cells(rows, self._tag, where))}

    def _cells(self, rows: Rows, column: int, where: str) -> tuple[str, ...]:
        found = tuple(row[column].strip(" ") if len(row) > column else "" for row in rows)
        if "" in found:
            row = rows[found.index("")]
            said = f"nothing in column {column + 1}" if len(row) > column else f"a line of {len(row)} columns"
            raise conll_columns.misfit(where, said, f"a word or tag in column {column + 1}")
        return found


def _number(name: str, width: int, role: str, path: Path) -> int:
    if not name.isdecimal() or not 1 <= int(name) <= width:
        fix = f"for --{role}: count the columns from 1"
        raise DataError(212, f"no column '{name}'", where=path.name, found=f"{width} columns", fix=fix)
    return int(name) - 1


def _are_tags(looked: Sequence[Block], column: int) -> bool:
    """Does every token look like a tag? Then some are no "O", the letter, which is a word too."""
    cells = {row[column] for block in looked for row in block.rows if len(row) > column}
    return cells != {"O"} and all(TAG.fullmatch(cell) for cell in cells)
