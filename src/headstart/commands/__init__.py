"""The verbs of the command line and of Python: one file each, found by its name."""

import os


def names() -> list[str]:
    """All verbs, sorted; nothing is imported."""
    files = os.listdir(os.path.dirname(__file__))
    return sorted(file.removesuffix(".py") for file in files if file.endswith(".py") and not file.startswith("_"))
