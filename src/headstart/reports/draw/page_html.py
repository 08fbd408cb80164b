"""The page: one file without a network, without scripts, light or dark as the reader's screen is."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from types import MappingProxyType
from typing import Any

from headstart.core.formatting import escape, isolated
from headstart.reports import blocks, glossary
from headstart.reports.draw.bars import bars, intervals
from headstart.reports.draw.cards import gallery, rows_of_pictures, sheet
from headstart.reports.draw.charts import chart
from headstart.reports.draw.scatter import scatter
from headstart.reports.draw.tables import facts, matrix, table, tiles
from headstart.reports.draw.terms import empty, sentence, terms_in

SIGNS: Mapping[str, str] = MappingProxyType({"good": "✓", "bad": "✕", "unsure": "?", "plain": "i"})
# the browser itself refuses scripts and anything from outside, whatever a label contains
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
)

FOOTER = "<footer>The same numbers for machines: report.json beside this page.</footer>\n"


def render(report: blocks.Report, *, beside: bool = True) -> str:
    """The whole page: the first screen, then the sections; those without content are left out.

    beside  report.json lies beside it
    """
    sections = [_front(report.front)]
    for section in report.sections:
        inside = "".join(_HTML[type(block)](block) for block in section.blocks)
        sections += [_section(section.title, inside)] if inside else []
    lead = f'<p class="lead">{sentence(report.sentence)}</p>'
    found = glossary.used(terms_in(lead + "".join(sections)))
    sections += [_section("Glossary", facts(blocks.Facts(found)))] if found else []
    style = resources.files("headstart.reports").joinpath("style.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" content="headstart">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="eyebrow"><span>headstart</span> {escape(report.verb)}{_time(report.created)}</p>'
        f"<h1>{isolated(report.title)}</h1>{lead}</header>\n" + "\n".join(sections) + "\n</main>\n"
        f"{FOOTER if beside else ''}</body>\n</html>\n"
    )


def _time(created: str) -> str:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:  # shown as it was given
        return f" · {escape(created)}" if created else ""
    return f' · <time datetime="{escape(created)}">{moment.day} {moment:%B %Y, %H:%M}</time>'


def _section(title: str, inside: str) -> str:
    """What is shown only when its heading is clicked."""
    return f"<section><details><summary><h2>{isolated(title)}</h2></summary>{inside}</details></section>"


def _front(front: blocks.Front) -> str:
    """The first screen: drawing and table side by side where there is room, examples below."""
    sides = "".join(_HTML[type(block)](block) for block in (front.drawing, front.table) if block is not None)
    examples = _HTML[type(front.examples)](front.examples) if front.examples is not None else ""
    warned = _warnings(blocks.Warnings(front.warnings)) if front.warnings else ""
    return f'<div class="front">{_verdict(front.verdict)}<div class="pair">{sides}</div>{examples}{warned}</div>'


def _verdict(block: blocks.Verdict) -> str:
    sign = f'<span class="sign" aria-hidden="true">{SIGNS[block.tone]}</span>'
    words = f"<div><b>{isolated(block.verdict)}</b><p>{sentence(block.sentence)}</p></div>"
    return f'<div class="verdict {block.tone}" role="note" aria-label="Verdict">{sign}{words}</div>'


def _warnings(block: blocks.Warnings) -> str:
    if not block.sentences:
        return empty("No warnings.")
    items = "".join(f"<li>{sentence(one)}</li>" for one in block.sentences)
    title = "<b>Before you trust these numbers</b>"
    return f'<div class="warnings" role="note" aria-label="Warnings">{title}<ul>{items}</ul></div>'


def _lineage(block: blocks.Lineage) -> str:
    steps = []
    for parent in block.parents:
        mark = f'<code title="{escape(parent.hash)}">{escape(parent.hash[:12])}</code>' if parent.hash else ""
        licence = f'<span class="chip">{isolated(parent.licence)}</span>' if parent.licence else ""
        data = f'<p class="hint">{isolated(parent.data)}</p>' if parent.data else ""
        steps.append(f"<li><b>{isolated(parent.name)}</b> {licence} {mark}{data}</li>")
    return f'<ol class="lineage">{"".join(steps)}</ol>' if steps else empty("No parents: trained from scratch.")


def _paragraph(block: blocks.Paragraph) -> str:
    return "".join(f"<p>{sentence(part)}</p>" for part in re.split(r"\n\s*\n", block.text.strip()))


_HTML: Mapping[type[blocks.Block], Callable[[Any], str]] = MappingProxyType({
    blocks.Verdict: _verdict, blocks.Paragraph: _paragraph, blocks.KeyNumbers: tiles, blocks.Facts: facts,
    blocks.Table: table, blocks.Chart: chart, blocks.Pictures: rows_of_pictures, blocks.Scatter: scatter,
    blocks.Matrix: matrix, blocks.Gallery: gallery, blocks.Sheet: sheet, blocks.Bars: bars, blocks.Intervals: intervals,
    blocks.Warnings: _warnings, blocks.Lineage: _lineage,
})  # fmt: skip
