"""The backbone that forecasts series without having seen them: a published Chronos-Bolt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Ahead, Backbone, Batch
from headstart.core.contracts.choice import Choice
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import DataError
from headstart.models.nn.chronos_bolt import ChronosBolt
from headstart.models.nn.foreign import parsed
from headstart.models.nn.patches import picture_of
from headstart.models.nn.stem_and_body import FOREIGN, FOREIGN_TUNED, parts_in_order
from headstart.models.trust.chronos_config_check import admitted_chronos
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.weights import inspect_all, read_all

_UNREAD = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")  # copies of the two vectors of `shared`


class Chronos(Backbone):
    """A Chronos-Bolt (Ansari et al. 2024), as its config describes it: it says quantiles of what comes next.

    x [B, 1, C, L], of which the first row is read, in any unit -> Tokens of grid (N,), one a stretch, and where the
    network has one its last place. The columns beside what is forecast are not read.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize()
    advice: ClassVar[Mapping[str, Any]] = FOREIGN
    advice_tuned: ClassVar[Mapping[str, Any]] = FOREIGN_TUNED
    tuning_pretrained: ClassVar[Choice | None] = Choice(
        "probe", "its forecasts stay as they are, and a linear map reads them beside the window"
    )
    matmul_bound: ClassVar[bool] = True

    def __init__(self, spec: Spec, *, config: dict[str, Any]) -> None:
        super().__init__()
        picture_of(spec)
        self.config = admitted_chronos(config)
        form = self.config["chronos_config"]
        settings: Any = parsed({name: value for name, value in self.config.items() if name != "chronos_config"})
        self.net = ChronosBolt(settings, form)
        self.width = int(settings.d_model)

    @classmethod
    def pretrained(cls, spec: Spec, directory: Path, *, config: dict[str, Any]) -> Chronos:
        """The network with the weights of a checkpoint's directory; DataError if one is damaged, odd or missing."""
        with allowance(inspect_all(directory), directory):
            made = cls(spec, config=config)
        given = {name: tensor.float() for name, tensor in read_all(directory).items() if name not in _UNREAD}
        wanted, fix = made.net.state_dict(), "use an intact copy of the checkpoint"
        odd = sorted(n for n in wanted.keys() | given.keys() if _shape(wanted.get(n)) != _shape(given.get(n)))
        if odd:
            found = f"{odd[0]} ({len(odd)} missing or of another shape)"
            raise DataError(365, "public weights are incomplete", where=directory, found=found, fix=fix)
        made.net.load_state_dict(given)
        return made

    def embed(self, batch: Batch) -> Tokens:
        x, keep = self.net.cut(batch["x"][:, 0, 0])
        return Tokens(x, keep, (x.shape[1],), padded=True)

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens.with_x(self.net.encode(tokens.x, tokens.keep))

    def summary(self, tokens: Tokens) -> Tensor:
        """The mean over places, and behind it the state from which it says what comes, [B, 2 D]."""
        return torch.cat([tokens.pooled(), self.net.decode(tokens.x, tokens.keep)], 1)

    @property
    def ahead(self) -> Ahead:
        return self._ahead

    def _ahead(self, batch: Batch, steps: int, levels: Sequence[float]) -> Tensor:
        said = self.net(batch["x"][:, 0, 0], steps)  # [B, Q, steps]
        each = np.stack([np.interp(levels, self.net.levels, one) for one in np.eye(len(self.net.levels))], 1)
        return torch.einsum("bqt,kq->bkt", said, torch.from_numpy(each).to(said))

    def layers(self) -> Sequence[nn.Module]:
        net = self.net
        first, *others = parts_in_order(net.encoder)
        last = nn.ModuleList([net.decoder, net.output_patch_embedding])
        return [nn.ModuleList([net.shared, net.input_patch_embedding, first]), *others, last]

    @property
    def interop(self) -> Interop:
        return Interop({**self.config, "chronos_pipeline_class": "ChronosBoltPipeline"}, {"net.": ""})


def _shape(tensor: Tensor | None) -> torch.Size | None:
    return None if tensor is None else tensor.shape
