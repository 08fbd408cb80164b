"""Sequences for tests: DNA with a motif that tells its class, proteins of families, residues with labels."""

from __future__ import annotations

import numpy as np

BASES, AMINO = "ACGT", "ACDEFGHIKLMNPQRSTVWY"
MOTIFS = ("TATAAT", "GGCGCC", "CCAATG", "ACGTTT")


def dna(
    count: int, *, classes: int = 4, seed: int = 0, shortest: int = 24, longest: int = 60
) -> tuple[list[str], list[int]]:
    """So many different sequences of bases, each with the motif of its class somewhere, and the classes in turn."""
    generator = np.random.default_rng(seed)
    made: list[str] = []
    for number in range(count):
        row = list(drawn(generator, int(generator.integers(shortest, longest + 1)), BASES))
        motif = MOTIFS[number % classes]
        place = int(generator.integers(0, len(row) - len(motif) + 1))
        row[place : place + len(motif)] = motif
        made.append("".join(row))
    return made, [number % classes for number in range(count)]


def proteins(count: int, *, seed: int = 0, shortest: int = 30, longest: int = 120) -> list[str]:
    """So many unrelated proteins of random letters."""
    generator = np.random.default_rng(seed)
    return [drawn(generator, int(generator.integers(shortest, longest + 1)), AMINO) for _ in range(count)]


def residues(count: int, *, seed: int = 0) -> tuple[list[str], list[str]]:
    """Proteins and a label for each of their letters: H for what is likely in a helix, E in a strand, else C."""
    rows = proteins(count, seed=seed, longest=60)
    kind = {**dict.fromkeys("AELMQKRH", "H"), **dict.fromkeys("VIYFWT", "E")}
    return rows, ["".join(kind.get(letter, "C") for letter in row) for row in rows]


def drawn(generator: np.random.Generator, length: int, letters: str) -> str:
    """Random letters."""
    return "".join(generator.choice(list(letters), length))


def mutated(text: str, identity: float, generator: np.random.Generator, letters: str = AMINO) -> str:
    """A copy that has so large a share of its letters in common, the others drawn anew from those it has not."""
    row = list(text)
    for place in generator.permutation(len(row))[: round((1 - identity) * len(row))].tolist():
        row[place] = str(generator.choice([letter for letter in letters if letter != row[place]]))
    return "".join(row)


def opposite(text: str) -> str:
    """The reverse complement."""
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))
