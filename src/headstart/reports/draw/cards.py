"""Rows of the data on a page: pictures side by side, and single examples with marked text and words below."""

import base64
import math

from PIL import Image

from headstart.core.contracts.look import Line, Look, Piece
from headstart.core.formatting import escape, isolated, shorten
from headstart.reports import blocks
from headstart.reports.draw import pictures
from headstart.reports.draw.terms import empty

PLAIN = 240  # letters of a stretch without a mark that are shown
LINES = 12  # lines of an example that are shown
SIGNS = {"label": "", "right": "✓ ", "wrong": "✕ ", "missed": "○ "}
STATES = {"label": "label", "right": "right answer", "wrong": "wrong answer", "missed": "missed"}


def rows_of_pictures(block: blocks.Pictures) -> str:
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
    return f'<figure class="pictures">{head}{inside if rows else empty("No pictures.")}</figure>'


def sheet(block: blocks.Sheet) -> str:
    """Pictures in lines that wrap, pixel by pixel."""
    cells = "".join(
        _picture(pictures.shrunk(one), f"{place + 1}", pictures.zoom(one, target=42))
        for place, one in enumerate(block.pictures)
    )
    head = f"<figcaption>{isolated(block.caption)}</figcaption>"
    words = escape(f"{len(block.pictures):,} small pictures: {block.caption}")
    inside = f'<div class="sheet" role="img" aria-label="{words}">{cells}</div>' if cells else empty("No pictures.")
    return f'<figure class="gallery">{head}{inside}</figure>'


def gallery(block: blocks.Gallery) -> str:
    """Cards side by side; a legend says what the marks mean, where there are any."""
    cards = "".join(f"<li>{_card(look)}</li>" for look in block.items)
    head = f"<figcaption>{isolated(block.caption)}</figcaption>" if block.caption else ""
    kind = "cards" if any(look.picture is not None for look in block.items) else "cards words"
    states = {piece.state for look in block.items for line in look.lines for piece in line} - {""}
    known = [state for state in STATES if state in states and state != "label"]
    keys = "".join(f"<li>{_mark(STATES[state], '', state)}</li>" for state in known)
    legend = f'<ul class="states">{keys}</ul>' if keys else ""
    inside = f'{legend}<ul class="{kind}">{cards}</ul>' if cards else empty("No examples.")
    return f'<figure class="gallery">{head}{inside}</figure>'


def _card(look: Look) -> str:
    shown, words = "", " · ".join(part for part in (look.title, look.note) if part) or "a row of the data"
    if look.picture is not None:
        ready = pictures.shrunk(look.picture)
        shown = _picture(ready, words, pictures.zoom(ready, target=96))
    if look.sound is not None:
        shown += _player(look.sound, words)
    lines = "".join(f"<p>{_line(line)}</p>" for line in look.lines[:LINES])
    more = f'<p class="hint">{len(look.lines) - LINES} more lines</p>' if len(look.lines) > LINES else ""
    title = f"<b>{isolated(shorten(look.title, 200))}</b>" if look.title else ""
    note = f"<span>{isolated(shorten(look.note, 300))}</span>" if look.note else ""
    return f"{shown}{lines}{more}{title}{note}"


def _line(line: Line) -> str:
    return " ".join(_piece(piece) for piece in line)


def _piece(piece: Piece) -> str:
    if piece.weight:
        return _weighed(piece)
    return _mark(piece.text, piece.label, piece.state) if piece.state else isolated(shorten(piece.text, PLAIN))


def _mark(text: str, label: str, state: str) -> str:
    """A stretch of text with its label: sign, line and colour each tell the state alone."""
    tag = f"<i>{SIGNS[state]}{isolated(shorten(label, 60))}</i>" if label or SIGNS[state] else ""
    words = escape(f"{STATES[state]}: {label}" if label else STATES[state])
    return f'<mark class="{state}" title="{words}">{isolated(text)}{tag}</mark>'


def _weighed(piece: Piece) -> str:
    """A stretch of text whose ground says how far it speaks for an answer; its title says it in numbers."""
    side = "for" if piece.weight > 0 else "against"
    words = escape(f"{abs(piece.weight):.0%} of the strongest, {side} the answer")
    strength, text = math.ceil(10 * abs(piece.weight) ** 0.5), isolated(shorten(piece.text, PLAIN))
    return f'<span class="weight {side} w{strength}" title="{words}">{text}</span>'


def _player(sound: bytes, words: str) -> str:
    """A sound inside the page that plays when it is asked to."""
    source = f"data:audio/wav;base64,{base64.b64encode(sound).decode('ascii')}"
    return f'<audio controls preload="none" aria-label="{escape(f"listen: {words}")}" src="{source}"></audio>'


def _picture(image: Image.Image, words: str, factor: int) -> str:
    """One picture inside the page, `factor` times its size; small ones pixel by pixel."""
    width, height = (edge * factor for edge in image.size)
    crisp = ' class="crisp"' if max(image.size) < pictures.CRISP else ""
    return f'<img{crisp} width="{width}" height="{height}" alt="{escape(words)}" src="{pictures.data_uri(image)}">'
