"""Run a notebook without Jupyter and write what its cells show: `python -m tests.helpers.notebooks IN OUT.html`."""

from __future__ import annotations

import ast
import html
import json
import sys
import types
from pathlib import Path
from typing import Any


def cells_of(path: Path) -> list[tuple[str, str]]:
    """Kind and text of every cell."""
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(path.read_text("utf-8"))["cells"]]


def shown(value: Any) -> str:
    """What Jupyter shows of the last line of a cell."""
    if "_repr_html_" in dir(value):
        return value._repr_html_()
    return "" if value is None else f"<pre>{html.escape(repr(value))}</pre>"


def run(path: Path) -> list[str]:
    """Run all cells in a `__main__` of their own; the page, cell by cell."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    page = []
    for kind, text in cells_of(path):
        if kind != "code":
            page.append(f"<p>{html.escape(text)}</p>")
            continue
        page.append(f'<pre style="background:#8882;padding:.5em">{html.escape(text)}</pre>')
        *lines, last = ast.parse(text, str(path)).body
        if not isinstance(last, ast.Expr):
            lines.append(last)
        exec(compile(ast.Module(lines, []), str(path), "exec"), vars(module))
        if isinstance(last, ast.Expr):
            page.append(shown(eval(compile(ast.Expression(last.value), str(path), "eval"), vars(module))))
    return page


if __name__ == "__main__":
    Path(sys.argv[2]).write_text("<meta charset=utf-8>\n" + "\n".join(run(Path(sys.argv[1]))), "utf-8")
