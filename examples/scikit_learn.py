"""A pretrained model as a step of a scikit-learn pipeline, chosen among others by cross-validation.

python examples/scikit_learn.py [FOLDER FOR THE RESULTS]
"""

import sys
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import headstart as hs
from headstart.sklearn import PretrainedEncoder


def main(out: Path) -> None:
    digits = load_digits()
    pictures = (digits.images * 15.9).astype("uint8")
    hs.pretrain(pictures, out=out)

    labelled = slice(0, 150)  # all others have taught the encoder, without their labels
    encoders = {
        "raw pixels": FunctionTransformer(lambda x: x.reshape(len(x), -1) / 255),
        "pretrained": PretrainedEncoder(out),
    }
    for name, encoder in encoders.items():
        pipeline = make_pipeline(encoder, LogisticRegression(max_iter=2000))
        scores = cross_val_score(pipeline, pictures[labelled], digits.target[labelled], cv=3)
        print(f"{name}: accuracy {scores.mean():.3f} in 3 folds")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/scikit_learn"))
