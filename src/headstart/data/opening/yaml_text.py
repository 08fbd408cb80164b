"""YAML of strangers: short, and without references, of which a few lines may stand for millions of values."""

from typing import Any

import yaml

_MOST = 1 << 18  # bytes: PyYAML reads a megabyte in ten seconds
BROKEN = (yaml.YAMLError, ValueError, RecursionError)


class _Plain(yaml.SafeLoader):
    """Refuses references to what was written before."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference")
        return super().compose_node(parent, index)


def loads(data: bytes) -> Any:
    """What YAML holds; raises `BROKEN` for what cannot be read, is too long, or refers to what was written before."""
    if len(data) > _MOST:
        raise ValueError(f"more than {_MOST:,} bytes")
    loader = _Plain(data.decode("utf-8-sig", "replace"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
