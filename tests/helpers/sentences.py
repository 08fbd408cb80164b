"""Short English sentences for tests: made from word lists, each of a topic that its words give away."""

from __future__ import annotations

import numpy as np

TOPICS = (
    ("ship", "harbour", "sailor", "wave", "anchor", "storm", "island", "captain", "tide", "lantern"),
    ("oven", "flour", "butter", "baker", "sugar", "kettle", "pepper", "onion", "recipe", "spoon"),
    ("goal", "referee", "stadium", "striker", "trophy", "coach", "season", "penalty", "defender", "league"),
    ("planet", "orbit", "comet", "telescope", "rocket", "crater", "galaxy", "eclipse", "satellite", "moon"),
)
VERBS = ("finds", "leaves", "remembers", "carries", "follows", "forgets", "needs", "paints", "hears", "returns")
_MANNERS = ("slowly", "again", "in silence", "without a word", "at last", "every morning", "for years", "too late")


def sentences(count: int, *, topics: int = 4, seed: int = 0) -> tuple[list[str], list[int]]:
    """So many different sentences of 4 to 20 words, and the topic of each, 0 .. topics - 1 in turn."""
    generator = np.random.default_rng(seed)
    made: list[str] = []
    seen: set[str] = set()
    while len(made) < count:
        words = TOPICS[len(made) % topics]
        clauses = [_clause(words, generator) for _ in range(int(generator.integers(1, 4)))]
        text = " and ".join(clauses).capitalize() + "."
        if text not in seen:
            seen.add(text)
            made.append(text)
    return made, [number % topics for number in range(count)]


def _clause(words: tuple[str, ...], generator: np.random.Generator) -> str:
    subject, thing = generator.choice(words, 2, replace=False)
    manner = f" {generator.choice(_MANNERS)}" if generator.random() < 0.5 else ""
    return f"the {subject} {generator.choice(VERBS)} the {thing}{manner}"
