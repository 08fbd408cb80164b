"""Are more labels worth it? A verdict with its numbers, in a sentence."""

from headstart.core.contracts.metric import Metric
from headstart.core.formatting import readable
from headstart.selection.label_curve import Outlook
from headstart.selection.label_plan import Choice, Curve

FEW_WRONG = 1.0  # expected wrong answers among the chosen rows below which the pool has nothing to teach
UNLIKELY, LIKELY = 0.05, 0.9  # probabilities of a useful gain that decide
WORTH, STOP, OPEN = "worth it", "stop", "cannot tell yet"


def verdict(choice: Choice, curve: Curve | None, unknown: str) -> tuple[str, str]:
    """The verdict and the sentence that says why; `unknown` is why there is no curve."""
    count = f"{len(choice.rows):,} rows"
    if curve is not None and curve.random:
        return STOP, f"Stop: {curve.random}. Check the labels before you add some."
    if choice.wrong is not None and choice.wrong < FEW_WRONG:
        told = f"of the {count} it would choose, the model expects to be wrong in {choice.wrong:.1f}"
        return STOP, f"Stop, not worth it: {told}. {_now(curve)}".rstrip()
    if curve is None:
        return OPEN, f"Cannot tell what {count} bring: {unknown}."
    found = curve.outlook
    told = f"{found.more:,} more labels by chance would bring {_amount(found.metric, found.gain)}{_between(found)}"
    useful = f"{_amount(found.metric, found.least)} or more with a probability of {found.chance:.0%}"
    wrong = "" if choice.wrong is None else f" The model expects to be wrong in {choice.wrong:.0f} of the chosen rows."
    if found.chance < UNLIKELY:
        return STOP, f"Stop, not worth it: {told}, {useful}. {_now(curve)}"
    if found.chance > LIKELY:
        return WORTH, f"Worth it: {told}. {_now(curve)}{wrong}"
    return OPEN, f"Cannot tell yet: {told}, {useful}. {_now(curve)}{wrong}"


def _now(curve: Curve | None) -> str:
    if curve is None:
        return ""
    found = curve.outlook
    score = f"{readable(found.score)} [{readable(found.score_low)}, {readable(found.score_high)}]"
    return f"With {found.labels:,} labels {found.metric.name} is {score}."


def _between(found: Outlook) -> str:
    low, high = (_number(found.metric, end) for end in (found.low, found.high))
    return f" [{low}, {high}]"


def _amount(metric: Metric, gain: float) -> str:
    unit = (
        ("point" if _number(metric, gain) == "1.0" else "points")
        if metric.fraction
        else f"less {metric.name}"
        if metric.lower_is_better
        else metric.name
    )
    return f"{_number(metric, gain)} {unit}"


def _number(metric: Metric, gain: float) -> str:
    return f"{100 * gain:.1f}" if metric.fraction else readable(gain)
