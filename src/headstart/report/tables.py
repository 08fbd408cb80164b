"""Numbers in boxes: tiles, facts, tables and confusion matrices."""

from __future__ import annotations

import numpy as np

from headstart.report.blocks import Facts, KeyNumbers, Matrix, Number, Table
from headstart.report.text import escape, is_number, isolated, readable, shorten

ROWS = 200  # rows of a table that a page shows; the rest stay in report.json
CLASSES = 20  # a confusion matrix with more classes is told by its most confused pairs
PAIRS = 15


def tiles(block: KeyNumbers) -> str:
    """A handful of figures, large, each with its interval."""
    return f'<ul class="tiles">{"".join(_tile(number) for number in block.numbers)}</ul>'


def _tile(number: Number) -> str:
    interval = ""
    if number.low is not None and number.high is not None:
        bounds = f"{readable(number.low, number.format)} – {readable(number.high, number.format)}"
        interval = f'<span class="interval">95 %: {escape(bounds)}</span>'
    note = f'<span class="hint">{isolated(number.note)}</span>' if number.note else ""
    value = escape(readable(number.value, number.format))
    return f'<li><span class="name">{isolated(number.name)}</span><b>{value}</b>{interval}{note}</li>'


def facts(block: Facts) -> str:
    """Names and values side by side."""
    rows = (f"<div><dt>{isolated(name)}</dt><dd>{isolated(readable(value))}</dd></div>" for name, value in block.rows)
    return f'<dl class="facts">{"".join(rows)}</dl>'


def table(block: Table) -> str:
    """A table that scrolls inside its own box; columns of numbers are right-aligned."""
    numeric = [all(row[i] is None or is_number(row[i]) for row in block.rows) for i in range(len(block.columns))]
    side = ['class="number"' if each else "" for each in numeric]
    specs = [block.formats.get(name, "") for name in block.columns]
    head = "".join(f'<th scope="col" {side[i]}>{isolated(name)}</th>' for i, name in enumerate(block.columns))
    rows = []
    for row in block.rows[:ROWS]:
        cells = (
            f"<td {side[i]}>{isolated(readable(value, specs[i] if is_number(value) else ''))}</td>"
            for i, value in enumerate(row)
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    left = len(block.rows) - ROWS
    hint = f'<p class="hint">{left:,} more rows are in report.json.</p>' if left > 0 else ""
    empty = '<p class="empty">No rows.</p>' if not block.rows else ""
    return _boxed(block.caption, f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>", "", empty + hint)


def matrix(block: Matrix) -> str:
    """Confusion matrix as a heat table, or, with many classes, its most confused pairs."""
    counts = np.asarray(block.counts, dtype=np.int64).reshape(len(block.classes), len(block.classes))
    right, total = int(np.trace(counts)), int(counts.sum())
    hint = f'<p class="hint">{right:,} of {total:,} right ({_share(right, total)}). '
    if len(block.classes) > CLASSES:
        hint += f"{len(block.classes)} classes: the most confused pairs are shown.</p>"
        return _boxed(block.name, _pairs(block, counts), "pairs", hint)
    hint += "Rows: the truth. Columns: the answer. Shade: share of the row.</p>"
    return _boxed(block.name, _heat(block, counts), "matrix", hint)


def _heat(block: Matrix, counts: np.ndarray) -> str:
    """Every count on a shade that grows with its share of the true class. counts [C, C]."""
    upright = 'class="upright"' if any(len(name) > 4 for name in block.classes) else ""
    names = [f'title="{escape(name)}"><span>{isolated(shorten(name, 40))}</span>' for name in block.classes]
    head = "".join(f'<th scope="col" {upright} {name}</th>' for name in names)
    rows = []
    for i, name in enumerate(names):
        total = int(counts[i].sum())
        cells = "".join(_cell(int(count), total, right=i == j) for j, count in enumerate(counts[i]))
        recall = f'<td class="recall">{_share(int(counts[i, i]), total)}</td>'
        rows.append(f'<tr><th scope="row" {name}</th>{cells}{recall}</tr>')
    corner = '<th class="corner">truth ↓ answer →</th>'
    last = '<th scope="col" class="recall">found</th>'
    return f"<thead><tr>{corner}{head}{last}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _cell(count: int, total: int, *, right: bool) -> str:
    if not count:
        return '<td class="none">·</td>'
    # square root: one error in a hundred must still be seen
    shade = round(100 * (count / total) ** 0.5)
    strong = " strong" if shade > 55 else ""
    return f'<td class="{"right" if right else "wrong"}{strong}" style="--shade:{shade}%">{count:,}</td>'


def _pairs(block: Matrix, counts: np.ndarray) -> str:
    """The largest counts off the diagonal. counts [C, C]."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    rows = []
    for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[i, j]:
            total = int(counts[i].sum())
            truth, answer = (isolated(shorten(block.classes[k], 80)) for k in (i, j))
            bar = f'<i class="bar" style="--part:{100 * wrong[i, j] / total:.1f}%"></i>'
            figures = f'<td class="number">{wrong[i, j]:,}</td><td class="share">{bar}{_share(wrong[i, j], total)}</td>'
            rows.append(f"<tr><td>{truth}</td><td>{answer}</td>{figures}</tr>")
    columns = '<th scope="col">truth</th><th scope="col">answer</th><th scope="col" class="number">count</th>'
    columns += '<th scope="col">share of the true class</th>'
    return f"<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else readable(None)


def _boxed(caption: str, inside: str, kind: str, below: str) -> str:
    """A table in a box of its own that scrolls where the page is narrow; reachable by keyboard."""
    head = f"<figcaption>{isolated(caption)}</figcaption>" if caption else ""
    label = escape(caption or "table")
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>{inside}</table></div>'
    return f'<figure class="table {kind}">{head}{box}{below}</figure>'
