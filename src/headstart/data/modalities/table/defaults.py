"""What suits tables where neither the user nor another part says so."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core import catalog
from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart


class TableDefaults:
    """Learners and networks for rows of tables."""

    advice: ClassVar[Mapping[str, Any]] = {}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return Choice("autoencoder", "rows are reconstructed from a short code")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        if learner in catalog.kinds("tasks"):
            return Choice("boosting", "trees and a linear model, whose shares held-out rows decide, suit columns")
        if learner in catalog.kinds("objectives") and not catalog.load("objectives", learner).needs.decoder:
            return Choice("tabm", "numbers by their ranks and categories as vectors suit columns")
        return Choice("mlp", "columns have no order in space")

    def closed_start(self, rows: int) -> ClosedStart | None:
        return None

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
