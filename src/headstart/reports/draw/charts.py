"""Charts as inline SVG: places in percent, so that a chart fills any width while its letters keep their size."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from headstart.core.formatting import escape, readable, shorten
from headstart.reports.blocks import Chart, Series
from headstart.reports.draw.axis import Axis, drawable, linear, logarithmic
from headstart.reports.draw.terms import term

COLOURS = 10  # classes s0 .. s9 of style.css
HEIGHT = 250  # pixels of a chart's plot, as style.css sets it
MARKERS = 16  # series with more points are lines without markers
DETAIL = 250  # points a drawn line has at most; of more, stretches are drawn as mean and range
ENDING = 20  # letters of a name at the end of its line
# a shape of its own for each series, so that print without colour can be read; centred on 0, 0
SHAPES = ("M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0", "M-3.2-3.2h6.4v6.4h-6.4z", "M0-4.6L4.4 3.2h-8.8z",
          "M0-4.8L4.8 0L0 4.8L-4.8 0z")  # fmt: skip

Point = tuple[float, float, float, float]
"""x, y, low, high of one drawn point; low = high = y where there is no interval."""


def chart(block: Chart) -> str:
    """Lines over a common axis with bands, and each line's name at its end (on a phone: in a legend)."""
    series = [(each, _points(each, log=block.log_x)) for each in block.series]
    points = [point for _, found in series for point in found if point is not None]
    head = f"<figcaption>{term(block.name)}</figcaption>"
    if not points:
        return f'<figure class="chart">{head}<p class="empty">Nothing to draw: no finite values.</p></figure>'
    across, upward = [point[0] for point in points], [value for point in points for value in point[1:]]
    x, y = logarithmic(across) if block.log_x else linear(across, room=0.02), linear(upward, room=0.07)
    room = 34 + 7 * max(len(shorten(each.name, ENDING)) for each in block.series)
    lines = "".join(_line(found, x, y, place) for place, (_, found) in enumerate(series))
    markers = "".join(_markers(each, found, x, y, place) for place, (each, found) in enumerate(series))
    return (
        f'<figure class="chart" style="--room:{room}px">{head}{_legend([each.name for each in block.series])}'
        f'<p class="y-label">{term(block.y_label)}</p><div class="plot named"><svg role="img">'
        f"<title>{escape(block.name)}</title><desc>{escape(_described(block, series))}</desc>"
        f'{_grid(x, y)}<svg class="stretch" viewBox="0 0 1000 1000" preserveAspectRatio="none">'
        f"{_rug(block, x)}{lines}</svg>"
        f"{markers}{_ends(series, y)}</svg></div>"
        f'<p class="x-label">{term(block.x_label)}</p>{_hint(block)}</figure>'
    )


def _rug(block: Chart, x: Axis) -> str:
    """A short stroke at the foot of the chart for each place of the data that lies within it."""
    places = sorted({round(x.place(float(value)) * 10) for value in block.rug if drawable(float(value))})
    strokes = "".join(f"M{place} 1000v-36" for place in places if 0 <= place <= 1000)
    return f'<path class="rug" d="{strokes}"/>' if strokes else ""


def _points(series: Series, *, log: bool) -> list[Point | None]:
    """Points in order of x, None where the line has a gap, thinned to what an eye can tell apart."""
    y = [float(value) for value in series.y]
    low = y if series.low is None else [float(value) for value in series.low]
    high = y if series.high is None else [float(value) for value in series.high]
    points: list[Point | None] = []
    for point in sorted(zip(map(float, series.x), y, low, high, strict=True), key=lambda point: point[0]):
        seen = drawable(point[0]) and drawable(point[1]) and (point[0] > 0 or not log)
        bounded = drawable(point[2]) and drawable(point[3])
        points.append(None if not seen else point if bounded else (point[0], point[1], point[1], point[1]))
    return _thinned(points)


def _thinned(points: list[Point | None]) -> list[Point | None]:
    """At most DETAIL points: of every stretch its mean, and its range as the band, so that no spike is lost."""
    if len(points) <= DETAIL:
        return points
    kept: list[Point | None] = []
    for stretch in np.array_split(np.arange(len(points)), DETAIL):
        inside = [point for i in stretch if (point := points[int(i)]) is not None]
        if inside:
            x, y, low, high = (np.array(column) for column in zip(*inside, strict=True))
            kept.append((float(x.mean()), float(y.mean()), float(low.min()), float(high.max())))
        else:
            kept.append(None)
    return kept


def _hint(block: Chart) -> str:
    """Says where a line does not show every point."""
    points = max(len(each.x) for each in block.series) / DETAIL
    hint = f'<p class="hint">Long lines: mean and range of about {round(points)} neighbouring points each.</p>'
    return hint if points > 1 else ""


