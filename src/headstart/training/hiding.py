"""The share of an input that an objective hides."""

from headstart.core.errors import RecipeError


def check_share(hide: float) -> None:
    """RecipeError unless something is hidden and something is left to guess it from."""
    if not 0 < hide < 1:
        where, expected, fix = "objective.hide", "between 0 and 1", "set objective.hide=auto"
        raise RecipeError(223, "nothing to learn", where=where, found=hide, expected=expected, fix=fix)
