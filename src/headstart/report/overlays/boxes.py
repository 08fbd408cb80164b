"""Boxes on a picture: what was said in one colour, what is true in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from headstart.core.contracts import Modality
from headstart.core.placement import Placed
from headstart.report.draw.pictures import STORED

SURE = 0.3
"""Boxes with a lower score are not drawn: a detector says many of which it is not sure."""

LEGEND = f"said: orange, from a score of {SURE:g}; true: blue"
_SAID, _TRUE = (255, 120, 0), (0, 160, 255)


def boxed(picture: Image.Image, answer: Mapping[str, Any], truth: Mapping[str, Any], modality: Modality) -> Image.Image:
    """A stored picture, enlarged, with both kinds of boxes."""
    assert isinstance(modality, Placed)
    label = truth["label"]
    placement = modality.placement((label["size"][0], label["size"][1]))
    factor = STORED / max(picture.size)
    made = picture.convert("RGB").resize([max(1, round(side * factor)) for side in picture.size])
    pen = ImageDraw.Draw(made)
    for boxes, colour in ((label["boxes"], _TRUE), (sure(answer)["boxes"], _SAID)):
        for left, top, right, bottom in (placement.inward(np.array(boxes)) * factor).tolist():
            pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=2)
    return made


def sure(answer: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The boxes of an answer, or of the truth, that are worth a look."""
    scores = answer.get("scores", [1.0] * len(answer["boxes"]))
    kept = [place for place, score in enumerate(scores) if score >= SURE]
    return {name: [answer[name][place] for place in kept] for name in ("boxes", "labels")}


def listed(side: Mapping[str, Any]) -> str:
    """Boxes in words: "3 cat, 1 dog"."""
    counts = Counter(str(name) for name in sure(side)["labels"])
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "nothing"
