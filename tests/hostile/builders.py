"""All hostile models; a new subject is a line here."""

from __future__ import annotations

import architectures
import configs
import headers
import vocabularies
from hostile_case import CASES, Case
from ours import MANIFESTS
from pickles import PICKLES

__all__ = ["CASES", "MANIFESTS", "PICKLES", "Case", "architectures", "configs", "headers", "vocabularies"]
