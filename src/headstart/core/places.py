"""How an artifact names what lies outside of it: without the folders of a machine or the names of its users."""

import os
import re
from pathlib import Path

_PREFIX = re.compile(r"^((?:[a-z]{2,}:)*)(?!//)(.*)$", re.DOTALL)  # fresh:NAME, hf:NAME


def near(name: str) -> str:
    """A path below the working directory, as seen from there; any other name as it is."""
    prefix, place = _parted(name)
    path, here = Path(place), Path.cwd()
    if not path.is_absolute():
        return name
    for one, folder in ((path, here), (path.resolve(), here.resolve())):
        if one.is_relative_to(folder):
            return f"{prefix}{one.relative_to(folder)}"
    return name


def shown(name: str) -> str:
    """The same, and of a path that lies elsewhere its last name alone. Relative paths stay, unless they climb into the
    folder of a user."""
    prefix, place = _parted(near(name))
    path = Path(place)
    climbs = ".." in path.parts and not _users().isdisjoint(path.parts)
    return f"{prefix}{path.name}" if path.is_absolute() or climbs else f"{prefix}{place}"


def _users() -> set[str]:
    """What the folder of the user may be called; not every process has a user with a name."""
    return {os.path.basename(os.path.expanduser("~")), *(os.environ.get(name, "") for name in ("USER", "USERNAME"))}


def _parted(name: str) -> tuple[str, str]:
    found = _PREFIX.match(name)
    return (found[1], found[2]) if found is not None else ("", name)
