"""How answers that have a time fare period by period, and what a rule that acts on them would have earned."""

from __future__ import annotations

from headstart.evaluation.evaluate import Evaluation
from headstart.evaluation.over_time import Walk
from headstart.reports import blocks
from headstart.reports.blocks import Block, Chart, Section, Series


def sections(evaluation: Evaluation) -> list[Section]:
    """None for rows without a time."""
    walk = evaluation.walk
    if walk is None:
        return []
    columns = list(dict.fromkeys(name for line in walk.lines for name in line if not name.endswith(("_low", "_high"))))
    rows = [[_cell(line, name) for name in columns] for line in (*walk.lines, *walk.apart)]
    formats = {name: ".1%" if name.endswith("_return") else ".3f" for name in columns[2:]}
    table = blocks.Table(columns, rows, f"{walk.metric} by period, with 95 % intervals over blocks of time", formats)
    told = blocks.Paragraph("\n\n".join(f"{one[0].upper()}{one[1:]}." for one in walk.said))
    return [Section("Over time", [told, *_charts(walk), table])]


def _cell(line: dict[str, object], name: str) -> str | float:
    value = line.get(name)
    if not isinstance(value, float):
        return str(value)
    low = line.get(f"{name}_low")
    return value if low is None else f"{value:.3f} ({low:.3f} to {line[f'{name}_high']:.3f})"


def _charts(walk: Walk) -> list[Block]:
    """The losses of each period, and the growth of 1."""
    count = len(walk.lines)
    if count < 2:
        return []
    x, gap = list(range(1, count + 1)), float("nan")
    label = f"periods, from {walk.lines[0]['period']} to {walk.lines[-1]['period']}"
    metric = walk.metric
    low, high = ([float(line.get(f"{metric}_{end}", gap)) for line in walk.lines] for end in ("low", "high"))
    model = Series("the model", x, [float(line[metric]) for line in walk.lines], low, high)
    others = [Series(name, x, [float(line[name]) for line in walk.lines]) for name in list(walk.against)[:2]]
    shown: list[Block] = [Chart(f"{metric} by period", label, metric, [model, *others])]
    if walk.growth:
        lines = [Series(name, x, values) for name, values in walk.growth.items()]
        shown.append(Chart("What 1 has become", label, "capital", lines))
    return shown
