"""The masked objective: hide a part of the input and guess it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.errors import RecipeError
from headstart.training.hidden_patches import HiddenPatches
from headstart.training.hidden_pixels import HiddenPixels
from headstart.training.hidden_words import HiddenWords, Spans


class Masked(Objective):
    """Hide a part of every row and guess it from the rest: patches of pictures, words of texts.

    A backbone that encodes any subset of its places (vit) never sees the hidden patches, and a decoder paints them; one
    that must see the whole picture (cnn, resnet, timm) gets squares painted over in one colour.

    hide           share that is hidden; "auto" is 0.75 of the patches (He et al. 2022), 0.6 of the squares (Xie et al.
                   2022), 0.3 of the words (Wettig et al. 2023, section 3: more than BERT's 0.15)
    spans          for texts, what is hidden together: "token", a piece of a word; "word", all pieces of a word (Cui et
                   al. 2021); "span", one to ten whole words in a row (Joshi et al. 2020)
    patch          for squares: their side in pixels; "auto" is a sixth of the picture's
    decoder_*      for hidden patches: size of the decoder that paints them
    norm_pixels    for hidden patches: judge every one by its own mean and contrast
    """

    placewise: ClassVar[bool] = True
    # hiding is the change that teaches; a mild crop is enough beside it (He et al. 2022, section 4.1 and appendix A.1)
    advice: ClassVar[Mapping[str, Any]] = {"augment.crop": 0.5, "plan.beta2": 0.95}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        hide: float | Literal["auto"] = "auto",
        spans: Spans = "token",
        patch: int | Literal["auto"] = "auto",
        decoder_width: int = 128,
        decoder_depth: int = 2,
        decoder_heads: int = 4,
        norm_pixels: bool = True,
    ) -> None:
        super().__init__()
        self.augment = augment
        if hide != "auto" and not 0 < hide < 1:
            raise RecipeError(
                223,
                "nothing to learn",
                where="objective.hide",
                found=hide,
                expected="between 0 and 1",
                fix="set objective.hide=auto",
            )
        self.guess: HiddenWords | HiddenPatches | HiddenPixels
        if "vocab" in augment.modality.facts():
            self.guess = HiddenWords(backbone, augment, hide=0.3 if isinstance(hide, str) else hide, spans=spans)
        elif backbone.any_subset:
            self.guess = HiddenPatches(
                backbone, sample, augment, hide=0.75 if isinstance(hide, str) else hide, decoder_width=decoder_width,
                decoder_depth=decoder_depth, decoder_heads=decoder_heads, norm_pixels=norm_pixels,
            )  # fmt: skip
        else:
            share = 0.6 if isinstance(hide, str) else hide
            self.guess = HiddenPixels(backbone, sample, augment, hide=share, patch=patch)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.guess(backbone, batch)

    def chance_loss(self, batch: int) -> float | None:
        vocab = self.augment.modality.facts().get("vocab")
        return None if vocab is None else math.log(vocab)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return {} if isinstance(self.guess, HiddenWords) else self.guess.illustrate(backbone, batch)
