"""What a model sees: pictures its objective paints, what it learned piece by piece, a map of rows, rows it takes for
alike."""

import numpy as np

from headstart.assemble import Parts
from headstart.data.store import Store
from headstart.inference.neighbours import Nearest
from headstart.inference.predictor import Predictor
from headstart.reports import samples
from headstart.reports.blocks import Pictures, Scatter, Sheet, Table
from headstart.training.loop import resting

SHOWN = 12
DRAWN = "sample"  # what objectives call pictures of no row
ASKED, NEAREST = 8, 3  # rows whose nearest others are shown, and how many of these
PATTERNS = 120  # pieces that are shown


def paintings(parts: Parts, predictor: Predictor) -> list[Pictures | Table]:
    """What the objective has to show: inputs, hidden inputs, reconstructions, and rows that nobody has seen."""
    if not len(parts.held) and not len(parts.chosen):
        return []
    rows = samples.spread(parts.held if len(parts.held) else parts.chosen, SHOWN)
    with resting(parts.trainee):
        shown = parts.trainee.objective.illustrate(parts.trainee.backbone, predictor.batch(parts.store, rows))
    pictures = [(name, parts.modality.view.render(x)) for name, x in shown.items()]
    seen, new = ([one for one in pictures if (one[0] == DRAWN) == drawn] for drawn in (False, True))
    captions = {"Held-out rows": seen, "Drawn anew": new}
    return [samples.side_by_side(caption, columns) for caption, columns in captions.items() if columns]


def similar(predictor: Predictor, store: Store, rows: np.ndarray) -> tuple[list[Scatter], list[Pictures | Table]]:
    """A map of rows [n], and for a few of them those nearest to them; nothing for fewer than three rows."""
    if len(rows) < 3:
        return [], []
    vectors = predictor.features(store, rows)
    return _map(store, rows, vectors), _neighbours(predictor, store, rows, vectors)


def _map(store: Store, rows: np.ndarray, vectors: np.ndarray) -> list[Scatter]:
    """The vectors of some rows on a plane: as they are if they have two numbers, else their two main axes."""
    if vectors.shape[1] < 2:  # there is no plane
        return []
    known = store.labels_of(rows)  # a row of many answers has no colour
    labels = ["" if label is None or isinstance(label, list | dict) else str(label) for label in known]
    if vectors.shape[1] == 2:
        return [Scatter("The two-number code", vectors[:, 0], vectors[:, 1], labels)]
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T  # [n, 2]
    return [Scatter("Vectors on their two main axes", flat[:, 0], flat[:, 1], labels)]


def _neighbours(predictor: Predictor, store: Store, rows: np.ndarray, vectors: np.ndarray) -> list[Pictures | Table]:
    """For a few rows those whose vectors are most like theirs: what the model takes for alike."""
    asked = samples.spread(np.arange(len(rows)), ASKED)
    nearest = Nearest(vectors[asked], k=NEAREST + 1)
    nearest.add(vectors)
    columns = [list[int]() for _ in range(NEAREST)]
    for query, numbers in zip(asked.tolist(), nearest.numbers, strict=True):
        others = [number for number in numbers.tolist() if number != query][:NEAREST]
        if len(others) < NEAREST:
            return []
        for column, number in zip(columns, others, strict=True):
            column.append(number)
    names, places = ("row", "nearest", "second", "third"), (asked, *columns)
    shown = [samples.rendered(store, rows[one], predictor.modality) for one in places]
    lines = list(zip(names, shown, strict=True))
    return [samples.side_by_side("Rows, and those that the model takes for most like them", lines)]


def patterns(parts: Parts) -> list[Sheet]:
    """What the objective has learned piece by piece, e.g. the patches of a dictionary."""
    looks = parts.trainee.objective.patterns(parts.trainee.backbone)
    shown = [look.picture for look in looks if look.picture is not None][:PATTERNS]
    of = f": {len(shown):,} of {len(looks):,}" if len(looks) > len(shown) else ""
    return [Sheet(f"What it has learned, piece by piece{of}", shown)] if shown else []
