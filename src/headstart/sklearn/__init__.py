"""headstart in scikit-learn: a pretrained model as a step of a pipeline, and estimators that choose their model."""

from headstart.sklearn.encoder import PretrainedEncoder
from headstart.sklearn.estimators import HeadstartClassifier, HeadstartRegressor

__all__ = ["HeadstartClassifier", "HeadstartRegressor", "PretrainedEncoder"]
