"""Settings of sounds that are out of range."""

from headstart.core.errors import RecipeError
from headstart.data.opening.sound import RATES

LONGEST = 600.0  # seconds of a row
_SHORTEST, _FEWEST, _MANY = 0.05, 8, 256  # seconds; mel bands


def check(rate: int | str, seconds: float | str, mels: int | str) -> None:
    """RecipeError for numbers that no sounds have."""
    if isinstance(rate, int) and not RATES[0] <= rate <= RATES[1]:
        expected = f"{RATES[0]} to {RATES[1]}"
        raise RecipeError(485, "the rate is out of range", where="audio.rate", found=rate, expected=expected)
    if not isinstance(seconds, str) and not _SHORTEST <= seconds <= LONGEST:
        expected = f"{_SHORTEST} to {LONGEST:g}"
        raise RecipeError(486, "the length is out of range", where="audio.seconds", found=seconds, expected=expected)
    if isinstance(mels, int) and not _FEWEST <= mels <= _MANY:
        expected = f"{_FEWEST} to {_MANY}"
        raise RecipeError(487, "the number of bands is out of range", where="audio.mels", found=mels, expected=expected)
