"""A protection of the source taken away on purpose, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.helpers.programs import ROOT


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `file` (below src/headstart) the text `old` becomes `new`; one of the `tests` of the default tier must fail.

    tests  paths below tests/, each with ::NAME or ::NAME[CASE] where one test is enough
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def place(self, root: Path = ROOT) -> Path:
        return root / "src" / "headstart" / self.file

    def apply(self, root: Path) -> str:
        """Change the source below a root; returns what was there before. ValueError unless the text is there once."""
        before = self.place(root).read_text("utf-8")
        if before.count(self.old) != 1:
            raise ValueError(f"{self.name}: its text is {before.count(self.old)} times in {self.file}, expected once")
        self.place(root).write_text(before.replace(self.old, self.new), "utf-8")
        return before


def mutant(name: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, file, old, new, tests)
