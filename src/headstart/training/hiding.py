"""The share of an input that an objective hides."""

from headstart.core.errors import RecipeError


def check_share(hide: float) -> None:
    """RecipeError unless something is hidden and something is left to guess it from."""
    if not 0 < hide < 1:
        raise RecipeError(
            223, "nothing to learn", where="objective.hide", found=hide, expected="between 0 and 1",
            fix="set objective.hide=auto",
        )  # fmt: skip