def _line(points: list[Point | None], x: Axis, y: Axis, place: int) -> str:
    """Band and line of one series in the stretched 1000 x 1000 box."""

    def spot(across: float, upward: float) -> str:
        return f"{x.place(across) * 10:.1f} {1000 - y.place(upward) * 10:.1f}"

    runs = [[point for point in run if point is not None] for _, run in groupby(points, lambda point: point is None)]
    bands, lines = [], []
    for run in filter(None, runs):
        if any(low < high for _, _, low, high in run):
            above = [spot(across, high) for across, _, _, high in run]
            below = [spot(across, low) for across, _, low, _ in reversed(run)]
            bands.append("M" + "L".join(above + below) + "z")
        path = "M" + "L".join(spot(across, upward) for across, upward, _, _ in run)
        lines.append(path + "h0" if len(run) == 1 else path)  # a round cap makes a lone point a dot
    band = f'<path class="band" d="{"".join(bands)}"/>' if bands else ""
    return f'<g class="s{place % COLOURS}">{band}<path class="line" d="{"".join(lines)}"/></g>' if lines else ""


def _markers(series: Series, points: list[Point | None], x: Axis, y: Axis, place: int) -> str:
    """A shape on every point of a short series; pointing at it tells its values."""
    drawn = [point for point in points if point is not None]
    if len(drawn) > MARKERS:
        return ""
    shapes = []
    for across, upward, low, high in drawn:
        interval = f" ({readable(low)} to {readable(high)})" if low < high else ""
        tip = escape(f"{series.name}: {readable(upward)}{interval} at {readable(across)}")
        at = f'x="{x.place(across):.2f}%" y="{100 - y.place(upward):.2f}%"'
        shapes.append(f'<svg {at}><path d="{SHAPES[place % len(SHAPES)]}"><title>{tip}</title></path></svg>')
    return f'<g class="s{place % COLOURS} markers">{"".join(shapes)}</g>'


def _grid(x: Axis, y: Axis) -> str:
    parts = []
    for tick in y.ticks:
        at = f"{100 - y.place(tick):.2f}%"
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick up" x="-8" y="{at}" dy=".32em">{y.text(tick)}</text>')
    for tick in x.ticks:
        at = f"{x.place(tick):.2f}%"
        parts.append(f'<svg x="{at}" y="100%"><line class="axis" y2="5"/></svg>')
        parts.append(f'<text class="tick" x="{at}" y="100%" dy="19">{x.text(tick)}</text>')
    return "".join(parts) + '<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>'


def _ends(series: Sequence[tuple[Series, list[Point | None]]], y: Axis) -> str:
    """Each line's name at the height where it ends, pushed apart until none covers another."""
    ends = []
    for place, (each, points) in enumerate(series):
        drawn = [point for point in points if point is not None]
        if drawn:
            ends.append((HEIGHT * (1 - y.place(drawn[-1][1]) / 100), place, each.name))
    parts = []
    for (_, place, name), at in zip(sorted(ends), apart([end[0] for end in sorted(ends)], gap=17), strict=True):
        swatch = '<line class="line" x1="8" x2="20" y1="0" y2="0"/>'
        words = f"{escape(shorten(name, ENDING))}<title>{escape(name)}</title>"
        text = f'<text class="note" x="26" dy=".32em">{words}</text>'
        parts.append(f'<svg class="s{place % COLOURS}" x="100%" y="{at:.1f}">{swatch}{text}</svg>')
    return f'<g class="ends">{"".join(parts)}</g>'


def apart(places: Sequence[float], *, gap: float) -> list[float]:
    """Sorted places, moved as little as keeps neighbours `gap` apart: runs that touch spread around their middle."""
    groups: list[list[float]] = []  # [sum of places, count], merged until no two groups touch
    for place in places:
        groups.append([place, 1.0])
        while len(groups) > 1:
            (sum1, n1), (sum2, n2) = groups[-2:]
            if sum2 / n2 - sum1 / n1 >= gap * (n1 + n2) / 2:
                break
            groups[-2:] = [[sum1 + sum2, n1 + n2]]
    return [total / n + gap * (k - (n - 1) / 2) for total, n in groups for k in range(int(n))]


def _legend(names: Sequence[str]) -> str:
    items = []
    for place, name in enumerate(names):
        shape = f'<path class="line" d="M-9 0h18"/><path d="{SHAPES[place % len(SHAPES)]}"/>'
        key = f'<svg class="key s{place % COLOURS}" viewBox="-10 -6 20 12" aria-hidden="true">{shape}</svg>'
        items.append(f"<li>{key}{term(name, 60)}</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def _described(block: Chart, series: Sequence[tuple[Series, list[Point | None]]]) -> str:
    """The chart in words, for those who hear the page."""
    words = [f"{block.y_label} over {block.x_label}."]
    for each, points in series:
        drawn = [point for point in points if point is not None]
        if drawn:
            start, end = (f"{readable(point[1])} at {readable(point[0])}" for point in (drawn[0], drawn[-1]))
            words.append(f"{each.name}: {start}, {end}.")
    return " ".join(words)
