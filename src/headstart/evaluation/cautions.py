"""In words: why scores of few rows, or of very unequal classes, say less than they seem to."""

from collections import Counter
from collections.abc import Mapping, Sequence

from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError

FEW = 100  # scored rows below which a score is told with a warning: its 95 % interval is up to .20 wide
FEW_OF_A_CLASS = 5
UNEQUAL = 0.8  # share of the largest class from which accuracy misleads
NAMED = 5  # classes that a warning names
PERFECT = 0.99  # score of a table from which it is too good


def few_rows(headline: str, scores: Mapping[str, float], rows: int, split: str) -> list[str]:
    """A warning where the interval of the headline is wide because few rows are scored."""
    if rows >= FEW:
        return []
    low, high = scores[f"{headline}_low"], scores[f"{headline}_high"]
    scored = f"only {rows:,} {split} {'row is' if rows == 1 else 'rows are'} scored"
    interval = f"the 95 % interval of {headline} is {low:.3f} to {high:.3f}"
    return [f"{scored}: {interval}, and smaller differences may be luck"]


def unequal_classes(true: Sequence[str], classes: Sequence[str], headline: str) -> list[str]:
    """Warnings where one class has most of the scored rows, and where classes have hardly any."""
    counts = Counter(true)
    if not counts or len(classes) < 2:
        return []
    (name, most), told = counts.most_common(1)[0], list[str]()
    share = most / len(true)
    if share >= UNEQUAL:
        alone = f"{share:.0%} of the scored rows are of the class '{name}'"
        always = f"{alone}: always answering it has an accuracy of {share:.3f}"
        told.append(f"{always}, so look at macro_f1 and at the classes, not at {headline} alone")
    rare = [one for one in classes if counts[one] < FEW_OF_A_CLASS]
    if rare:
        shown = ", ".join(f"'{one}'" for one in rare[:NAMED]) + (", ..." if len(rare) > NAMED else "")
        few = f"{len(rare)} of {len(classes)} classes have fewer than {FEW_OF_A_CLASS} scored rows"
        told.append(f"{few} ({shown}): their scores say little")
    return told


def unknown_labels(true: Sequence[str], names: Sequence[str]) -> list[str]:
    """A warning where rows have labels that a model does not know; DataError where no row has one that it knows."""
    odd = Counter(one for one in true if one not in names)
    if not odd:
        return []
    shown = ", ".join(f"'{one}'" for one in list(odd)[:NAMED])
    if odd.total() == len(true):
        expected = ", ".join(f"'{one}'" for one in names[:NAMED])
        fix = "write the labels as the model knows them, or name the column that holds them with --target"
        raise DataError(771, "the model knows none of the labels", found=shown, expected=expected, fix=fix)
    return [
        f"{odd.total():,} of {len(true):,} rows have labels that the model does not know ({shown}): they count as wrong"
    ]


def no_better_than_always(metric: Metric, value: float, always: float | None, blindly: str) -> list[str]:
    """A warning where one answer to every row (the most frequent class, the mean) scores as high; None: unknown."""
    if always is None or metric.sign * (value - always) > 0:
        return []
    told = f"{metric.name} {value:.3f} is no better than {blindly}, {always:.3f}"
    return [f"{told}: these rows do not show that anything was learned"]


def nearly_perfect(metrics: Mapping[str, Metric], scores: Mapping[str, float], always: float | None) -> list[str]:
    """A warning where table rows score too well, as they do if several columns together give the answer away. Asked
    is the first score that is best at 1; `always`: what one answer to every row scores."""
    rising = [name for name, one in metrics.items() if one.fraction and not one.lower_is_better and name in scores]
    if not rising or scores[rising[0]] < PERFECT or scores[rising[0]] - (always or 0.0) < 0.05:
        return []
    look = "see in the report which columns it hangs on, and whether they are known when the model is asked"
    return [f"{rising[0]} {scores[rising[0]]:.3f} is rare for a table: {look}"]
