"""Numbers in boxes: tiles, facts, tables and confusion matrices."""

import numpy as np

from headstart.core.formatting import escape, is_number, isolated, readable, shorten
from headstart.reports.blocks import Facts, KeyNumbers, Matrix, Number, Table
from headstart.reports.draw.terms import term

ROWS = 200  # rows of a table that a page shows; the rest stay in report.json
CLASSES = 20  # a confusion matrix with more classes is told by its most confused pairs
PAIRS = 15
NAMING = ("score", "start", "figure")  # first columns whose cells are names that headstart gave


def tiles(block: KeyNumbers) -> str:
    """A handful of figures, large, each with its interval."""
    return f'<ul class="tiles">{"".join(_tile(number) for number in block.numbers)}</ul>'


def _tile(number: Number) -> str:
    notes = [number.note] if number.note else []
    interval = ""
    if number.low is not None and number.high is not None:
        interval = f"{readable(number.low, number.format)} to {readable(number.high, number.format)}<br>"
        notes.append("95 % interval")
    value = isolated(readable(number.value, number.format))
    foot = f"<span>{interval}{isolated(' · '.join(notes))}</span>"
    return f"<li><span>{term(number.name)}</span><b>{value}</b>{foot}</li>"


def facts(block: Facts) -> str:
    """Names and values side by side."""
    rows = (f"<div><dt>{term(name)}</dt><dd>{isolated(readable(value))}</dd></div>" for name, value in block.rows)
    return f'<dl class="facts">{"".join(rows)}</dl>'


def table(block: Table) -> str:
    """A table that scrolls inside its own box; columns of numbers are right-aligned."""
    columns = zip(*block.rows, strict=True) if block.rows else [("",)] * len(block.columns)
    numeric = [all(value is None or is_number(value) for value in column) for column in columns]
    specs = [block.formats.get(name, "") for name in block.columns]
    head = "".join(
        f'<th scope="col" {_width(name, numeric=numeric[i])} >{term(name)}</th>' for i, name in enumerate(block.columns)
    )
    rows = []
    for row in block.rows[:ROWS]:
        words = [readable(value, spec if is_number(value) else "") for value, spec in zip(row, specs, strict=True)]
        cells = [f"<td {_width(text, numeric=numeric[i])}>{isolated(text)}</td>" for i, text in enumerate(words)]
        if block.columns[0] in NAMING:
            cells[0] = f"<td {_width(words[0], numeric=False)}>{term(words[0])}</td>"
        rows.append(f"<tr>{''.join(cells)}</tr>")
    left = len(block.rows) - ROWS
    hint = f'<p class="hint">{left:,} more rows are in report.json.</p>' if left > 0 else ""
    empty = '<p class="empty">No rows.</p>' if not block.rows else ""
    return _boxed(block.caption, f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>", "", empty + hint)


def _width(text: str, *, numeric: bool) -> str:
    """Short words stay on one line, long ones wrap in a column wide enough to read."""
    return 'class="number"' if numeric else 'class="short"' if len(text) <= 28 else 'class="long"'


def matrix(block: Matrix) -> str:
    """Confusion matrix as a heat table, or, with many classes, its most confused pairs."""
    counts = np.asarray(block.counts, dtype=np.int64).reshape(len(block.classes), len(block.classes))
    right, total = int(np.trace(counts)), int(counts.sum())
    hint = f'<p class="hint">{right:,} of {total:,} right ({_share(right, total)}). '
    if len(block.classes) > CLASSES:
        hint += f"{len(block.classes)} classes: the most confused pairs are shown.</p>"
        return _boxed(block.name, _pairs(block, counts), "confusions", hint)
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
    corner = '<th class="corner">answer →<br>truth ↓</th>'
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
    share = wrong / np.maximum(counts.sum(1, keepdims=True), 1)  # [C, C]
    largest = max(float(share.max()), 1e-9)
    rows = []
    for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[i, j]:
            total = int(counts[i].sum())
            names = [shorten(block.classes[k], 80) for k in (int(i), int(j))]
            words = "".join(f"<td {_width(name, numeric=False)}>{isolated(name)}</td>" for name in names)
            bar = f'<i class="bar" style="--part:{share[i, j] / largest:.2f}"></i>'
            part = f'<td class="share">{bar}{_share(int(wrong[i, j]), total)}</td>'
            rows.append(f'<tr>{words}<td class="number">{wrong[i, j]:,}</td>{part}</tr>')
    columns = '<th scope="col">truth</th><th scope="col">answer</th><th scope="col" class="number">count</th>'
    columns += '<th scope="col">share of the true class</th>'
    return f"<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else readable(None)


def _boxed(caption: str, inside: str, kind: str, below: str) -> str:
    """A table in a box of its own that scrolls where the page is narrow; reachable by keyboard."""
    head = f"<figcaption>{isolated(caption)}</figcaption>" if caption else ""
    label = escape(caption or "a table")
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>{inside}</table></div>'
    return f'<figure class="table {kind}">{head}{box}{below}</figure>'
