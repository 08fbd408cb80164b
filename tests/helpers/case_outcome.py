"""What becomes of a source, as one line: its parts, kind and labels, or the code of the error."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from headstart.core.errors import HeadstartError
from headstart.data.prepare import prepare

_MOST = 4  # labels that are told


def outcome(sources: Any, out: Path, **options: Any) -> str:
    """ "train 12, valid 4 image: 2 labels a b"."""
    try:
        store = prepare(sources, out, near="keep", **options)
    except HeadstartError as error:
        return error.code
    labels = [label for split in store.splits for label in store.labels(split)]
    parts = ", ".join(f"{name} {count}" for name, count in store.splits.items())
    if "rules" in store.manifest and store.manifest.get("parts") == "made":
        parts = f"{len(labels)} rows"
    return f"{parts} {store.manifest['modality']}: {_told(labels)}"


def _told(labels: list[Any]) -> str:
    known = [label for label in labels if label is not None]
    if not known:
        return "no labels"
    missing = f", {len(labels) - len(known)} without" if len(known) < len(labels) else ""
    if isinstance(known[0], dict):
        kind = next((name for name in ("boxes", "mask", "predicates") if name in known[0]), "objects")
        names = {name for label in known for name in label.get("labels", ())} if kind == "boxes" else set()
        return f"{kind} {' '.join(sorted(names))}".strip() + missing
    if isinstance(known[0], list):
        names = sorted({str(name) for label in known for name in label})
        return f"lists of {' '.join(names[:_MOST])}{missing}"
    if isinstance(known[0], float):
        return f"numbers {min(known):g} to {max(known):g}{missing}"
    names = sorted(map(str, Counter(known)))
    more = " ..." if len(names) > _MOST else ""
    return f"{len(names)} labels {' '.join(names[:_MOST])}{more}{missing}"
