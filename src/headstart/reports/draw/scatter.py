"""A map of points as inline SVG: one path a class, however many points it has."""

from collections import Counter

import numpy as np

from headstart.core.formatting import escape, isolated, shorten
from headstart.reports.blocks import Scatter
from headstart.reports.draw.axis import LARGEST
from headstart.reports.draw.charts import COLOURS
from headstart.reports.draw.terms import term

POINTS = 5000  # points a drawn map has at most
NAMED = 24  # classes that are written onto it
TITLE = 120  # letters of the title of a point


def scatter(block: Scatter) -> str:
    """A map of points in equal units, one colour a class, the class's name written at its median."""
    x, y = (np.asarray(values, dtype=np.float64) for values in (block.x, block.y))  # [n]
    keep = np.flatnonzero((np.abs(x) < LARGEST) & (np.abs(y) < LARGEST))  # false for NaN too
    head = f"<figcaption>{term(block.name)}</figcaption>"
    if not len(keep):
        return f'<figure class="map">{head}<p class="empty">Nothing to draw: no finite points.</p></figure>'
    x, y, labels = x[keep], y[keep], [str(block.label[int(i)]) for i in keep]
    titles = [block.titles[int(i)] for i in keep] if block.titles else []
    ratio, x, y = _framed(x, y)
    step = -(-len(x) // POINTS)
    layers, names, keys = [], [], []
    for place, (label, count) in enumerate(_ordered(labels)):
        own = np.flatnonzero(np.array([each == label for each in labels]))
        layers.append(_layer(place % COLOURS, label, x[own[::step]], y[own[::step]], [titles[i] for i in own[::step]])
                      if titles else _path(f"s{place % COLOURS}", x[own[::step]], y[own[::step]], label))  # fmt: skip
        if place < NAMED:
            at = f'x="{np.median(x[own]) / 10:.1f}%" y="{np.median(y[own]) / 10:.1f}%"'
            lift = ".32em" if count > 4 else "-.7em"  # a few points would lie hidden under their name
            names.append(f'<text class="note" {at} dy="{lift}">{escape(shorten(label, 18))}</text>')
            name = isolated(shorten(label, 40))
            keys.append(f'<li><i class="s{place % COLOURS}"></i>{name} <span>{count:,}</span></li>')
    notes = [f"One in {step} of {len(x):,} points is drawn."] if step > 1 else []
    notes += [f"The {NAMED} largest of {len(layers)} classes are named."] if len(layers) > NAMED else []
    note = f'<p class="hint">{" ".join(notes)}</p>' if notes else ""
    return (
        f'<figure class="map">{head}<div class="sides"><svg role="img" style="aspect-ratio:{ratio:.3f}">'
        f"<title>{escape(block.name)}</title><desc>{len(x):,} points of {len(layers)} classes.</desc>"
        f'<svg class="stretch" viewBox="0 0 1000 1000" preserveAspectRatio="none">{"".join(layers)}</svg>'
        f'{"".join(names)}</svg><ul class="keys">{"".join(keys)}</ul></div>{note}</figure>'
    )


def _path(classes: str, x: np.ndarray, y: np.ndarray, title: str) -> str:
    """Points [n] as one path; its title is shown where the pointer rests on it."""
    dots = "".join(f"M{across:.0f} {down:.0f}h0" for across, down in zip(x, y, strict=True))
    return f'<path class="{classes}" d="{dots}"><title>{escape(title)}</title></path>'


def _layer(colour: int, label: str, x: np.ndarray, y: np.ndarray, titles: list[str]) -> str:
    """The points [n] of a class, each with a title of its own; the keyboard goes from class to class."""
    points = "".join(_path(f"s{colour}", x[i : i + 1], y[i : i + 1], f"{label}: {shorten(one, TITLE)}")
                     for i, one in enumerate(titles))  # fmt: skip
    return f'<g tabindex="0" role="img" aria-label="{escape(f"{label}: {len(titles):,} points")}">{points}</g>'


def _ordered(labels: list[str]) -> list[tuple[str, int]]:
    """Classes with their counts: the largest by name, so that a legend reads 0, 1, 2, then the rest."""
    by_size = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    return sorted(by_size[:NAMED], key=lambda item: (len(item[0]), item[0])) + by_size[NAMED:]


def _framed(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Width over height of the frame, and both coordinates in it, 0 to 1000 downwards, in equal units. [n] each."""
    middle = [(values.min() + values.max()) / 2 for values in (x, y)]
    wide, high = (float(np.ptp(values)) * 1.08 for values in (x, y))
    ratio = min(1.8, max(0.8, wide / high)) if wide > 0 and high > 0 else 1.5
    high = max(high, wide / ratio) or 1.0
    return ratio, 500 + 1000 * (x - middle[0]) / (high * ratio), 500 - 1000 * (y - middle[1]) / high
