"""Series as a network reads them that forecasts without having seen them: values of the past, in any unit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.models.trust.chronos_config_check import admitted_chronos

_USUAL = 512  # values of a window where nobody says more; the network may read more


class Context:
    """Networks that read the past of a series. Each row is brought to their own unit by themselves, so that windows
    may have any length and any scale."""

    def modality(self, path: Path, raw: Mapping[str, Any]) -> str:
        return "series"

    def preprocessing(self, path: Path, raw: Mapping[str, Any]) -> Modality:
        """Windows of series that nobody knows by name; DataError for a config that makes no sense."""
        form = admitted_chronos(raw, path / "config.json")["chronos_config"]
        window = min(_USUAL, form["context_length"])
        return catalog.load("modalities", "series").of_strangers(window, form["prediction_length"])

    def spec(self, path: Path, raw: Mapping[str, Any]) -> Spec:
        """Sizes from which the network is built."""
        return self.preprocessing(path, raw).spec
