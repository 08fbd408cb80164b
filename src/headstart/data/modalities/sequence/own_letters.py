"""Stored letters as a model of one alphabet reads them, which may have been stored for another one."""

from __future__ import annotations

import numpy as np

from headstart.core.errors import DataError
from headstart.data.alphabets import Alphabet

_BASES = frozenset("ACGTUN")
_FEW = 60  # letters among which those of a protein are more than bases


def own_letters(letters: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """The same letters uint8 [n], T for U or U for T where the alphabet has the other one; DataError for letters that
    it lacks, and for bases given to a model of proteins, whose letters these are, too."""
    counts = np.bincount(letters, minlength=256)
    there = {chr(byte) for byte in np.flatnonzero(counts).tolist()}
    fix = f"give it {alphabet.kind} sequences, or use a model for these"
    lacking = sorted(there - {*alphabet.letters} - alphabet.others.keys())
    if lacking:
        found = f"the letters {', '.join(lacking[:10])}"
        raise DataError(519, "the model reads another alphabet", found=found, expected=alphabet.kind, fix=fix)
    if alphabet.kind == "protein" and len(letters) >= _FEW and there - {"-"} <= _BASES:
        raise DataError(519, "the model reads another alphabet", found="bases alone", expected="protein", fix=fix)
    for other, own in alphabet.others.items():
        if other in there:
            letters = np.where(letters == ord(other), np.uint8(ord(own)), letters)
    return letters
