"""Exact resume: the state of a run on disk, written aside and renamed, checked by digest, two generations kept.

A checkpoint is `NUMBER.safetensors` (every tensor) and `NUMBER.json` (a line with the digest of both files' contents,
then every number as JSON); the JSON is written last and makes it valid. No pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load as parse_tensors
from safetensors.torch import save as pack_tensors
from torch import Tensor

from headstart.core.files import write_whole
from headstart.training.loop import Trainee
from headstart.training.optimizer import State
from headstart.training.plan import Plan

KEPT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was found: the loop's state, and the caller's own numbers and tensors."""

    state: State
    notes: dict[str, Any]
    extra: dict[str, Tensor]


def save(
    folder: Path, trainee: Trainee, state: State, notes: Mapping[str, Any], extra: Mapping[str, Tensor] | None = None
) -> None:
    """Write the checkpoint of this moment and drop all but the newest two."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"backbone": trainee.backbone.state_dict(), "objective": trainee.objective.state_dict()}
    parts |= {"state": state.tensors(), "extra": dict(extra or {})}
    flat = {f"{part}/{name}": t.detach().contiguous() for part, tensors in parts.items() for name, t in tensors.items()}
    content = pack_tensors(flat)
    name = f"{state.step:09d}"
    write_whole(folder / f"{name}.safetensors", content)
    facts = json.dumps({"step": state.step, "seconds": state.seconds, "notes": dict(notes)}).encode()
    write_whole(folder / f"{name}.json", _digest(facts, content) + b"\n" + facts)
    there = sorted(folder.glob("*.json"))
    # a higher number is a damaged checkpoint that was passed over: it must not push out a sound one
    kept = [one for one in there if one.stem <= name][-KEPT:]
    for old in set(there) - set(kept):
        old.unlink()
        old.with_suffix(".safetensors").unlink(missing_ok=True)


def load(folder: Path, trainee: Trainee) -> tuple[Checkpoint | None, list[str]]:
    """Put the newest sound checkpoint into the trainee; None if there is none. A line for each that was passed over."""
    warnings: list[str] = []
    for facts_path in sorted(folder.glob("*.json"), reverse=True):
        flat = _read(facts_path)
        if flat is None:
            warnings.append(f"checkpoint {facts_path.stem} was damaged; went back to the one before it")
            continue
        facts, tensors = flat
        parts: dict[str, dict[str, Tensor]] = {"backbone": {}, "objective": {}, "state": {}, "extra": {}}
        for name, tensor in tensors.items():
            part, _, key = name.partition("/")
            parts[part][key] = tensor
        trainee.backbone.load_state_dict(parts["backbone"])
        trainee.objective.load_state_dict(parts["objective"])
        state = State(facts["step"], facts["seconds"], parts["state"])
        return Checkpoint(state, facts["notes"], parts["extra"]), warnings
    return None, warnings


def _read(facts_path: Path) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """Numbers and tensors of one checkpoint, or None if its bytes are not what was written."""
    try:
        digest, _, facts = facts_path.read_bytes().partition(b"\n")
        content = facts_path.with_suffix(".safetensors").read_bytes()
    except OSError:
        return None
    if digest != _digest(facts, content):
        return None
    return json.loads(facts), parse_tensors(content)


def _digest(facts: bytes, content: bytes) -> bytes:
    digest = hashlib.sha256(facts)
    digest.update(content)
    return digest.hexdigest().encode()


def due(plan: Plan, step: int, seconds_since: float, last_cost: float) -> bool:
    """Is it time to save? Every `plan.save` steps, else as often as keeps the cost of saving below 5 % of the run."""
    if plan.save:
        return step % plan.save == 0
    return seconds_since >= max(10.0, 20.0 * last_cost)
