"""Exact resume: the state of a run on disk, written aside and renamed, checked by digest, two generations kept.

A checkpoint is `NUMBER.safetensors` (every tensor) and `NUMBER.json` (a line with the digest of both files' contents,
then every number as JSON); the JSON is written last and makes it valid. No pickle.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load as parse_tensors
from safetensors.torch import save as pack_tensors
from torch import Tensor

from headstart.core.errors import RecipeError
from headstart.core.files import make_folder, write_whole
from headstart.training.microbatches import Trainee
from headstart.training.optimizer import State
from headstart.training.plan import Plan

KEPT = 2
ROOM = 2.2  # checkpoints that must fit on the disk: the last one and the one being written, and a little more


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was found: the loop's state, and the caller's own numbers and tensors."""

    state: State
    notes: dict[str, Any]
    extra: dict[str, Tensor]


def save(
    folder: Path, trainee: Trainee, state: State, notes: Mapping[str, Any], extra: Mapping[str, Tensor] | None = None
) -> None:
    """Write the checkpoint of this moment; it and the one before it are kept.

    Older ones go first, so that no more than two ever lie on the disk, of which one is whole at any moment.
    """
    make_folder(folder)
    parts = {"backbone": trainee.backbone.state_dict(), "objective": trainee.objective.state_dict()}
    parts |= {"state": state.tensors(), "extra": dict(extra or {})}
    flat = {f"{part}/{name}": t.detach().contiguous() for part, tensors in parts.items() for name, t in tensors.items()}
    content = pack_tensors(flat)
    name = f"{state.step:09d}"
    _drop(folder, name)
    write_whole(folder / f"{name}.safetensors", content)
    numbers = {"step": state.step, "seconds": state.seconds, "pieces": state.pieces, "slowed": state.slowed}
    facts = json.dumps({**numbers, "notes": dict(notes)}).encode()
    write_whole(folder / f"{name}.json", _digest(facts, content) + b"\n" + facts)


def _drop(folder: Path, name: str) -> None:
    """Make room for a checkpoint: of those before it, only the newest stays.

    A higher number is a damaged checkpoint that was passed over; it must not push out a sound one.
    """
    steps = sorted(path.stem for path in folder.glob("*.json"))
    kept = [name, *[stem for stem in steps if stem < name][-(KEPT - 1) :]]
    for path in sorted(folder.iterdir()):  # the JSON before its tensors, which mean nothing without it
        if path.name.partition(".")[0] not in kept:
            path.unlink()


def drop_newest(folder: Path) -> None:
    """Remove the newest checkpoint, unless it is the only one."""
    saved = sorted(folder.glob("*.json"))
    if len(saved) > 1:
        saved[-1].unlink()
        saved[-1].with_suffix(".safetensors").unlink(missing_ok=True)


def size(trainee: Trainee, plan: Plan) -> int:
    """Bytes of a checkpoint: the weights twice (present and best), the averages, and the optimizer's moments."""
    modules = (trainee.backbone, trainee.objective)
    weights = sum(t.numel() * t.element_size() for module in modules for t in module.state_dict().values())
    learned = sum(p.numel() * p.element_size() for module in modules for p in module.parameters() if p.requires_grad)
    moments = (1 if plan.momentum else 0) if plan.optimizer == "sgd" else 2
    return 2 * weights + (moments + (1 if plan.ema else 0)) * learned


def load(folder: Path, trainee: Trainee) -> tuple[Checkpoint | None, list[str]]:
    """Put the newest sound checkpoint into the trainee; None if there is none. A line for each that was passed over."""
    warnings: list[str] = []
    for facts_path in sorted(folder.glob("*.json"), reverse=True):
        flat = _read(facts_path)
        if flat is None:
            warnings.append(f"checkpoint {facts_path.stem} is damaged")
            continue
        facts, tensors = flat
        parts: dict[str, dict[str, Tensor]] = {"backbone": {}, "objective": {}, "state": {}, "extra": {}}
        for name, tensor in tensors.items():
            part, _, key = name.partition("/")
            parts[part][key] = tensor
        _refuse_other_network(trainee, parts, facts_path)
        trainee.backbone.load_state_dict(parts["backbone"])
        trainee.objective.load_state_dict(parts["objective"])
        state = State(facts["step"], facts["seconds"], parts["state"], pieces=facts["pieces"], slowed=facts["slowed"])
        passed = [f"{warning}; went back to the one of step {state.step}" for warning in warnings]
        return Checkpoint(state, facts["notes"], parts["extra"]), passed
    return None, [f"{warning}; there is no other, so the run began anew" for warning in warnings]


def _refuse_other_network(trainee: Trainee, parts: Mapping[str, Mapping[str, Tensor]], where: Path) -> None:
    """RecipeError unless the weights are those of this network: settings may have been changed on purpose."""
    for part, module in (("backbone", trainee.backbone), ("objective", trainee.objective)):
        wanted = {name: tuple(t.shape) for name, t in module.state_dict().items()}
        given = {name: tuple(t.shape) for name, t in parts[part].items()}
        odd = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
        if odd:
            found, expected = (f"{part}.{odd[0]} {list(side.get(odd[0], ()))}" for side in (given, wanted))
            fix = "put the settings of the network back, or pass --overwrite to start again"
            raise RecipeError(
                160, "the checkpoint belongs to another network", where=where, found=found, expected=expected, fix=fix
            )


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
