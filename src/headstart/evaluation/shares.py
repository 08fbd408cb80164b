"""How sure is a share: of right rows, or of right ones among all spans that were answered or wanted.

Clopper and Pearson's interval (1934) is never too narrow for a share of independent trials; Wilson's covers .896 where
49 of 50 rows are right, the percentile bootstrap of F1 .40 with five true spans. Spans of one row, and rows of one
group, are alike: they count as as many trials as have the same variance (Korn and Graubard, 1998, Survey Methodology
24). F1 = 2 s / (1 + s) rises with the share s of right ones among right, wrong and missed ones, so the ends of its
interval are those of s (Lam et al. 2023, arXiv 2309.14621, section 3). Simulated coverage: docs/results.md.
"""

import numpy as np

MISSED = 0.025  # on either side


def share_interval(counts: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """Ends of the 95 % interval of right / (right + wrong), in [0, 1]. counts [n, 2] right and wrong of each row.

    groups [n] int from 0: rows of one group are alike.
    """
    from scipy.stats import t

    trials = counts.sum()
    if trials == 0:
        return 0.0, 1.0
    if groups is not None:
        sums = np.zeros((groups.max() + 1, 2))
        np.add.at(sums, groups, counts)
        counts = sums
    share = counts[:, 0].sum() / trials
    alike = 1.0  # how many times the variance is that of independent trials
    if 0 < share < 1:
        residuals = counts[:, 0] - share * counts.sum(1)
        alike = max(1.0, (residuals**2).sum() / (trials * share * (1 - share)))
    if groups is not None:
        units = int((counts.sum(1) > 0).sum())
        quantiles = t.ppf(1 - MISSED, [max(trials - 1, 1), max(units - 1, 1)])
        alike *= units / max(units - 1, 1) * (quantiles[1] / quantiles[0]) ** 2
        if share in (0, 1):
            alike = max(alike, trials / units)  # nothing is known of how alike they are: a group is one trial
    return clopper_pearson(share, max(trials / alike, 1.0))


def clopper_pearson(share: float, trials: float) -> tuple[float, float]:
    """The exact interval of a share of so many independent trials, which need not be a whole number."""
    from scipy.stats import beta

    right, wrong = share * trials, (1 - share) * trials
    low = float(beta.ppf(MISSED, right, wrong + 1)) if right > 0 else 0.0
    high = float(beta.ppf(1 - MISSED, right + 1, wrong)) if wrong > 0 else 1.0
    return low, high


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's interval (1927): right on average over shares, and as narrow as the standard error where they are even.

    Where most are right it covers less than it says; it serves to weigh scores, not to tell them.
    """
    from scipy.stats import norm

    z2 = float(norm.ppf(1 - MISSED)) ** 2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials * trials))) / (1 + z2 / trials)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
