"""Bars from zero, and scores in their intervals: a line of words and a line of SVG for every value."""

from dataclasses import replace

from headstart.core.formatting import isolated, readable, shorten
from headstart.reports.blocks import Bars, Intervals
from headstart.reports.draw.axis import Axis, drawable, linear
from headstart.reports.draw.terms import empty, term

TICKS = 3
ROWS = 30  # lines that are drawn; the rest stay in report.json


def bars(block: Bars) -> str:
    """One bar a row, as long as its share of the largest."""
    rows = [(name, value) for name, value in block.rows if drawable(value) and value >= 0]
    largest = max((value for _, value in rows), default=0.0) or 1.0
    lines = [
        _row(
            isolated(shorten(name, 40)),
            f'<rect width="{100 * value / largest:.2f}%" height="100%" rx="2"/>',
            readable(value),
            0,
        )
        for name, value in rows[:ROWS]
    ]
    return _figure(block.name, lines, len(rows) - ROWS, "")


def intervals(block: Intervals) -> str:
    """A point in its interval for every row, all on one axis."""
    rows = [row for row in block.rows if drawable(row[1])]
    if not rows:
        return _figure(block.name, [], 0, "")
    axis = linear([value for row in rows for value in row[1:] if value is not None and drawable(value)], room=0.08)
    if len(axis.ticks) > TICKS:  # a telephone has no room for more
        axis = replace(axis, ticks=axis.ticks[::2])
    lines = []
    for place, (name, value, low, high) in enumerate(rows[:ROWS]):
        bounds, words = "", readable(value, ".3f")
        if low is not None and high is not None and drawable(low) and drawable(high):
            x1, x2 = axis.place(low), axis.place(high)
            bounds = f'<line class="line" x1="{x1:.2f}%" x2="{x2:.2f}%" y1="50%" y2="50%"/>'
            words += f" <small>{readable(low, '.3f')} to {readable(high, '.3f')}</small>"
        point = f'<circle cx="{axis.place(value):.2f}%" cy="50%" r="5"/>'
        lines.append(_row(term(name, 40), _grid(axis) + bounds + point, words, place))
    ticks = "".join(f'<text class="tick" x="{axis.place(tick):.2f}%" y="12">{axis.text(tick)}</text>'
                    for tick in axis.ticks)  # fmt: skip
    scale = f'<li class="scale" aria-hidden="true"><svg>{ticks}</svg></li>'
    return _figure(block.name, lines, len(rows) - ROWS, scale)


def _grid(axis: Axis) -> str:
    places = (f"{axis.place(tick):.2f}%" for tick in axis.ticks)
    return "".join(f'<line class="grid" x1="{at}" x2="{at}" y1="0" y2="100%"/>' for at in places)


def _row(name: str, marks: str, value: str, place: int) -> str:
    """`name` and `value` are markup."""
    return f'<li class="s{place % 10}"><span>{name}</span><svg aria-hidden="true">{marks}</svg><b>{value}</b></li>'


def _figure(name: str, lines: list[str], left: int, scale: str) -> str:
    head = f"<figcaption>{term(name)}</figcaption>" if name else ""
    hint = f'<p class="hint">{left:,} more are in report.json.</p>' if left > 0 else ""
    inside = f'<ul class="bars">{"".join(lines)}{scale}</ul>{hint}' if lines else empty("Nothing to draw.")
    return f'<figure class="chart">{head}{inside}</figure>'
