"""What an objective or task keeps of its own weights at another picture size."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from headstart.assemble.opening import open_learner
from headstart.core.contracts import Modality, Objective
from headstart.models.resizing import is_other
from headstart.models.start import Start


def goes_on(
    start: Start | None, section: str, table: Mapping[str, Any], made: Objective, modality: Modality
) -> tuple[bool, list[str]]:
    """Give an objective or task the weights that the start has for it; did it, and what to say if it could not.

    At another size it goes on with all of them or begins wholly anew.
    """
    if start is None or not start.knows(section, table, made):
        return False, []
    if not is_other(start, modality.spec):
        start.fill_head(made)
        return True, []
    with torch.random.fork_rng():
        fresh, known = (_at_its_size(start, filled=filled) for filled in (False, True))
    state, odd = _fitting(made, known, fresh)
    if odd:
        height, width = (start.config["facts"][side] for side in ("height", "width"))
        told = f"{table['kind']} is bound to pictures of {height} x {width} pixels"
        return False, [f"{told}, so its own weights begin anew ({odd[0]})"]
    made.load_state_dict(state)
    return True, []


def _at_its_size(start: Start, *, filled: bool) -> Objective:
    made = open_learner(start, start.modality(), start.backbone(), filled=filled)
    assert made is not None  # it is known
    return made


def _fitting(made: nn.Module, known: nn.Module, fresh: nn.Module) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The state of `made` from what is known, and the names of what does not fit.

    Buffers that training left as they were made (positions of places) follow from the size, and are not taken over.
    """
    old, begun, state = known.state_dict(), fresh.state_dict(), dict(made.state_dict())
    buffers = {name for name, _ in made.named_buffers()}
    odd = sorted(old.keys() ^ state.keys())
    for name in state.keys() & old.keys():
        if name in buffers and torch.equal(old[name], begun[name]):
            continue
        if old[name].shape == state[name].shape:
            state[name] = old[name]
        else:
            odd.append(name)
    return state, odd
