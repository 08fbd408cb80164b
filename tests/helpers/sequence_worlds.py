"""The worlds of sequences: DNA with a class, and proteins with a label for each letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts import Columns
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.sequence.sequence import Sequence as Residues
from headstart.data.records import Words
from headstart.data.storage.gather import MemoryRows, stacked
from tests.helpers.letters import dna, residues
from tests.helpers.world import World


def sequences() -> World:
    """DNA of four classes, each with a motif, in letters; their lengths differ, so some are padded."""
    rows, classes = dna(200)
    modality, encoded = _sequences(list(rows))
    settled = MemoryRows(modality, encoded)
    batch = {**modality.collate(settled.feed(np.arange(64))), "key": random.keys(0, 0, torch.arange(64))}
    joined = modality.vocabulary.joined(settled.feed(np.arange(64, 128)))
    packed = {name: torch.from_numpy(values[: 12 * 64]).view(12, 64) for name, values in joined.items()}
    packed |= {"keep": torch.ones(12, 64, dtype=torch.bool), "key": random.keys(0, 0, torch.arange(12))}
    return World("sequence", modality, batch, classes[:64], packed, stacked(encoded[:64]))


def labelled_residues() -> World:
    """Proteins that came letter by letter, with a tag for each."""
    rows, tags = residues(64)
    modality, encoded = _sequences([Words(tuple(row)) for row in rows])
    batch = modality.collate(MemoryRows(modality, encoded).feed(np.arange(64)))
    keyed = {**batch, "key": random.keys(0, 0, torch.arange(64))}
    labels = {"tag": [list(row) for row in tags]}
    return World("sequence", modality, keyed, [n % 4 for n in range(64)], stored=stacked(encoded), labels=labels)


def _sequences(inputs: Sequence[Any]) -> tuple[Residues, list[Columns]]:
    modality = Residues(length=64)
    records = [{"input": one} for one in inputs]
    modality.fit(records, Budget())
    rows = [modality.encode(modality.read(record, Budget())) for record in records]
    modality.fit_stored([stacked(rows)])
    return modality, rows
