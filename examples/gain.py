"""Is pretraining worth it? The same network with and without, and a linear model, on the same labels and test rows.

python examples/gain.py [FOLDER FOR THE RESULTS]
"""

import sys
from pathlib import Path

import headstart as hs


def main(out: Path) -> None:
    model = hs.pretrain("digits", out=out / "pretrained")
    # two draws of 20 labels are quick, and often too few for a verdict: the sentence says how many more it would take
    proof = hs.gain("digits", start=model, labels=[20], seeds=2, tuning="spread", out=out / "proof")
    print(proof.verdict)
    print(proof.sentence)
    print("open", out / "proof" / "report.html")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/gain"))
