"""The table of docs/errors.md, read from the source: `python -m tests.helpers.error_table` writes it anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.programs import ROOT

SOURCE, PAGE = ROOT / "src" / "headstart", ROOT / "docs" / "errors.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
TABLE = re.compile(f"{BEGIN}\n(.*?){END}", re.DOTALL)
LITERAL = re.compile(r"error\[HS-([A-Z])(\d+)\]: (.+?)\. fix:")


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One error as the source raises it."""

    letter: str
    number: int
    what: str
    exit_code: str
    wing: str


def entries() -> list[Entry]:
    """Every error of the source, by letter and number."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
    classes = _classes(trees.values())
    found = {entry for path, tree in trees.items() for entry in _of_file(path, tree, classes)}
    return sorted(found)


def table() -> str:
    """The table as Markdown."""
    lines = ["| code | exit | what | wing |", "|---|---|---|---|"]
    for entry in entries():
        what = entry.what.replace("|", "\\|")
        lines.append(f"| `HS-{entry.letter}{entry.number}` | {entry.exit_code} | {what} | {entry.wing} |")
    return "\n".join(lines) + "\n"


def _classes(trees: object) -> dict[str, tuple[str, str]]:
    """Error class -> (letter, exit code), also for classes that inherit both."""
    known = {"HeadstartError": ("X", "70")}
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]  # pyright: ignore[reportGeneralTypeIssues]
    for _ in range(3):  # deeper than any inheritance here
        for node in nodes:
            parents = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in known]
            if parents:
                known[node.name] = _settings(node, known[parents[0]])
    return known


def _settings(node: ast.ClassDef, inherited: tuple[str, str]) -> tuple[str, str]:
    letter, exit_code = inherited
    for line in node.body:
        if isinstance(line, ast.Assign):
            names = [n.id for target in line.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
            values = [v.value for v in ast.walk(line.value) if isinstance(v, ast.Constant)]
            given = dict(zip(names, values, strict=False))
            letter, exit_code = str(given.get("letter", letter)), str(given.get("exit_code", exit_code))
    return letter, exit_code


def _of_file(path: Path, tree: ast.Module, classes: dict[str, tuple[str, str]]) -> Iterator[Entry]:
    wing = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for letter, number, what in LITERAL.findall(node.value):
                yield Entry(letter, int(number), what, _exit_code(number, classes, letter), wing)
        if isinstance(node, ast.JoinedStr):
            for letter, number, what in LITERAL.findall(_text(node)):
                yield Entry(letter, int(number), what, _exit_code(number, classes, letter), wing)
        if isinstance(node, ast.ClassDef) and node.name in classes:
            for call in (c for c in ast.walk(node) if isinstance(c, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                    yield from _of_call(call, *classes[node.name], wing)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
            yield from _of_call(node, *classes[node.func.id], wing)


def _of_call(call: ast.Call, letter: str, exit_code: str, wing: str) -> Iterator[Entry]:
    match call.args:
        case [ast.Constant(value=int(number)), what, *_]:
            code = "130 or 143" if (letter, number) == ("X", 130) else exit_code
            yield Entry(letter, number, _text(what), code, wing)


def _exit_code(number: str, classes: dict[str, tuple[str, str]], letter: str) -> str:
    """Exit code of an error that is printed without a class."""
    return number if number in ("130", "143") else dict(classes.values())[letter]


def _text(node: ast.expr) -> str:
    """A message as far as the source says it; what is filled in at run time stands as `...`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)} / {_text(node.orelse)}"
    return "..."


if __name__ == "__main__":
    PAGE.write_text(TABLE.sub(lambda _: f"{BEGIN}\n{table()}{END}", PAGE.read_text("utf-8")), "utf-8")
