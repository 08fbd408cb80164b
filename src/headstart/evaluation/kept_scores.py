"""Row scores of a finished trial in files, with what is known of it: what an interrupted call goes on from."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core.files import make_folder, write_json, write_whole


def keep(place: Path, row_scores: np.ndarray, facts: Mapping[str, Any]) -> None:
    """Write `place`.f32 and `place`.json; the JSON is written last and makes it valid. row_scores [n] or [n, C]."""
    make_folder(place.parent)
    content = row_scores.astype(np.float32).tobytes()
    write_whole(place.with_name(f"{place.name}.f32"), content)
    counts, digest = list(row_scores.shape[1:]), hashlib.sha256(content).hexdigest()
    write_json(place.with_name(f"{place.name}.json"), {**facts, "scores": digest, "counts": counts})


def kept(place: Path) -> tuple[dict[str, Any], np.ndarray] | None:
    """What was kept: facts and row scores; None if it is not there, or damaged."""
    try:
        facts = json.loads(place.with_name(f"{place.name}.json").read_text("utf-8"))
        content = place.with_name(f"{place.name}.f32").read_bytes()
    except (OSError, ValueError):
        return None
    if hashlib.sha256(content).hexdigest() != facts["scores"]:
        return None
    return facts, np.frombuffer(content, np.float32).reshape(-1, *facts.get("counts", []))
