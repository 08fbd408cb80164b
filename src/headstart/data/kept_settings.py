"""Settings of a kind of data that lie beside rows and weights: what is said where they are damaged, or others asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from headstart.core.errors import DataError, RecipeError

_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RecipeError)


@contextmanager
def intact(unreadable: DataError) -> Iterator[None]:
    """Raises this error, with the cause, where what is read and built inside is not what was saved."""
    try:
        yield
    except _DAMAGED as cause:
        fix = "prepare the data again, or use an intact copy of the model"
        raise unreadable.advised(fix, found=repr(cause)[:200]) from cause


def stored_otherwise(name: str, value: Any) -> RecipeError:
    """The error for a setting of stored rows that cannot become this value."""
    fix = f"prepare again with modality.{name}={value}"
    return RecipeError(123, "the data were stored with another value", where=f"modality.{name}", fix=fix)
