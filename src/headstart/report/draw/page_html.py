"""The page: one file without a network, without scripts, light or dark as the reader's screen is."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from types import MappingProxyType
from typing import Any

from PIL import Image

from headstart.core.formatting import escape, isolated, shorten
from headstart.report import blocks
from headstart.report.draw import pictures
from headstart.report.draw.charts import chart
from headstart.report.draw.scatter import scatter
from headstart.report.draw.tables import facts, matrix, table, tiles

TONES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"worth it": ("good", "✓"), "not worth it": ("bad", "✕"), "cannot tell yet": ("unsure", "?")}
)
# the browser itself refuses scripts and anything from outside, whatever a label contains
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(report: blocks.Report) -> str:
    """The whole page. The first verdict of any section becomes the banner under the title."""
    verdict = next((b for section in report.sections for b in section.blocks if isinstance(b, blocks.Verdict)), None)
    banner = _verdict(verdict) if verdict is not None else ""
    sections = []
    for place, section in enumerate(report.sections):
        inside = "".join(_HTML[type(block)](block) for block in section.blocks if block is not verdict)
        if inside or section.title:
            title = f"<h2>{isolated(section.title)}</h2>" if section.title else ""
            whole = f"<details><summary>{title}</summary>{inside}</details>" if section.folded else title + inside
            sections.append(f'<section id="s{place}">{whole}</section>')
    style = resources.files("headstart.report").joinpath("style.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" content="headstart">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="eyebrow"><span>headstart</span> {escape(report.verb)}{_time(report.created)}</p>'
        f'<h1>{isolated(report.title)}</h1><p class="lead">{isolated(report.sentence)}</p>{banner}'
        f"{_contents(report)}</header>\n" + "\n".join(sections) + "\n</main>\n"
        "<footer>The same numbers for machines: report.json beside this page.</footer>\n</body>\n</html>\n"
    )


def _time(created: str) -> str:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:  # shown as it was given
        return f" · {escape(created)}" if created else ""
    return f' · <time datetime="{escape(created)}">{moment.day} {moment:%B %Y, %H:%M}</time>'


def _contents(report: blocks.Report) -> str:
    """Links to the sections, where there are enough of them to get lost."""
    titled = [(place, section.title) for place, section in enumerate(report.sections) if section.title]
    links = (f'<li><a href="#s{place}">{isolated(shorten(title, 40))}</a></li>' for place, title in titled)
    return f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>' if len(titled) > 3 else ""


def _verdict(block: blocks.Verdict) -> str:
    tone, letter = TONES.get(block.verdict, ("plain", "i"))
    sign = f'<span class="sign" aria-hidden="true">{letter}</span>'
    words = f"<div><b>{isolated(block.verdict)}</b><p>{isolated(block.sentence)}</p></div>"
    return f'<div class="verdict {tone}" role="note" aria-label="Verdict">{sign}{words}</div>'


def _picture(image: Image.Image, words: str, factor: int) -> str:
    """One picture inside the page, `factor` times its size; small ones pixel by pixel."""
    width, height = (edge * factor for edge in image.size)
    crisp = ' class="crisp"' if max(image.size) < pictures.CRISP else ""
    return f'<img{crisp} width="{width}" height="{height}" alt="{escape(words)}" src="{pictures.data_uri(image)}">'


def _pictures(block: blocks.Pictures) -> str:
    """Rows that scroll together, so that a reconstruction stays under its input."""
    rows = []
    for label, images in block.rows:
        cells = []
        for place, image in enumerate(images):
            ready = pictures.shrunk(image)
            cells.append(_picture(ready, f"{label} {place + 1}", pictures.zoom(ready)))
        rows.append(f'<p class="row-label">{isolated(shorten(label, 120))}</p><div class="row">{"".join(cells)}</div>')
    head = f"<figcaption>{isolated(block.caption)}</figcaption>" if block.caption else ""
    label = escape(block.caption or "pictures")
    inside = f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><div>{"".join(rows)}</div></div>'
    return f'<figure class="pictures">{head}{inside if rows else _empty("No pictures.")}</figure>'


def _gallery(block: blocks.Gallery) -> str:
    cards = []
    for image, title, subtitle in block.items:
        ready = None if image is None else pictures.shrunk(image)
        shown = "" if ready is None else _picture(ready, title, pictures.zoom(ready, target=96))
        words = f"<b>{isolated(shorten(title, 200))}</b><span>{isolated(shorten(subtitle, 300))}</span>"
        cards.append(f"<li>{shown}{words}</li>")
    head = f"<figcaption>{isolated(block.caption)}</figcaption>" if block.caption else ""
    kind = "cards" if any(image is not None for image, _, _ in block.items) else "cards words"
    inside = f'<ul class="{kind}">{"".join(cards)}</ul>' if cards else _empty("No examples.")
    return f'<figure class="gallery">{head}{inside}</figure>'


def _warnings(block: blocks.Warnings) -> str:
    if not block.sentences:
        return _empty("No warnings.")
    items = "".join(f"<li>{isolated(sentence)}</li>" for sentence in block.sentences)
    title = "<b>Before you trust these numbers</b>"
    return f'<div class="warnings" role="note" aria-label="Warnings">{title}<ul>{items}</ul></div>'


def _lineage(block: blocks.Lineage) -> str:
    steps = []
    for parent in block.parents:
        mark = f'<code title="{escape(parent.hash)}">{escape(parent.hash[:12])}</code>' if parent.hash else ""
        licence = f'<span class="chip">{isolated(parent.licence)}</span>' if parent.licence else ""
        data = f'<p class="hint">{isolated(parent.data)}</p>' if parent.data else ""
        steps.append(f"<li><b>{isolated(parent.name)}</b> {licence} {mark}{data}</li>")
    return f'<ol class="lineage">{"".join(steps)}</ol>' if steps else _empty("No parents: trained from scratch.")


def _empty(words: str) -> str:
    return f'<p class="empty">{words}</p>'


def _paragraph(block: blocks.Paragraph) -> str:
    return "".join(f"<p>{isolated(part)}</p>" for part in re.split(r"\n\s*\n", block.text.strip()))


_HTML: Mapping[type[blocks.Block], Callable[[Any], str]] = MappingProxyType({
    blocks.Verdict: _verdict, blocks.Paragraph: _paragraph, blocks.KeyNumbers: tiles, blocks.Facts: facts,
    blocks.Table: table, blocks.Chart: chart, blocks.Pictures: _pictures, blocks.Scatter: scatter,
    blocks.Matrix: matrix, blocks.Gallery: _gallery, blocks.Warnings: _warnings, blocks.Lineage: _lineage,
})  # fmt: skip
