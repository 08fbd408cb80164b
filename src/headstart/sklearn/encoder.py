"""A pretrained model as a step of a scikit-learn pipeline."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from headstart.inference.predictor import Predictor
from headstart.models.nn.sizes import summary_width


class PretrainedEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn inputs into the vectors of a pretrained model: `make_pipeline(PretrainedEncoder("runs/photos"), SVC())`.

    model   directory of a saved model, pretrained or fine-tuned
    device  where it runs: "cpu", "cuda" or "mps"

    Nothing is learned: `fit` opens the model and looks at neither inputs nor labels. X is what the model's `embed`
    takes: paths, images, or an array of pixels [n, H, W] or [n, H, W, C] on the scale of its training data.
    """

    def __init__(self, model: str | Path, *, device: str = "cpu") -> None:
        self.model = model
        self.device = device

    def fit(self, X: Any, y: Any = None) -> Self:
        """Open the model. Raises UsageError if there is none, DataError if it is damaged."""
        self.predictor_ = Predictor.load(self.model, device=self.device)
        modality = self.predictor_.modality
        columns = {name: column[None] for name, column in modality.spec.empty.items()}  # a batch of one row
        batch = {name: t.to(self.predictor_.device) for name, t in modality.collate(columns).items()}
        self._n_features_out = summary_width(self.predictor_.trainee.backbone, modality.ready(batch))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """One vector a row, [n, F] float32. Raises DataError for a row that cannot be read, with its place."""
        check_is_fitted(self)
        return self.predictor_.embed(X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # a table of numbers is no image
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
