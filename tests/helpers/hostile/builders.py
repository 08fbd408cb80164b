"""All hostile models; a new subject is a line here."""

from __future__ import annotations

from tests.helpers.hostile import architectures, configs, headers, table_models, vocabularies
from tests.helpers.hostile.case import CASES, Case
from tests.helpers.hostile.own_models import MANIFESTS
from tests.helpers.hostile.pickles import PICKLES

__all__ = [
    "CASES",
    "MANIFESTS",
    "PICKLES",
    "Case",
    "architectures",
    "configs",
    "headers",
    "table_models",
    "vocabularies",
]
