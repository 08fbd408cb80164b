"""Pictures: learn without labels, adapt to 50 labels, predict. Seconds on a laptop; the digits come along.

python examples/images.py [FOLDER FOR THE RESULTS]
"""

import sys
from pathlib import Path

from sklearn.datasets import load_digits

import headstart as hs


def main(out: Path) -> None:
    digits = load_digits()
    pictures = (digits.images * 15.9).astype("uint8")  # [n, 8, 8], as cameras give them

    model = hs.pretrain(pictures, out=out / "pretrained")  # no labels; "auto" chooses learner and network
    tuned = hs.finetune((pictures, digits.target), start=model, labels=50, out=out / "finetuned")

    for picture, answer in zip(pictures[:3], tuned.predict(pictures[:3]), strict=True):
        print(picture.shape, "is a", answer["label"], f"with probability {answer['probability']:.2f}")
    print("accuracy on held-out digits:", hs.evaluate(tuned, (pictures, digits.target)).scores["accuracy"])
    print("open", out / "finetuned" / "report.html")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/images"))
