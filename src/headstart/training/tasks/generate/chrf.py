"""chrF: how many letters in a row two texts share (Popovic 2015)."""

from collections import Counter

_ORDER = 6
_BETA = 2.0


def sentence_chrf(predicted: str, truth: str) -> float:
    """F of character n-grams of one answer in [0, 1], without white space, n up to 6; recall counts twice (chrF2).

    Precision and recall are means over the n of which both texts have n-grams, as in sacreBLEU (Post 2018). Two texts
    without a letter are equal.
    """
    said, true = "".join(predicted.split()), "".join(truth.split())
    if not said or not true:
        return float(said == true)
    shares = [_shares(said, true, n) for n in range(1, min(_ORDER, len(said), len(true)) + 1)]
    precision, recall = (sum(column) / len(shares) for column in zip(*shares, strict=True))
    if not precision + recall:
        return 0.0
    return (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


def _shares(said: str, true: str, n: int) -> tuple[float, float]:
    """What part of the n-grams said is true, and what part of the true ones was said."""
    one, other = (Counter(text[i : i + n] for i in range(len(text) - n + 1)) for text in (said, true))
    shared = (one & other).total()
    return shared / one.total(), shared / other.total()
